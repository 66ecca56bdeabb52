// The fields that one word expands to, while it is being expanded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shell_budget.h"
#include "shell_state.h"

namespace warmgate::models {

class ShellFields {
 public:
  // `split`: unquoted expansions end a field at whitespace; not so in an assignment's value.
  ShellFields(bool split, ShellBudget& budget) : split_(split), budget_(budget) {}

  void literal(std::string_view text);    // quoted, or plain text of the word; makes a field even when empty
  void expansion(std::string_view text);  // the result of an unquoted expansion
  // `several`: it may be any number of words.
  void unknown(std::string_view written, const std::string& reason, bool several);
  // Most likely nothing: only the image could set the variable that `written` names.
  void absent(std::string_view written, const std::string& reason);
  void separate();  // what follows is another field ("$@")

  std::vector<ShellValue> take();

 private:
  void append(std::string_view text);
  void make_unknown(std::string_view written, const std::string& reason);
  void finish();

  bool split_;
  ShellBudget& budget_;
  std::vector<ShellValue> fields_;
  ShellValue current_;
  bool exists_ = false;
};

}  // namespace warmgate::models
