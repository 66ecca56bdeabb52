#include "setup.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <map>

#include "warmgate/document/read.h"

namespace warmgate::cli {
namespace {

// Every document of `inputs`, read from `paths`; anything that cannot be read is an error here, for these are settings.
base::Result<std::vector<document::Document>> read_all(const lint::Inputs& inputs,
                                                       const std::vector<std::string>& paths) {
  if (!inputs.problems.empty()) {
    const lint::Diagnostic& problem = inputs.problems.front();
    return base::Error{problem.file + ": " + problem.message + "; " + problem.help};
  }
  std::vector<document::Document> documents;
  for (const auto& source : inputs.texts) {
    document::ReadResult read = document::read_documents(source, {});
    if (!read.problems.empty()) {
      const document::Problem& problem = read.problems.front();
      const document::Position at = source->position(problem.span.begin);
      return base::Error{source->name() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
                         problem.message};
    }
    if (read.documents.empty()) {
      return base::Error{source->name() + ": the file holds no document"};
    }
    documents.insert(documents.end(), read.documents.begin(), read.documents.end());
  }
  if (documents.empty() && !paths.empty()) {
    return base::Error{paths.front() + ": no .yaml, .yml or .json file in it"};
  }
  return documents;
}

// What `paths` name; none stands for standard input, unless that is a terminal, where nobody would know what is
// awaited.
base::Result<lint::Inputs> read_paths(const std::vector<std::string>& paths) {
  if (!paths.empty()) {
    return lint::read_inputs(paths);
  }
  if (fcntl(STDIN_FILENO, F_GETFD) == -1) {
    return base::Error{"no PATH is given and standard input is closed; name files or directories (see --help)"};
  }
  if (isatty(STDIN_FILENO) != 0) {
    return base::Error{"no PATH is given; name files or directories, or - to type a manifest (see --help)"};
  }
  return lint::read_inputs({"-"});
}

}  // namespace

void add_policy_option(CLI::App& command, std::vector<std::string>& policies) {
  command
      .add_option(
          "--policy", policies,
          "CachePolicy file, or directory of them, laid over the built-in policy (repeatable; a later one wins)")
      ->type_name("FILE|DIR")
      ->allow_extra_args(false);
}

void add_settings_options(CLI::App& command, std::vector<std::string>& policies, std::vector<std::string>& engines,
                          std::vector<std::string>& kinds) {
  add_policy_option(command, policies);
  command
      .add_option("--engines", engines,
                  "Engine or StorageFacts file, or directory of them, added to what is built in (repeatable; an engine "
                  "of the same name replaces)")
      ->type_name("FILE|DIR")
      ->allow_extra_args(false);
  command
      .add_option("--kinds", kinds,
                  "WorkloadKinds file, or directory of them, added to the built-in kinds of workloads (repeatable; the "
                  "same group and kind replaces)")
      ->type_name("FILE|DIR")
      ->allow_extra_args(false);
}

void add_bundle_options(CLI::App& command, BundleOptions& options) {
  command
      .add_option("path", options.paths,
                  "Files, directories (.yaml, .yml, .json below them; names with a leading dot are left out) or - for "
                  "standard input. All together are one bundle: each object is judged with the others as facts.")
      ->type_name("PATH");
  command
      .add_option("--facts", options.facts,
                  "More manifests that exist in the cluster: known to the rules, not checked themselves (repeatable)")
      ->type_name("PATH")
      ->allow_extra_args(false);
  command.add_flag("--facts-complete", options.lint.facts_complete,
                   "What is neither in the input nor in the facts does not exist");
  command.add_option("-n,--namespace", options.lint.ns, "Namespace of objects that name none")->type_name("NAME");
  add_settings_options(command, options.policies, options.engines, options.kinds);
}

void add_health_options(CLI::App& command, std::string& address, int& port) {
  command.add_option("--health-address", address, "Address of the plain listener for probes and metrics")
      ->capture_default_str();
  command.add_option("--health-port", port, "Port for /livez, /readyz and /metrics; 0 takes a free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
}

void add_log_level_option(CLI::App& command, std::string& level) {
  command.add_option("--log-level", level, "Least level that is logged (JSON lines on standard error)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
}

base::LogLevel parse_log_level(const std::string& name) {
  static const std::map<std::string, base::LogLevel> levels = {{"debug", base::LogLevel::kDebug},
                                                               {"info", base::LogLevel::kInfo},
                                                               {"warning", base::LogLevel::kWarning},
                                                               {"error", base::LogLevel::kError}};
  return levels.at(name);
}

base::Result<models::Knowledge> read_knowledge(const SettingsTexts& engines, const SettingsTexts& kinds) {
  base::Result<models::Knowledge> knowledge = models::Knowledge::built_in();
  if (!knowledge) {
    return knowledge;
  }
  const base::Result<std::vector<document::Document>> engine_files = read_all(engines.inputs, engines.paths);
  const base::Result<std::vector<document::Document>> kind_files = read_all(kinds.inputs, kinds.paths);
  if (!engine_files || !kind_files) {
    return engine_files ? kind_files.error() : engine_files.error();
  }
  for (const document::Document& document : *engine_files) {
    if (const base::Status added = knowledge.value().add(document); !added) {
      return added.error();
    }
  }
  for (const document::Document& document : *kind_files) {
    if (const base::Status added = knowledge.value().add_kinds(document); !added) {
      return added.error();
    }
  }
  return knowledge;
}

base::Result<policy::Policy> read_policy(const lint::Inputs& inputs, const std::vector<std::string>& paths) {
  base::Result<policy::Policy> policy = policy::Policy::built_in();
  if (!policy) {
    return policy;
  }
  const base::Result<std::vector<document::Document>> documents = read_all(inputs, paths);
  if (!documents) {
    return documents.error();
  }
  for (const document::Document& document : *documents) {
    if (const base::Status added = policy.value().add_layer(document); !added) {
      return added.error();
    }
  }
  return policy;
}

lint::Inputs read_settings(const std::vector<std::string>& paths) {
  lint::Inputs out;
  for (const std::string& path : paths) {
    append(out, lint::read_inputs({path}));
  }
  return out;
}

void append(lint::Inputs& to, const lint::Inputs& from) {
  to.texts.insert(to.texts.end(), from.texts.begin(), from.texts.end());
  to.problems.insert(to.problems.end(), from.problems.begin(), from.problems.end());
}

base::Result<policy::Policy> load_policy(const std::vector<std::string>& paths) {
  return read_policy(read_settings(paths), paths);
}

base::Result<LoadedBundle> load_bundle(const BundleOptions& options) {
  const lint::Inputs engines = read_settings(options.engines);
  const lint::Inputs kinds = read_settings(options.kinds);
  base::Result<models::Knowledge> knowledge = read_knowledge({engines, options.engines}, {kinds, options.kinds});
  if (!knowledge) {
    return knowledge.error();
  }
  base::Result<policy::Policy> policy = load_policy(options.policies);
  if (!policy) {
    return policy.error();
  }
  base::Result<lint::Inputs> inputs = read_paths(options.paths);
  if (!inputs) {
    return inputs.error();
  }
  lint::Options lint = options.lint;
  base::Result<lint::Bundle> bundle = read_with_cluster(
      options.cluster, lint, [&] { return lint::read_bundle(*inputs, lint::read_inputs(options.facts), lint); });
  if (!bundle) {
    return bundle.error();
  }
  return LoadedBundle{std::move(knowledge).value(), std::move(policy).value(), std::move(inputs).value(),
                      std::move(bundle).value(), std::move(lint)};
}

}  // namespace warmgate::cli
