#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "commands.h"
#include "setup.h"
#include "warmgate/lint/report.h"

namespace warmgate::cli {
namespace {

struct InspectOptions {
  BundleOptions bundle;
  std::string format = "text";
};

int run_inspect(const InspectOptions& options) {
  const base::Result<LoadedBundle> loaded = load_bundle(options.bundle);
  if (!loaded) {
    return fail(loaded.error().message);
  }
  const lint::Bundle& bundle = loaded->bundle;
  int code = kClean;
  for (const lint::Diagnostic& problem : bundle.problems) {
    code = fail(lint::place_and_message(problem, bundle.redactor));
  }
  const bool any = std::any_of(bundle.objects.begin(), bundle.objects.end(),
                               [](const kube::Object& object) { return object.has_type(); });
  if (!any && bundle.problems.empty()) {
    return fail("there is nothing to inspect: the input holds no Kubernetes object");
  }
  const bool complete = options.bundle.lint.facts_complete;
  return print(options.format == "json" ? lint::format_inspection(bundle, loaded->knowledge, complete)
                                        : lint::format_inspection_text(bundle, loaded->knowledge, complete),
               code);
}

}  // namespace

void add_inspect(CLI::App& app, Run& run) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Show which models manifests load, from where, into which cache");
  add_bundle_options(*command, options->bundle);
  command->add_option("-f,--format", options->format, "text, or json: one object per line and model use")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(
      "The fields of the JSON are a contract: file, object, container, engine, verb, role, repo, local,\n"
      "revision, pinned, verifiable, source, cache, accelerators, replicas; reason where verifiable is false;\n"
      "sourceObject where source is in a ConfigMap of the input.\n"
      "Exit codes: 0 everything was read, 2 wrong usage, or something could not be read or\nnothing was there.");
  command->callback([options, &run] { run = [options] { return run_inspect(*options); }; });
}

}  // namespace warmgate::cli
