// ShellLexer's other half: where quotes and expansions end.
#include <algorithm>

#include "shell_lexer.h"
#include "shell_parser.h"

namespace warmgate::models {

std::size_t ShellLexer::skip_single_quoted(std::size_t begin) {
  const std::size_t end = text_.find('\'', begin + 1);
  if (end == std::string_view::npos) {
    fail("the quote (') is never closed", begin);
    return text_.size();
  }
  return end + 1;
}

std::size_t ShellLexer::skip_ansi_quoted(std::size_t begin) {
  for (std::size_t at = begin + 2; at < text_.size(); ++at) {
    if (text_[at] == '\\') {
      ++at;
    } else if (text_[at] == '\'') {
      return at + 1;
    }
  }
  fail("the quote ($') is never closed", begin);
  return text_.size();
}

std::size_t ShellLexer::skip_double_quoted(std::size_t begin) {
  std::size_t at = begin + 1;
  while (at < text_.size() && !failed()) {
    switch (text_[at]) {
      case '"':
        return at + 1;
      case '\\':
        at += 2;
        break;
      case '$':
        at = skip_dollar(at, true);
        break;
      case '`':
        at = skip_backquoted(at);
        break;
      default:
        ++at;
    }
  }
  fail("the quote (\") is never closed", begin);
  return text_.size();
}

std::size_t ShellLexer::skip_backquoted(std::size_t begin) {
  for (std::size_t at = begin + 1; at < text_.size(); ++at) {
    if (text_[at] == '\\') {
      ++at;
    } else if (text_[at] == '`') {
      return at + 1;
    }
  }
  fail("the backquote is never closed", begin);
  return text_.size();
}

std::size_t ShellLexer::skip_dollar(std::size_t begin, bool in_quotes) {
  const std::string_view rest = text_.substr(begin + 1);
  if (rest.starts_with("((")) {
    const std::size_t end = shell_arithmetic_end(text_, begin + 3);
    if (end != std::string_view::npos) {
      return end + 2;
    }
  }
  if (rest.starts_with('(')) {
    return skip_substitution(begin + 1, begin);
  }
  if (rest.starts_with('{')) {
    return skip_braces(begin, in_quotes);
  }
  if (rest.starts_with('\'') && !in_quotes) {
    return skip_ansi_quoted(begin);
  }
  if (!rest.empty() && std::string_view("@*#?$!-").find(rest[0]) != std::string_view::npos) {
    return begin + 2;
  }
  if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
    return begin + 2;
  }
  const auto name_end = std::find_if_not(rest.begin(), rest.end(), is_shell_name_character);
  return begin + 1 + static_cast<std::size_t>(name_end - rest.begin());
}

std::size_t ShellLexer::skip_substitution(std::size_t open, std::size_t at) {
  const ShellBudget::Level level(budget_);
  if (!level.ok()) {
    return text_.size();
  }
  const ShellTree tree = parse_shell_to_parenthesis(source_, {open + 1, text_.size()}, budget_);
  failed_ = failed_ || tree.failed;
  if (!failed() && (tree.end == 0 || text_[tree.end - 1] != ')')) {
    fail("`" + std::string(text_.substr(at, open + 1 - at)) + "` is never closed", at);
  }
  return failed() ? text_.size() : tree.end;
}

std::size_t ShellLexer::skip_array(std::size_t open) {
  const ShellBudget::Level level(budget_);
  ShellLexer inside(source_, {open + 1, text_.size()}, budget_);
  while (true) {
    const ShellToken token = level.ok() ? inside.next() : ShellToken{};
    if (token.kind == ShellTokenKind::kEnd || inside.failed()) {
      failed_ = failed_ || inside.failed();
      fail("`(` is never closed", open);
      return text_.size();
    }
    if (token.text == ")" && token.kind == ShellTokenKind::kOperator) {
      return token.span.end;
    }
  }
}

std::size_t ShellLexer::skip_braces(std::size_t begin, bool in_quotes) {
  const ShellBudget::Level level(budget_);
  std::size_t at = begin + 2;
  while (level.ok() && at < text_.size() && !failed()) {
    const char c = text_[at];
    if (c == '}') {
      return at + 1;
    }
    // Within double quotes a ' is an ordinary character here (POSIX.1-2017, 2.6.2).
    const std::size_t part = c == '\'' && in_quotes ? at : c == '$' ? skip_dollar(at, in_quotes) : skip_part(at);
    at = part == at ? at + 1 : part;
  }
  fail("`${` is never closed", begin);
  return text_.size();
}

}  // namespace warmgate::models
