#include <CLI/CLI.hpp>

#include "commands.h"
#include "warmgate/base/version.h"

namespace warmgate::cli {

void add_version(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->callback([&run] { run = [] { return print("warmgate " + std::string(base::version()) + "\n", kClean); }; });
}

}  // namespace warmgate::cli
