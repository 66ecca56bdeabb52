// The builtins that change variables.
#pragma once

#include <string_view>
#include <vector>

#include "shell_state.h"
#include "warmgate/models/shell.h"

namespace warmgate::models {

// `export`, `local` and the like: their arguments are assignments, whose values are not split.
bool is_shell_declaration(std::string_view command);

// Commands that cannot fail in a way that matters, so that what follows `&&` runs.
bool shell_always_succeeds(std::string_view command);

// What `words` (not empty) do to the variables, when they are a builtin.
void apply_shell_builtin(const std::vector<ShellWord>& words, ShellState& state, ShellBudget& budget);

}  // namespace warmgate::models
