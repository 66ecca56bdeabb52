#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <exception>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "commands.h"
#include "warmgate/base/text.h"
#include "warmgate/base/version.h"

namespace {

// What the words before the first option name.
struct Chosen {
  std::string command = "warmgate";  // "warmgate cache status"
  std::string problem;               // CLI11 says of a misspelt command only that one is required
};

Chosen choose(const CLI::App& app, int argc, char** argv) {
  constexpr std::size_t kMaxShown = 60;
  Chosen chosen;
  const CLI::App* at = &app;
  for (int i = 1;; ++i) {
    std::vector<std::string> names;
    for (const CLI::App* command : at->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(command->get_name());
    }
    const std::string given = i < argc ? argv[i] : "";
    if (names.empty() || given.starts_with('-')) {
      return chosen;
    }
    if (i == argc) {
      chosen.problem = "a command is missing: " + warmgate::base::join(names, ", ");
      return chosen;
    }
    if (std::find(names.begin(), names.end(), given) == names.end()) {
      const std::optional<std::string> meant = warmgate::base::closest_match(given, names);
      chosen.problem = "there is no command \"" + warmgate::base::one_line(given, kMaxShown) + "\"" +
                       (meant ? "; did you mean " + *meant + "?" : "");
      return chosen;
    }
    at = at->get_subcommand(given);
    chosen.command.append(" ").append(given);
  }
}

int run_program(int argc, char** argv) {
  CLI::App app(
      "Warmgate keeps GPUs from waiting for model downloads: it checks that LLM workloads on Kubernetes load\n"
      "pinned models from a shared, read-only cache, and makes Pods use it.",
      "warmgate");
  app.require_subcommand(1);
  app.set_version_flag("--version", "warmgate " + std::string(warmgate::base::version()));
  warmgate::cli::Run run;
  warmgate::cli::add_lint(app, run);
  warmgate::cli::add_serve(app, run);
  warmgate::cli::add_controller(app, run);
  warmgate::cli::add_mutate(app, run);
  warmgate::cli::add_inspect(app, run);
  warmgate::cli::add_explain(app, run);
  warmgate::cli::add_policy(app, run);
  warmgate::cli::add_cache(app, run);
  warmgate::cli::add_gates(app, run);
  warmgate::cli::add_version(app, run);
  const Chosen chosen = choose(app, argc, argv);
  const std::string see = " (see " + chosen.command + " --help)";
  if (!chosen.problem.empty()) {
    return warmgate::cli::fail(chosen.problem + see);
  }
  app.failure_message([&](const CLI::App* /*app*/, const CLI::Error& error) {
    return std::string("warmgate: ").append(error.what()).append(see).append("\n");
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has an exit code per mistake; ours is one for all.
    std::ostringstream help;
    return app.exit(error, help) == 0 ? warmgate::cli::print(help.str(), warmgate::cli::kClean)
                                      : warmgate::cli::kFailure;
  }
  return run();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error, handled where it is written
  try {
    return run_program(argc, argv);
  } catch (const std::exception& error) {
    return warmgate::cli::fail(std::string("internal error: ") + error.what());
  }
}
