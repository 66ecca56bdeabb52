#include <CLI/CLI.hpp>

#include "cache_commands.h"

namespace warmgate::cli {

void add_cache(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("cache", "ModelCaches in the cluster");
  command->require_subcommand(1);
  add_cache_status(*command, run);
  add_cache_create(*command, run);
  add_cache_adopt(*command, run);
}

}  // namespace warmgate::cli
