#include "python_lexer.h"

#include <algorithm>
#include <array>

namespace warmgate::models {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of other alphabets count as letters: Python takes them in names.
bool is_name_start(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
bool is_name(char c) { return is_name_start(c) || is_digit(c); }

// Longest first. Others are one character.
constexpr std::array<std::string_view, 25> kOperators = {
    "**=", "//=", ">>=", "<<=", "...", "==", "!=", "<=", ">=", "->", ":=", "+=", "-=",
    "*=",  "/=",  "%=",  "&=",  "|=",  "^=", "@=", "**", "//", "<<", ">>", "<>"};
constexpr std::string_view kSingle = "()[]{},:.;=+-*/%&|^~<>@!";

class Lexer {
 public:
  Lexer(std::string_view program, std::size_t limit) : text_(program), limit_(limit) {}

  PythonTokens read() {
    while (at_ < text_.size() && !out_.problem) {
      step();
    }
    if (out_.problem) {  // a line that lacks its end is another line
      while (!out_.tokens.empty() && out_.tokens.back().kind != PythonTokenKind::kNewline) {
        out_.tokens.pop_back();
      }
    }
    end_line();
    return std::move(out_);
  }

 private:
  void fail(const std::string& what, std::size_t at) {
    const std::string_view before = text_.substr(0, std::min(at, text_.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    out_.problem = what + " on line " + std::to_string(line);
  }

  void push(PythonTokenKind kind, std::size_t begin, std::size_t end, std::string_view text) {
    if (out_.tokens.size() >= limit_) {
      out_.problem = "it has more than " + std::to_string(limit_) + " tokens";
      return;
    }
    PythonToken token;
    token.kind = kind;
    token.text = text;
    token.begin = begin;
    token.end = end;
    token.column = begin_of_line_ ? begin - line_ : 0;
    begin_of_line_ = kind == PythonTokenKind::kNewline;
    out_.tokens.push_back(token);
  }

  void end_line() {
    if (!out_.tokens.empty() && out_.tokens.back().kind != PythonTokenKind::kNewline) {
      push(PythonTokenKind::kNewline, at_, at_, "");
    }
  }

  void step() {
    const char c = text_[at_];
    const std::string_view rest = text_.substr(at_);
    if (c == '\n') {
      if (depth_ == 0) {
        end_line();
      }
      ++at_;
      line_ = at_;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
      ++at_;
    } else if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (rest.starts_with("\\\n") || rest.starts_with("\\\r\n")) {
      at_ += c == '\\' && rest[1] == '\n' ? 2 : 3;
    } else if (is_digit(c) || (c == '.' && rest.size() > 1 && is_digit(rest[1]))) {
      const std::size_t begin = at_;
      while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '.')) {
        ++at_;
      }
      push(PythonTokenKind::kNumber, begin, at_, text_.substr(begin, at_ - begin));
    } else if (is_name_start(c)) {
      name_or_string();
    } else if (c == '\'' || c == '"') {
      string(at_, "");
    } else {
      punctuation();
    }
  }

  void name_or_string() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) {
      ++at_;
    }
    const std::string_view name = text_.substr(begin, at_ - begin);
    const bool quote = at_ < text_.size() && (text_[at_] == '\'' || text_[at_] == '"');
    if (quote && name.size() <= 2 && name.find_first_not_of("rRbBuUfF") == std::string_view::npos) {
      string(begin, name);
    } else {
      push(PythonTokenKind::kName, begin, at_, name);
    }
  }

  // From the quote at `at_` on.
  void string(std::size_t begin, std::string_view prefix) {
    const char quote = text_[at_];
    const bool triple = text_.substr(at_).starts_with(std::string(3, quote));
    const std::size_t content = at_ + (triple ? 3 : 1);
    for (std::size_t i = content; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '\n' && !triple) {
        break;
      } else if (text_[i] == quote && (!triple || text_.substr(i).starts_with(std::string_view(&text_[at_], 3)))) {
        at_ = i + (triple ? 3 : 1);
        push(PythonTokenKind::kString, begin, at_, text_.substr(content, i - content));
        if (!out_.tokens.empty()) {
          out_.tokens.back().raw = prefix.find_first_of("rR") != std::string_view::npos;
          out_.tokens.back().formatted = prefix.find_first_of("fF") != std::string_view::npos;
          out_.tokens.back().bytes = prefix.find_first_of("bB") != std::string_view::npos;
        }
        return;
      }
    }
    fail("a string is never closed", begin);
  }

  void punctuation() {
    const std::string_view rest = text_.substr(at_);
    const auto* const found = std::find_if(kOperators.begin(), kOperators.end(),
                                           [&](std::string_view each) { return rest.starts_with(each); });
    const std::size_t size = found == kOperators.end() ? 1 : found->size();
    if (size == 1 && kSingle.find(rest.front()) == std::string_view::npos) {
      fail("`" + std::string(1, rest.front()) + "` is no Python", at_);
      return;
    }
    if (std::string_view("([{").find(rest.front()) != std::string_view::npos) {
      ++depth_;
    } else if (std::string_view(")]}").find(rest.front()) != std::string_view::npos) {
      depth_ -= depth_ > 0 ? 1 : 0;
    }
    push(PythonTokenKind::kOperator, at_, at_ + size, rest.substr(0, size));
    at_ += size;
  }

  std::string_view text_;
  std::size_t limit_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;  // where the physical line begins
  std::size_t depth_ = 0;
  bool begin_of_line_ = true;
  PythonTokens out_;
};

}  // namespace

PythonTokens read_python_tokens(std::string_view program, std::size_t limit) { return Lexer(program, limit).read(); }

std::optional<std::string> unescape_python(std::string_view text) {
  constexpr std::string_view kEscapes = "\\'\"abfnrtv";
  constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    const std::size_t escape = kEscapes.find(next);
    if (escape != std::string_view::npos) {
      out += kMeanings[escape];
    } else if (std::string_view("xuUN01234567").find(next) != std::string_view::npos) {
      return std::nullopt;
    } else if (next != '\n') {
      out += '\\';
      out += next;
    }
  }
  return out;
}

}  // namespace warmgate::models
