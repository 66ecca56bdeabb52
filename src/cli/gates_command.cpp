#include <CLI/CLI.hpp>
#include <memory>

#include "cluster_access.h"
#include "commands.h"
#include "gate_release.h"
#include "warmgate/api/names.h"
#include "warmgate/base/text.h"

namespace warmgate::cli {
namespace {

struct ReleaseOptions {
  ClusterOptions cluster;
  GateRelease what;
  bool everywhere = false;
};

std::string count_of(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

int run_release(const ReleaseOptions& options) {
  const base::Result<CommandClient> client = connect_command(options.cluster);
  if (!client) {
    return fail(client.error().message);
  }
  GateRelease what = options.what;
  if (what.ns.empty() && !options.everywhere) {
    what.ns = client->ns;
  }
  const std::string released = what.dry_run ? "would release" : "released";
  int code = kClean;
  // Pods are released whether anybody can read that or not.
  const auto tell = [&](const std::string& text) {
    if (!output_closed()) {
      code = std::max(code, print(text, kClean));
    }
  };
  const auto done =
      release_gates(*client->api, what, [&](const std::string& pod) { tell(released + " " + pod + "\n"); });
  if (!done) {
    return fail(done.error().message);
  }
  for (const std::string& failure : done->failures) {
    code = std::max(code, kFindings);
    say(failure);
  }
  if (done->given_up) {
    say("the API server does not answer: the rest was not tried; run this again");
  }
  if (!done->unknown.empty()) {
    code = std::max(code, kFindings);
    say("no Pod of this name waits with our gate in namespace " + what.ns + ": " + base::join(done->unknown, ", ") +
        "; those that wait: kubectl get pods -n " + what.ns + " -l " + std::string(api::kGatedLabel) + "=true");
  }
  std::string summary = released + " " + count_of(done->released, "Pod");
  summary += what.ns.empty() ? " in all namespaces" : " in namespace " + what.ns;
  summary += done->gone == 0 ? "" : "; " + count_of(done->gone, "more Pod") + " had gone";
  summary += done->failures.empty() ? "" : "; " + std::to_string(done->failures.size()) + " failed";
  tell(summary + "\n");
  return code;
}

}  // namespace

void add_gates(CLI::App& app, Run& run) {
  auto options = std::make_shared<ReleaseOptions>();
  CLI::App* command = app.add_subcommand("gates", "The gates that hold Pods until their model is cached");
  command->require_subcommand(1);
  CLI::App* release = command->add_subcommand(
      "release",
      "Take the gate off Pods at once, whatever their ModelCache does: the emergency switch.\n"
      "It needs neither the controller nor the CRDs, only the right to list and patch Pods. Pods that are created\n"
      "later get a gate again: set spec.modelCaches.gates: false in the CachePolicy, or remove the webhook, first.\n"
      "\n"
      "  warmgate gates release -A --dry-run     which Pods wait with a gate\n"
      "  warmgate gates release -A               release them all\n"
      "  warmgate gates release -n llm server-0  release one Pod\n"
      "\n"
      "Exit code 0: all were released; 1: some failed, each with its reason on standard error; 2: Pods cannot be "
      "listed.");
  CLI::Option* pods = release->add_option("pod", options->what.pods, "Names of Pods; without any, every gated Pod")
                          ->type_name("POD")
                          ->check(object_name_mistake);
  CLI::Option* ns = release
                        ->add_option("-n,--namespace", options->what.ns,
                                     "Namespace of the Pods; that of the kubeconfig when it is left out")
                        ->type_name("NAME")
                        ->check(object_name_mistake);
  release->add_flag("-A,--all-namespaces", options->everywhere, "Pods of every namespace")
      ->excludes(ns)
      ->excludes(pods);
  release->add_flag("--dry-run", options->what.dry_run, "Only say which Pods would be released");
  add_connection_options(*release, options->cluster);
  release->callback([options, &run] { run = [options] { return run_release(*options); }; });
}

}  // namespace warmgate::cli
