// What stands in front of the program that matters: exec, env, tini, timeout, torchrun, shells.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "warmgate/models/command_line.h"

namespace warmgate::models {

// The last part of a path: "/opt/venv/bin/vllm" -> "vllm".
std::string program_name(const std::string& path);

// Removes wrappers from the front of `words` (and interpreter options between `python` and `-m`, with the interpreter
// renamed to "python"). Returns the variables that `env` or assignments in front set for the program.
std::vector<std::pair<std::string, Word>> strip_wrappers(std::vector<Word>& words);

// `sh [options] -c SCRIPT [$0 $1…]`; or without script a shell that runs the file `positional` begins with, or, where
// that is empty, its standard input.
struct ShellInvocation {
  std::optional<Word> script;
  std::vector<Word> positional;
};
std::optional<ShellInvocation> shell_invocation(const std::vector<Word>& words);

}  // namespace warmgate::models
