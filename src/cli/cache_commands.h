// The sub-commands of `warmgate cache`.
#pragma once

#include "cluster_access.h"
#include "commands.h"
#include "warmgate/document/json.h"

namespace warmgate::cli {

void add_cache_status(CLI::App& cache, Run& run);
void add_cache_create(CLI::App& cache, Run& run);
void add_cache_adopt(CLI::App& cache, Run& run);

// Server-side apply of a ModelCache with its name and namespace, as the field manager warmgate-cli, and what a person
// does next; the exit code.
int apply_model_cache(const CommandClient& client, const document::Json& model_cache);

}  // namespace warmgate::cli
