#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

#include "commands.h"
#include "setup.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/workload_kinds.h"
#include "warmgate/lint/report.h"

namespace warmgate::cli {
namespace {

// The directory that reports name files relative to; "" when it cannot be told.
std::string working_directory() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::current_path(error);
  return error ? "" : path.string();
}

using Format = std::string (*)(const lint::Report& report, const base::Redactor& redact);

struct NamedFormat {
  const char* name;
  Format format;
};
constexpr std::array kFormats = {
    NamedFormat{"text", lint::format_text},
    NamedFormat{"json", lint::format_json},
    NamedFormat{"sarif", [](const auto& report,
                            const auto& redact) { return lint::format_sarif(report, redact, working_directory()); }},
    NamedFormat{"github", [](const auto& report,
                             const auto& redact) { return lint::format_github(report, redact, working_directory()); }},
    NamedFormat{"gitlab", [](const auto& report,
                             const auto& redact) { return lint::format_gitlab(report, redact, working_directory()); }},
};

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  names.reserve(kFormats.size());
  for (const NamedFormat& format : kFormats) {
    names.emplace_back(format.name);
  }
  return names;
}

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
  const auto* const format =
      std::find_if(kFormats.begin(), kFormats.end(), [&](const auto& named) { return named.name == options.format; });
  const std::string text = format->format(report, bundle.redactor);
  bool failed = report.count(lint::Severity::kError) > 0;
  failed |= options.fail_on != "error" && report.count(lint::Severity::kWarning) > 0;
  failed |= options.fail_on == "info" && report.count(lint::Severity::kInfo) > 0;
  return print(text, failed && options.fail_on != "never" ? kFindings : kClean);
}

// Only --help needs the kinds, which are read from their files.
std::string lint_footer() {
  return "Judged are " + base::join(kube::WorkloadKinds::built_in().value().names(), ", ") +
         ", PersistentVolumeClaim, StorageClass, ModelCache and CachePolicy, and a "
         "HorizontalPodAutoscaler or ScaledObject whose workload is known but not in the input.\n"
         "What the policy denies is an error, what it warns about a warning, what it audits an info.\n\n"
         "Exit codes: 0 clean, 1 findings at or above --fail-on, 2 wrong usage or an internal error.\n\n"
         "Formats: sarif is SARIF 2.1.0 for code scanning, github prints workflow commands, which GitHub Actions "
         "shows as annotations, gitlab is a Code Quality report. These three name files relative to the working "
         "directory: run them at the root of the repository.\n\n"
         "Examples:\n"
         "  warmgate lint deploy/\n"
         "  helm template my-release ./chart | warmgate lint -\n"
         "  warmgate lint deploy/ --facts cluster-dump.yaml --format json\n"
         "  warmgate lint deploy/ --format sarif >warmgate.sarif\n"
         "  warmgate lint deploy/ --cluster --context prod";
}

}  // namespace

void add_lint(CLI::App& app, Run& run) {
  auto options = std::make_shared<LintOptions>();
  CLI::App* command = app.add_subcommand("lint", "Check manifests offline with the verdicts of the admission webhook");
  add_bundle_options(*command, options->bundle);
  add_cluster_options(*command, options->bundle.cluster,
                      "Also judge by what exists in the cluster; of an object that is in both, the input's counts");
  command->add_option("-f,--format", options->format, "Output format")
      ->check(CLI::IsMember(format_names()))
      ->capture_default_str();
  command->add_option("--fail-on", options->fail_on, "Least severity that makes the exit code 1")
      ->check(CLI::IsMember({"error", "warning", "info", "never"}))
      ->capture_default_str();
  command->footer(lint_footer);
  command->callback([options, &run] { run = [options] { return run_lint(*options); }; });
}

}  // namespace warmgate::cli
