// Reads the uses of one container written as YAML, for tables of command lines.
#pragma once

#include <string>
#include <vector>

#include "warmgate/models/reading.h"

namespace warmgate::testing {

// The built-in engines and accelerators.
const models::Knowledge& knowledge();

// `container`: the YAML of one container; `pod`: more lines of the pod spec (volumes). Both without indentation.
std::vector<models::ModelUse> uses_of(const std::string& container, const std::string& pod = "");

// "serve weights Qwen/Qwen3-32B@main" for each use, one per line: verb role repo@revision. "@-" without a revision,
// "@?" for one that cannot be known, "?" for a repository that cannot be known; " local" and " pinned" at the end.
std::string summary(const std::vector<models::ModelUse>& uses);

}  // namespace warmgate::testing
