// Expansion of words: quote removal, parameters, field splitting. Globs and braces stay as written, command
// substitutions are unknown.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shell_budget.h"
#include "shell_fields.h"
#include "shell_state.h"
#include "shell_syntax.h"

namespace warmgate::models {

// Lists the commands of $(…), `…` and <(…). Returns what they write, where that can be known.
class ShellSubstitutions {
 public:
  virtual ~ShellSubstitutions() = default;
  virtual std::optional<std::string> substitute(const ShellSource& source, ShellSpan commands) = 0;
  virtual std::optional<std::string> substitute_text(std::string commands, ShellSpan place) = 0;
};

class ShellExpander {
 public:
  ShellExpander(ShellState& state, ShellBudget& budget, ShellSubstitutions& substitutions)
      : state_(state), budget_(budget), substitutions_(substitutions) {}

  // The fields of a command's word; none when it expands to nothing.
  std::vector<ShellValue> fields(const ShellSource& source, ShellSpan word);
  // The value of an assignment: one field.
  ShellValue value(const ShellSource& source, ShellSpan word);
  // The text of a here-document that is not quoted.
  ShellValue here_document(const ShellSource& source, ShellSpan body);
  // Makes the variables unknown that `((expression))` may change.
  void run_arithmetic(const ShellSource& source, ShellSpan expression);

 private:
  friend class ShellWordExpansion;
  ShellState& state_;
  ShellBudget& budget_;
  ShellSubstitutions& substitutions_;
};

}  // namespace warmgate::models
