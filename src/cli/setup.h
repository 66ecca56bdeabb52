// What most commands need before they start: knowledge, policy, a bundle.
#pragma once

#include <string>
#include <vector>

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
  std::vector<std::string> policies;
  lint::Options lint;
};

void add_bundle_options(CLI::App& command, BundleOptions& options);
void add_policy_option(CLI::App& command, std::vector<std::string>& policies);
void add_engines_option(CLI::App& command, std::vector<std::string>& engines);

// What `paths` name; none stands for standard input, unless that is a terminal, where nobody would know what is
// awaited.
base::Result<lint::Inputs> read_paths(const std::vector<std::string>& paths);

// The built-in engines and those of `paths` (files or directories).
base::Result<models::Knowledge> load_knowledge(const std::vector<std::string>& paths);
// The built-in policy with the CachePolicies of `paths` over it, in the order given.
base::Result<policy::Policy> load_policy(const std::vector<std::string>& paths);

}  // namespace warmgate::cli
