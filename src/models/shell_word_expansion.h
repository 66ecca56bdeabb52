// The expansion of one word, in two files: shell_expand.cpp walks over it, shell_parameter.cpp evaluates ${…}.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "shell_expand.h"

namespace warmgate::models {

// What a parameter stands for at this point of the script.
struct ShellParameter {
  enum class Status { kSet, kUnset, kUnknown } status = Status::kUnset;
  std::vector<ShellValue> values;
  bool list = false;   // @ or *
  bool star = false;   // "$*" is one field
  std::string reason;  // of kUnknown; of kUnset why it may be set all the same, "" when it surely is not
};

class ShellWordExpansion {
 public:
  ShellWordExpansion(ShellExpander& expander, const ShellSource& source, bool split)
      : expander_(expander), source_(source), text_(source.text), fields_(split, expander.budget_) {}

  std::vector<ShellValue> run(ShellSpan word);
  std::vector<ShellValue> run_here_document(ShellSpan body);

 private:
  // kOperand: the unquoted word of ${X:-word}, which is split like the expansion that it is part of.
  enum class Mode { kPlain, kQuoted, kOperand };

  void walk(ShellSpan span, Mode mode);
  std::size_t step(std::size_t at, ShellSpan span, Mode mode);
  void plain(std::string_view text, Mode mode);
  void watch_braces(std::size_t at, ShellSpan span);
  std::size_t backslash(std::size_t at, ShellSpan span, Mode mode);
  std::size_t tilde(std::size_t at, ShellSpan span);
  std::size_t double_quoted(std::size_t begin, std::size_t end);
  std::size_t dollar(std::size_t at, ShellSpan span, Mode mode);
  std::size_t substitution(std::size_t begin, std::size_t open, std::size_t end, Mode mode);
  std::size_t backquoted(std::size_t begin, std::size_t end, Mode mode);
  void put_output(const std::optional<std::string>& output, std::string_view written, Mode mode);
  void ansi_quoted(std::string_view content);

  // shell_parameter.cpp
  void braced(ShellSpan whole, Mode mode);
  void length(const std::string& name, std::string_view written, Mode mode);
  void default_value(const ShellParameter& parameter, const std::string& name, std::string_view operation,
                     ShellSpan operand, std::string_view written, Mode mode);
  void trimmed(const ShellParameter& parameter, std::string_view operation, ShellSpan operand, std::string_view written,
               Mode mode);
  [[nodiscard]] ShellParameter lookup(const std::string& name) const;
  [[nodiscard]] ShellParameter element(const std::string& name, std::string_view index) const;
  void unknown(std::string_view written, const std::string& reason, Mode mode) {
    fields_.unknown(written, reason, mode != Mode::kQuoted);
  }
  void put(const ShellParameter& parameter, std::string_view written, Mode mode);
  void put_value(const ShellValue& value, std::string_view written, Mode mode);

  std::string_view written(ShellSpan span) const { return source_.at(span); }
  ShellState& state() { return expander_.state_; }
  [[nodiscard]] const ShellState& state() const { return expander_.state_; }
  [[nodiscard]] ShellBudget& budget() const { return expander_.budget_; }

  ShellExpander& expander_;
  const ShellSource& source_;
  std::string_view text_;
  ShellFields fields_;
  bool here_document_ = false;  // a " is an ordinary character
  bool empty_list_ = false;     // "$@" stood here without arguments
  int brace_progress_ = 0;      // how much of `{a,b}` was seen: 1 the brace, 2 the comma, 3 all
};

// `text` as part of a message.
std::string shell_excerpt(std::string_view text);

}  // namespace warmgate::models
