#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"
#include "setup.h"

namespace warmgate::cli {
namespace {

int show(const std::vector<std::string>& policies) {
  const base::Result<policy::Policy> policy = load_policy(policies);
  return policy ? print(policy->to_yaml(), kClean) : fail(policy.error().message);
}

}  // namespace

void add_policy(CLI::App& app, Run& run) {
  auto policies = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand("policy", "Policy tools");
  command->require_subcommand(1);
  CLI::App* show_command = command->add_subcommand("show", "Print the effective policy as a CachePolicy manifest");
  add_policy_option(*show_command, *policies);
  show_command->callback([policies, &run] { run = [policies] { return show(*policies); }; });
}

}  // namespace warmgate::cli
