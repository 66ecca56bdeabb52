// What most commands need before they start: knowledge, policy, a bundle.
#pragma once

#include <string>
#include <vector>

#include "cluster_access.h"
#include "warmgate/base/log.h"
#include "warmgate/base/result.h"
#include "warmgate/lint/input.h"
#include "warmgate/lint/linter.h"
#include "warmgate/models/reading.h"
#include "warmgate/policy/policy.h"

namespace CLI {
class App;
}

namespace warmgate::cli {

// Options that lint, mutate and inspect share.
struct BundleOptions {
  std::vector<std::string> paths;
  std::vector<std::string> facts;
  std::vector<std::string> engines;
  std::vector<std::string> kinds;
  std::vector<std::string> policies;
  ClusterOptions cluster;
  lint::Options lint;
};

void add_bundle_options(CLI::App& command, BundleOptions& options);
void add_policy_option(CLI::App& command, std::vector<std::string>& policies);
// The same with --engines and --kinds.
void add_settings_options(CLI::App& command, std::vector<std::string>& policies, std::vector<std::string>& engines,
                          std::vector<std::string>& kinds);

// Of what runs until it is stopped.
void add_health_options(CLI::App& command, std::string& address, int& port);
void add_log_level_option(CLI::App& command, std::string& level);
base::LogLevel parse_log_level(const std::string& name);  // one that the option takes

// Settings are read path by path: a later one wins, so the same file may come again.
lint::Inputs read_settings(const std::vector<std::string>& paths);
void append(lint::Inputs& to, const lint::Inputs& from);

// What settings were read, and from where.
struct SettingsTexts {
  const lint::Inputs& inputs;
  const std::vector<std::string>& paths;
};
// The built-in engines and workload kinds, and those that are given.
base::Result<models::Knowledge> read_knowledge(const SettingsTexts& engines, const SettingsTexts& kinds);
// The built-in policy with the CachePolicies of `inputs` over it, in their order.
base::Result<policy::Policy> read_policy(const lint::Inputs& inputs, const std::vector<std::string>& paths);
base::Result<policy::Policy> load_policy(const std::vector<std::string>& paths);

struct LoadedBundle {
  models::Knowledge knowledge;
  policy::Policy policy;
  lint::Inputs inputs;
  lint::Bundle bundle;
  lint::Options lint;  // with what --cluster adds
};
// Everything that `options` name, the cluster included. Only the settings must be in order: problems of the manifests
// are in the bundle.
base::Result<LoadedBundle> load_bundle(const BundleOptions& options);

}  // namespace warmgate::cli
