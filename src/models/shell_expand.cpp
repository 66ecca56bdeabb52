#include "shell_expand.h"

#include <algorithm>
#include <utility>

#include "shell_lexer.h"
#include "shell_word_expansion.h"
#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

std::string run_time(std::string_view written) { return "`" + shell_excerpt(written) + "` is only known at run time"; }

}  // namespace

std::string shell_excerpt(std::string_view text) {
  // Long enough for a download command within a substitution. Cut in bytes first: the text may be a mebibyte.
  return base::one_line(text.substr(0, 400), 80);
}

std::vector<ShellValue> ShellExpander::fields(const ShellSource& source, ShellSpan word) {
  return ShellWordExpansion(*this, source, true).run(word);
}

ShellValue ShellExpander::value(const ShellSource& source, ShellSpan word) {
  std::vector<ShellValue> fields = ShellWordExpansion(*this, source, false).run(word);
  return fields.empty() ? ShellValue{} : std::move(fields.front());
}

ShellValue ShellExpander::here_document(const ShellSource& source, ShellSpan body) {
  std::vector<ShellValue> fields = ShellWordExpansion(*this, source, false).run_here_document(body);
  return fields.empty() ? ShellValue{} : std::move(fields.front());
}

void ShellExpander::run_arithmetic(const ShellSource& source, ShellSpan expression) {
  const std::string_view text = source.at(expression);
  bool assigns = text.find("++") != std::string_view::npos || text.find("--") != std::string_view::npos;
  for (std::size_t at = text.find('='); at != std::string_view::npos && !assigns; at = text.find('=', at + 1)) {
    const bool comparison = (at > 0 && std::string_view("=!<>").find(text[at - 1]) != std::string_view::npos) ||
                            text.substr(at + 1).starts_with('=');
    assigns = !comparison || (at > 1 && text.substr(at - 2, 2) == "<<") || (at > 1 && text.substr(at - 2, 2) == ">>");
  }
  for (std::size_t at = 0; assigns && at < text.size() && budget_.spend(1);) {
    const auto end = static_cast<std::size_t>(
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_shell_name_character) -
        text.begin());
    const std::string_view name = text.substr(at, end - at);
    if (is_shell_name(name)) {
      state_.make_unknown(std::string(name), "$" + std::string(name) + " is computed by the script",
                          source.place_of(expression));
    }
    at = std::max(end, at + 1);
  }
}

std::vector<ShellValue> ShellWordExpansion::run(ShellSpan word) {
  budget().spend(word.end - word.begin);
  walk(word, Mode::kPlain);
  if (brace_progress_ == 3) {  // bash repeats everything around the braces, so no part of it is known
    const std::string reason = "bash expands the braces in `" + shell_excerpt(written(word)) + "` to several words";
    return {{std::string(written(word)), false, reason, true}};
  }
  return fields_.take();
}

std::vector<ShellValue> ShellWordExpansion::run_here_document(ShellSpan body) {
  budget().spend(body.end - body.begin);
  here_document_ = true;
  walk(body, Mode::kQuoted);
  return fields_.take();
}

void ShellWordExpansion::walk(ShellSpan span, Mode mode) {
  const ShellBudget::Level level(budget());
  std::size_t at = span.begin;
  while (level.ok() && at < span.end && !budget().exhausted()) {
    at = step(at, span, mode);
  }
}

void ShellWordExpansion::plain(std::string_view text, Mode mode) {
  if (mode == Mode::kOperand) {
    fields_.expansion(text);
  } else {
    fields_.literal(text);
  }
}

std::size_t ShellWordExpansion::step(std::size_t at, ShellSpan span, Mode mode) {
  ShellLexer lexer(source_, span, budget());
  const bool quoted = mode == Mode::kQuoted;
  switch (text_[at]) {
    case '\\':
      return backslash(at, span, mode);
    case '\'': {
      if (quoted) {
        break;
      }
      const std::size_t end = lexer.skip_single_quoted(at);
      fields_.literal(written({at + 1, std::max(at + 1, end - 1)}));
      return end;
    }
    case '"':
      if (here_document_) {
        break;
      }
      // Within the word of "${X:-word}" quotes only disappear.
      return quoted ? at + 1 : double_quoted(at, lexer.skip_double_quoted(at));
    case '$':
      return dollar(at, span, mode);
    case '`':
      return backquoted(at, lexer.skip_backquoted(at), mode);
    case '<':
    case '>':
      if (!quoted && at + 1 < span.end && text_[at + 1] == '(') {
        return substitution(at, at + 1, lexer.skip_substitution(at + 1, at), mode);
      }
      break;
    case '~':
      if (mode == Mode::kPlain && at == span.begin) {
        return tilde(at, span);
      }
      break;
    case '{':
    case ',':
    case '.':
    case '}':
      if (mode == Mode::kPlain) {
        watch_braces(at, span);
      }
      break;
    default:
      break;
  }
  // Everything up to the next character that may mean something, in one go.
  const std::size_t end = std::min(text_.substr(0, span.end).find_first_of("\\'\"$`<>~{,.}", at + 1), span.end);
  plain(written({at, end}), mode);
  return end;
}

