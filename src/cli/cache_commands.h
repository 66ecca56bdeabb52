// The sub-commands of `warmgate cache`.
#pragma once

#include "commands.h"

namespace warmgate::cli {

void add_cache_status(CLI::App& cache, Run& run);
void add_cache_create(CLI::App& cache, Run& run);
void add_cache_adopt(CLI::App& cache, Run& run);

}  // namespace warmgate::cli
