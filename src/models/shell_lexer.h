// Shell tokens: words, operators and newlines, with here-documents taken out. Knows quotes and expansions only as far
// as it takes to find where a word ends.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shell_budget.h"
#include "shell_syntax.h"

namespace warmgate::models {

enum class ShellTokenKind { kWord, kOperator, kNewline, kEnd };

struct ShellToken {
  ShellTokenKind kind = ShellTokenKind::kEnd;
  ShellSpan span;
  std::string_view text;     // as written; of an operator without a file descriptor in front
  std::string_view written;  // of an operator: with it
};

class ShellLexer {
 public:
  // Reads `source` within `range`; `source.text` must outlive the tokens.
  ShellLexer(const ShellSource& source, ShellSpan range, ShellBudget& budget)
      : source_(source), text_(source.text.substr(0, range.end)), position_(range.begin), budget_(budget) {}

  ShellToken next();

  // The here-document announced by the last `<<` begins on the next line and ends with `delimiter_word`'s text.
  std::shared_ptr<ShellHereDocument> expect_here_document(std::string_view delimiter_word, bool strip_tabs);

  // The words of `[[ … ]]` from here on, the closing one left out.
  std::vector<ShellSpan> test_words();

  // From the second parenthesis of `((` on: the content, when it ends with `))`; then reading goes on behind it.
  std::optional<ShellSpan> arithmetic();

  [[nodiscard]] bool failed() const { return failed_ || budget_.exhausted(); }
  void fail(const std::string& what, std::size_t at);  // reading ends here; says which line `at` is on

  [[nodiscard]] std::size_t position() const { return position_; }

  // Where the construct that begins at `begin` ends; also for the expansion of words.
  std::size_t skip_single_quoted(std::size_t begin);                // '…'
  std::size_t skip_ansi_quoted(std::size_t begin);                  // $'…'
  std::size_t skip_double_quoted(std::size_t begin);                // "…"
  std::size_t skip_backquoted(std::size_t begin);                   // `…`
  std::size_t skip_dollar(std::size_t begin, bool in_quotes);       // $x, ${…}, $(…), $((…)), $'…'
  std::size_t skip_substitution(std::size_t open, std::size_t at);  // from ( to behind ); `at` is where it begins

 private:
  void skip_blanks();
  void skip_here_documents();
  ShellToken operator_token(std::size_t begin, std::size_t at);
  std::size_t skip_word(std::size_t begin);
  std::size_t skip_part(std::size_t at);  // a quoted part or an expansion within a word, or `at` when there is none
  std::size_t skip_array(std::size_t open);
  std::size_t skip_braces(std::size_t begin, bool in_quotes);

  ShellSource source_;
  std::string_view text_;
  std::size_t position_;
  ShellBudget& budget_;
  std::vector<std::shared_ptr<ShellHereDocument>> here_documents_;
  bool failed_ = false;
};

// The end of `((…))`'s content when `begin` is behind `((`: where `))` stands, or npos.
std::size_t shell_arithmetic_end(std::string_view text, std::size_t begin);

}  // namespace warmgate::models