void ShellWordExpansion::watch_braces(std::size_t at, ShellSpan span) {
  const char c = text_[at];
  if (c == '{') {
    brace_progress_ = std::max(brace_progress_, 1);
  } else if (brace_progress_ == 1 && (c == ',' || (c == '.' && at + 1 < span.end && text_[at + 1] == '.'))) {
    brace_progress_ = 2;
  } else if (brace_progress_ == 2 && c == '}') {
    brace_progress_ = 3;
  }
}

std::size_t ShellWordExpansion::backslash(std::size_t at, ShellSpan span, Mode mode) {
  if (at + 1 >= span.end) {
    fields_.literal("\\");
    return at + 1;
  }
  const char next = text_[at + 1];
  if (next == '\n') {
    return at + 2;
  }
  const std::string_view special = here_document_ ? "$`\\" : "$`\"\\}";
  const bool kept = mode == Mode::kQuoted && special.find(next) == std::string_view::npos;
  fields_.literal(written({kept ? at : at + 1, at + 2}));
  return at + 2;
}

std::size_t ShellWordExpansion::tilde(std::size_t at, ShellSpan span) {
  const std::size_t end = std::min(text_.substr(0, span.end).find('/', at), span.end);
  const ShellVariable* home = state().find("HOME");
  if (end == at + 1 && home != nullptr && home->set && !home->elements.empty()) {
    put_value(home->elements.front(), "~", Mode::kQuoted);
  } else {
    unknown(written({at, end}), "`~` is the home folder of the user that the container runs as", Mode::kQuoted);
  }
  return end;
}

std::size_t ShellWordExpansion::double_quoted(std::size_t begin, std::size_t end) {
  empty_list_ = false;
  walk({begin + 1, std::max(begin + 1, end - 1)}, Mode::kQuoted);
  if (!empty_list_) {
    fields_.literal("");
  }
  empty_list_ = false;
  return end;
}

std::size_t ShellWordExpansion::dollar(std::size_t at, ShellSpan span, Mode mode) {
  ShellLexer lexer(source_, span, budget());
  const std::size_t end = lexer.skip_dollar(at, mode == Mode::kQuoted);
  const std::string_view whole = written({at, end});
  if (whole.starts_with("$((") && whole.ends_with("))") &&
      shell_arithmetic_end(text_.substr(0, span.end), at + 3) == end - 2) {
    expander_.run_arithmetic(source_, {at + 3, end - 2});
    unknown(whole, run_time(whole), mode);
  } else if (whole.starts_with("$(")) {
    return substitution(at, at + 1, end, mode);
  } else if (whole.starts_with("${")) {
    braced({at, end}, mode);
  } else if (whole.starts_with("$'")) {
    ansi_quoted(whole.substr(2, std::max<std::size_t>(whole.size(), 3) - 3));
  } else if (whole.size() == 1) {
    const bool localized = mode != Mode::kQuoted && end < span.end && text_[end] == '"';  // $"…"
    plain(localized ? "" : whole, mode);
  } else {
    put(lookup(std::string(whole.substr(1))), whole, mode);
  }
  return end;
}

std::size_t ShellWordExpansion::substitution(std::size_t begin, std::size_t open, std::size_t end, Mode mode) {
  const ShellSpan commands{open + 1, std::max(open + 1, end - 1)};
  const bool process = text_[begin] != '$';
  const std::optional<std::string> output = expander_.substitutions_.substitute(source_, commands);
  put_output(process ? std::nullopt : output, written({begin, end}), mode);
  return end;
}

void ShellWordExpansion::put_output(const std::optional<std::string>& output, std::string_view written, Mode mode) {
  if (output) {
    put_value({*output, true, "", false}, written, mode);
  } else {
    unknown(written, run_time(written), mode);
  }
}

std::size_t ShellWordExpansion::backquoted(std::size_t begin, std::size_t end, Mode mode) {
  const ShellSpan commands{begin + 1, std::max(begin + 1, end - 1)};
  const std::string_view content = written(commands);
  if (content.find('\\') == std::string_view::npos) {
    put_output(expander_.substitutions_.substitute(source_, commands), written({begin, end}), mode);
    return end;
  }
  std::string unescaped;
  for (std::size_t at = 0; at < content.size(); ++at) {
    const bool escape = content[at] == '\\' && at + 1 < content.size() &&
                        std::string_view("$`\\").find(content[at + 1]) != std::string_view::npos;
    at += escape ? 1 : 0;
    unescaped += content[at];
  }
  const ShellSpan place = source_.place_of({begin, end});
  put_output(expander_.substitutions_.substitute_text(std::move(unescaped), place), written({begin, end}), mode);
  return end;
}

void ShellWordExpansion::ansi_quoted(std::string_view content) {
  constexpr std::string_view kEscapes = "abfnrtveE\\'\"?";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\x1b\x1b\\'\"?";
  std::string text;
  for (std::size_t at = 0; at < content.size(); ++at) {
    const std::size_t escape =
        content[at] == '\\' && at + 1 < content.size() ? kEscapes.find(content[at + 1]) : std::string_view::npos;
    if (escape != std::string_view::npos) {
      text += kMeanings[escape];
      ++at;
    } else if (content[at] == '\\') {
      unknown("$'" + std::string(content) + "'", "`$'…'` with a numeric escape is not evaluated", Mode::kQuoted);
      return;
    } else {
      text += content[at];
    }
  }
  fields_.literal(text);
}

}  // namespace warmgate::models
