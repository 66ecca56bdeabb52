#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "setup.h"
#include "warmgate/base/text.h"
#include "warmgate/document/pointer.h"
#include "warmgate/document/write.h"
#include "warmgate/engine/judge.h"
#include "warmgate/lint/report.h"

namespace warmgate::cli {
namespace {

struct MutateOptions {
  BundleOptions bundle;
  std::string format = "yaml";
  bool pods = false;
};

std::string describe(const inject::Supplied& supplied) {
  return "container \"" + supplied.container + "\" gets " + supplied.repo + " at " + supplied.revision +
         " from ModelCache/" + supplied.model_cache + ", claim " + supplied.claim;
}

// The object as it is admitted: a Pod with its injection; a template as it is, or (--pods) as its Pods will be.
class Mutation {
 public:
  Mutation(const lint::Bundle& bundle, const engine::World& world, const MutateOptions& options)
      : bundle_(bundle), world_(world), options_(options) {}

  void add(const kube::Object& object) {
    const engine::Judgement judgement = engine::judge(object, world_, engine::Stage::kBeforeInjection);
    denied_ |= judgement.denied();
    for (const engine::JudgedFinding& judged : judgement.findings) {
      note(object, std::string(api::to_string(judged.action)) + " " + std::string(judged.finding.rule) + ": " +
                       judged.finding.message);
    }
    const bool injected = !judgement.injection.empty() && (object.is("", "Pod") || options_.pods);
    for (const inject::Supplied& supplied : judgement.injection.supplied) {
      note(object, injected ? describe(supplied)
                            : "admitted as it is; its Pods will get what --pods shows: " + describe(supplied));
    }
    for (const inject::Hold& hold : judgement.injection.holds) {
      note(object, (object.is("", "Pod") ? "is " : "its Pods are ") + inject::describe(hold));
    }
    if (options_.format == "patch") {
      const document::Json patch = injected ? *judgement.injection.patch : document::Json::array();
      out_ += document::to_json(lint::redacted(patch, bundle_.redactor), 2) + "\n";
    } else {
      const document::Json& value = injected ? *judgement.injection.patched : object.document().value();
      out_ +=
          (out_.empty() ? "" : "---\n") + document::to_yaml(lint::redacted(value, bundle_.redactor), object.document());
    }
  }

  [[nodiscard]] int finish() const { return print(out_, denied_ ? kFindings : kClean); }

 private:
  void note(const kube::Object& object, const std::string& text) const {
    constexpr std::size_t kMaxLine = 2000;
    const std::string line = base::one_line(bundle_.redactor(object.display_name() + ": " + text), kMaxLine);
    std::fputs((line + "\n").c_str(), stderr);
  }

  const lint::Bundle& bundle_;
  const engine::World& world_;
  const MutateOptions& options_;
  std::string out_;
  bool denied_ = false;
};

int run_mutate(const MutateOptions& options) {
  const base::Result<LoadedBundle> loaded = load_bundle(options.bundle);
  if (!loaded) {
    return fail(loaded.error().message);
  }
  const lint::Bundle& bundle = loaded->bundle;
  if (!bundle.problems.empty()) {
    return fail(lint::place_and_message(bundle.problems.front(), bundle.redactor));
  }
  if (bundle.objects.empty()) {
    return fail("the input holds no Kubernetes object");
  }
  const std::shared_ptr<const kube::ClusterFacts> facts =
      lint::all_facts(bundle, loaded->lint, loaded->knowledge.kinds);
  const engine::World world{*facts, loaded->knowledge, loaded->policy};
  Mutation mutation(bundle, world, options);
  for (const kube::Object& object : bundle.objects) {
    mutation.add(object);
  }
  return mutation.finish();
}

}  // namespace

void add_mutate(CLI::App& app, Run& run) {
  auto options = std::make_shared<MutateOptions>();
  CLI::App* command = app.add_subcommand("mutate", "Show objects as they would be admitted");
  add_bundle_options(*command, options->bundle);
  add_cluster_options(*command, options->bundle.cluster,
                      "Also use what exists in the cluster; of an object that is in both, the input's counts");
  command->add_option("-f,--format", options->format, "yaml, or patch: the RFC 6902 operations, one array per object")
      ->check(CLI::IsMember({"yaml", "patch"}))
      ->capture_default_str();
  command->add_flag("--pods", options->pods,
                    "Show the templates of Deployments and other workloads as their Pods will be mutated");
  command->footer(
      "The webhook mutates Pods, not templates: a Deployment is stored as it was sent.\n"
      "What is injected and why goes to standard error; tokens are shown as [redacted].\n\n"
      "Exit codes: 0 admitted, 1 an object would be refused, 2 wrong usage or unreadable input.");
  command->callback([options, &run] { run = [options] { return run_mutate(*options); }; });
}

}  // namespace warmgate::cli
