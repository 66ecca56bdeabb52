#include "shell_lexer.h"

#include <algorithm>
#include <array>

#include "shell_parser.h"

namespace warmgate::models {
namespace {

// Longest first.
constexpr std::array<std::string_view, 23> kOperators = {"&>>", "<<-", "<<<", ";;&", "&&", "||", ";;", ";&",
                                                         "|&",  "<<",  ">>",  "<&",  ">&", "<>", ">|", "&>",
                                                         "|",   "&",   ";",   "(",   ")",  "<",  ">"};

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool ends_word(char c) { return std::string_view(" \t\n;&|<>()").find(c) != std::string_view::npos; }

}  // namespace

bool is_shell_name_character(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_shell_name(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
         std::all_of(text.begin(), text.end(), is_shell_name_character);
}

std::optional<ShellAssignmentForm> shell_assignment_form(std::string_view word) {
  const std::size_t name_end =
      static_cast<std::size_t>(std::find_if_not(word.begin(), word.end(), is_shell_name_character) - word.begin());
  ShellAssignmentForm form;
  form.name = word.substr(0, name_end);
  std::size_t at = name_end;
  if (at < word.size() && word[at] == '[') {
    form.indexed = true;
    at = std::min(word.find(']', at), word.size() - 1) + 1;
  }
  if (at < word.size() && word[at] == '+') {
    form.append = true;
    ++at;
  }
  if (!is_shell_name(form.name) || at >= word.size() || word[at] != '=') {
    return std::nullopt;
  }
  form.value_begin = at + 1;
  form.array = word.substr(form.value_begin).starts_with('(');
  return form;
}

std::size_t shell_arithmetic_end(std::string_view text, std::size_t begin) {
  std::size_t open = 0;
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (text[at] == '(') {
      ++open;
    } else if (text[at] == ')') {
      if (open == 0) {
        return text.substr(at).starts_with("))") ? at : std::string_view::npos;
      }
      --open;
    }
  }
  return std::string_view::npos;
}

void ShellLexer::fail(const std::string& what, std::size_t at) {
  if (!failed_) {
    failed_ = true;
    const std::string_view before = text_.substr(0, std::min(at, text_.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    budget_.note(what + (source_.place ? " (in text that it runs)" : " on line " + std::to_string(line)));
  }
  position_ = text_.size();
}

void ShellLexer::skip_blanks() {
  while (position_ < text_.size()) {
    if (is_blank(text_[position_])) {
      ++position_;
    } else if (text_.substr(position_).starts_with("\\\n")) {
      position_ += 2;
    } else if (text_[position_] == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else {
      break;
    }
  }
}

ShellToken ShellLexer::next() {
  skip_blanks();
  const std::size_t begin = position_;
  if (failed() || begin >= text_.size()) {
    return {ShellTokenKind::kEnd, {text_.size(), text_.size()}, "", ""};
  }
  if (text_[begin] == '\n') {
    ++position_;
    skip_here_documents();
    return {ShellTokenKind::kNewline, {begin, begin + 1}, "newline", ""};
  }
  // `2>`: the number belongs to the redirection only when nothing stands between.
  const std::size_t digits = std::min(text_.find_first_not_of("0123456789", begin), text_.size());
  const bool redirects = digits < text_.size() && (text_[digits] == '<' || text_[digits] == '>');
  const bool process = text_.substr(begin).starts_with("<(") || text_.substr(begin).starts_with(">(");
  if (!process && (ends_word(text_[begin]) || (digits > begin && redirects))) {
    return operator_token(begin, digits);
  }
  const std::size_t end = skip_word(begin);
  if (failed()) {
    return {ShellTokenKind::kEnd, {text_.size(), text_.size()}, "", ""};
  }
  position_ = end;
  return {ShellTokenKind::kWord, {begin, end}, text_.substr(begin, end - begin), ""};
}

ShellToken ShellLexer::operator_token(std::size_t begin, std::size_t at) {
  const auto* const found = std::find_if(kOperators.begin(), kOperators.end(),
                                         [&](std::string_view each) { return text_.substr(at).starts_with(each); });
  position_ = at + (found == kOperators.end() ? 1 : found->size());
  return {ShellTokenKind::kOperator,
          {begin, position_},
          text_.substr(at, position_ - at),
          text_.substr(begin, position_ - begin)};
}

std::shared_ptr<ShellHereDocument> ShellLexer::expect_here_document(std::string_view delimiter_word, bool strip_tabs) {
  auto document = std::make_shared<ShellHereDocument>();
  for (const char c : delimiter_word) {
    if (std::string_view("'\"\\").find(c) == std::string_view::npos) {
      document->delimiter += c;
    } else {
      document->quoted = true;
    }
  }
  document->strip_tabs = strip_tabs;
  here_documents_.push_back(document);
  return document;
}

void ShellLexer::skip_here_documents() {
  for (const std::shared_ptr<ShellHereDocument>& document : here_documents_) {
    bool ended = false;
    document->body = {position_, position_};
    while (!ended && position_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', position_), text_.size());
      std::string_view line = text_.substr(position_, end - position_);
      if (document->strip_tabs) {
        line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      }
      ended = line == document->delimiter;
      position_ = std::min(end + 1, text_.size());
      document->body.end = ended ? document->body.end : position_;
    }
  }
  here_documents_.clear();
}

std::vector<ShellSpan> ShellLexer::test_words() {
  std::vector<ShellSpan> words;
  const std::size_t begin = position_;
  while (!failed()) {
    skip_blanks();
    if (position_ < text_.size() && text_[position_] == '\n') {
      ++position_;
      continue;
    }
    const std::size_t word = position_;
    std::size_t at = word;
    // Parentheses, `<` and `|` are words or parts of patterns here.
    while (at < text_.size() && !is_blank(text_[at]) && text_[at] != '\n' && !failed()) {
      if (text_.substr(word, at - word) == "]]" && ends_word(text_[at])) {
        break;
      }
      const std::size_t part = skip_part(at);
      at = part == at ? at + 1 : part;
    }
    if (at == word) {
      fail("`[[` is never closed", begin);
      break;
    }
    position_ = at;
    if (text_.substr(word, at - word) == "]]") {
      break;
    }
    words.push_back({word, at});
  }
  return words;
}

std::optional<ShellSpan> ShellLexer::arithmetic() {
  if (position_ >= text_.size() || text_[position_] != '(') {
    return std::nullopt;
  }
  const std::size_t begin = position_ + 1;
  const std::size_t end = shell_arithmetic_end(text_, begin);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  position_ = end + 2;
  return ShellSpan{begin, end};
}

std::size_t ShellLexer::skip_word(std::size_t begin) {
  std::size_t at = begin;
  while (at < text_.size() && !failed()) {
    const std::size_t part = skip_part(at);
    if (part != at) {
      at = part;
      continue;
    }
    if (text_[at] == '(') {
      const auto form = shell_assignment_form(text_.substr(begin, at - begin));
      return form && form->value_begin == at - begin ? skip_array(at) : at;
    }
    if (ends_word(text_[at])) {
      break;
    }
    ++at;
  }
  return at;
}

std::size_t ShellLexer::skip_part(std::size_t at) {
  switch (text_[at]) {
    case '\\':
      return std::min(at + 2, text_.size());
    case '\'':
      return skip_single_quoted(at);
    case '"':
      return skip_double_quoted(at);
    case '`':
      return skip_backquoted(at);
    case '$':
      return skip_dollar(at, false);
    case '<':
    case '>':
      return at + 1 < text_.size() && text_[at + 1] == '(' ? skip_substitution(at + 1, at) : at;
    default:
      return at;
  }
}

}  // namespace warmgate::models
