#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "commands.h"
#include "setup.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/workload.h"
#include "warmgate/lint/report.h"

namespace warmgate::cli {
namespace {

struct LintOptions {
  BundleOptions bundle;
  std::string format = "text";
  std::string fail_on = "error";
};

int run_lint(const LintOptions& options) {
  const base::Result<LoadedBundle> loaded = load_bundle(options.bundle);
  if (!loaded) {
    return fail(loaded.error().message);
  }
  const lint::Bundle& bundle = loaded->bundle;
  const lint::Report report = lint::lint(loaded->inputs, bundle, loaded->knowledge, loaded->policy, loaded->lint);
  const std::string text = options.format == "json" ? lint::format_json(report, bundle.redactor)
                                                    : lint::format_text(report, bundle.redactor);
  bool failed = report.count(lint::Severity::kError) > 0;
  failed |= options.fail_on != "error" && report.count(lint::Severity::kWarning) > 0;
  failed |= options.fail_on == "info" && report.count(lint::Severity::kInfo) > 0;
  return print(text, failed && options.fail_on != "never" ? kFindings : kClean);
}

}  // namespace

void add_lint(CLI::App& app, Run& run) {
  auto options = std::make_shared<LintOptions>();
  CLI::App* command = app.add_subcommand("lint", "Check manifests offline with the verdicts of the admission webhook");
  add_bundle_options(*command, options->bundle);
  add_cluster_options(*command, options->bundle.cluster,
                      "Also judge by what exists in the cluster; of an object that is in both, the input's counts");
  command->add_option("-f,--format", options->format, "Output format")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_option("--fail-on", options->fail_on, "Least severity that makes the exit code 1")
      ->check(CLI::IsMember({"error", "warning", "info", "never"}))
      ->capture_default_str();
  command->footer("Judged are " + base::join(kube::workload_kinds(), ", ") +
                  ", PersistentVolumeClaim, StorageClass, ModelCache and CachePolicy, and a "
                  "HorizontalPodAutoscaler whose workload is known but not in the input.\n"
                  "What the policy denies is an error, what it warns about a warning, what it audits an info.\n\n"
                  "Exit codes: 0 clean, 1 findings at or above --fail-on, 2 wrong usage or an internal error.\n\n"
                  "Examples:\n"
                  "  warmgate lint deploy/\n"
                  "  helm template my-release ./chart | warmgate lint -\n"
                  "  warmgate lint deploy/ --facts cluster-dump.yaml --format json\n"
                  "  warmgate lint deploy/ --cluster --context prod");
  command->callback([options, &run] { run = [options] { return run_lint(*options); }; });
}

}  // namespace warmgate::cli
