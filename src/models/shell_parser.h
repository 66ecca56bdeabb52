// From tokens to the syntax tree. After an error the tree holds what was read before it.
#pragma once

#include <cstddef>
#include <vector>

#include "shell_budget.h"
#include "shell_syntax.h"

namespace warmgate::models {

struct ShellTree {
  std::vector<ShellNode> commands;
  bool failed = false;  // the budget says why
  std::size_t end = 0;  // behind what was read
};

// All of `range`.
ShellTree parse_shell(const ShellSource& source, ShellSpan range, ShellBudget& budget);

// From `range.begin` to behind the `)` that ends the command list there.
ShellTree parse_shell_to_parenthesis(const ShellSource& source, ShellSpan range, ShellBudget& budget);

}  // namespace warmgate::models
