// PythonReader's expressions: operators without their precedence, since all but sums of strings are unknown anyway.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "python_reader.h"

namespace warmgate::models {
namespace {

constexpr std::array<std::string_view, 9> kWordOperators = {"and", "in",   "is",  "not",  "or",
                                                            "if",  "else", "for", "async"};
constexpr std::array<std::string_view, 5> kClosers = {")", "]", "}", ",", ":"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Of one of its ends.
std::size_t quote_size(const PythonToken& string) {
  return string.end - string.begin - string.text.size() < 6 ? 1 : 3;  // with a prefix of at most 2
}

}  // namespace

bool PythonReader::at_operator(std::string_view text) const {
  return !done() && token().kind == PythonTokenKind::kOperator && token().text == text;
}

bool PythonReader::at_name(std::string_view text) const {
  return !done() && token().kind == PythonTokenKind::kName && token().text == text;
}

bool PythonReader::take_operator(std::string_view text) {
  const bool there = at_operator(text);
  at_ += there ? 1 : 0;
  return there;
}

PythonValue PythonReader::unknown(std::string reason, ShellSpan where) const {
  PythonValue value;
  value.text = std::move(reason);
  value.place = where;
  return value;
}

// Evaluates all that is left, for the calls in it.
void PythonReader::rest_of_line() {
  while (!done()) {
    const std::size_t before = at_;
    expression();
    at_ += at_ == before || at_operator(",") ? 1 : 0;
  }
}

// value if condition else other
PythonValue PythonReader::expression() {
  const Level level(*this);
  if (!level.ok() || !step() || done()) {
    return unknown("it cannot be read");
  }
  PythonValue value = alternatives();
  if (at_name("if")) {
    advance();
    alternatives();
    if (at_name("else")) {
      advance();
      const PythonValue other = expression();
      return value == other ? value : unknown("it depends on a condition in the program");
    }
  }
  if (take_operator(":=")) {
    value = expression();
  }
  return value;
}

// a or b
PythonValue PythonReader::alternatives() {
  PythonValue value = operators();
  while (at_name("or") && step()) {
    advance();
    PythonValue other = operators();
    const bool empty = value.is(Kind::kNone) || (value.is(Kind::kText) && value.text.empty());
    if (empty) {
      value = std::move(other);
    } else if (!value.is(Kind::kText)) {
      value = value.is(Kind::kUnknown) ? value : unknown("it depends on a condition in the program");
    }
  }
  return value;
}

PythonValue PythonReader::operators() {
  PythonValue value = operand();
  while (!done() && step()) {
    const PythonToken& operation = token();
    const bool word = operation.kind == PythonTokenKind::kName && (operation.text == "and" || operation.text == "in" ||
                                                                   operation.text == "is" || operation.text == "not");
    const bool symbol = operation.kind == PythonTokenKind::kOperator && !one_of(kClosers, operation.text) &&
                        operation.text != "=" && operation.text != ":=" && operation.text != "(" &&
                        operation.text != "[" && operation.text != "{" && operation.text != ";";
    if (!word && !symbol) {
      break;
    }
    const std::string_view text = operation.text;
    advance();
    value = combine(text, std::move(value), done() ? unknown("") : operand());
  }
  return value;
}

PythonValue PythonReader::combine(std::string_view operation, PythonValue left, const PythonValue& right) {
  const bool texts = left.is(Kind::kText) && right.is(Kind::kText);
  if (operation == "+" && texts && spend(left.text.size() + right.text.size())) {
    left.text += right.text;
    left.place = {std::min(left.place.begin, right.place.begin), std::max(left.place.end, right.place.end)};
    left.variable.clear();
    return left;
  }
  if (operation == "/" && texts && spend(left.text.size() + right.text.size())) {  // pathlib
    left.text = right.text.starts_with('/') ? right.text : left.text + "/" + right.text;
    left.variable.clear();
    return left;
  }
  if (operation == "+" && left.is(Kind::kList) && right.is(Kind::kList) && spend(right.items.size() * sizeof(left))) {
    left.items.insert(left.items.end(), right.items.begin(), right.items.end());
    return left;
  }
  return left.is(Kind::kUnknown) ? left : right.is(Kind::kUnknown) ? right : unknown("it is computed by the program");
}

PythonValue PythonReader::operand() {
  const Level level(*this);
  if (!level.ok() || done()) {
    return unknown("it cannot be read");
  }
  if (at_name("lambda")) {
    while (!done() && !at_operator(":")) {
      advance();
    }
    advance();
    expression();
    return unknown("it is a function of the program");
  }
  const bool sign = at_operator("-") || at_operator("+") || at_operator("~") || at_operator("*") || at_operator("**");
  if (sign || at_name("not")) {
    advance();
    operand();
    return unknown("it is computed by the program");
  }
  if (at_name("await") || at_name("yield")) {
    advance();
    return operand();
  }
  const std::string variable = token().kind == PythonTokenKind::kName ? std::string(token().text) : "";
  const std::size_t begin = token().begin;
  PythonValue value = atom();
  bool plain = true;  // nothing but the variable so far
  while (!done() && step()) {
    if (at_operator(".")) {
      value = attribute(std::move(value), plain ? variable : "");
    } else if (at_operator("(")) {
      value = call(std::move(value), begin);
    } else if (at_operator("[")) {
      value = subscript(std::move(value));
    } else {
      break;
    }
    plain = false;
  }
  return value;
}

PythonValue PythonReader::atom() {
  switch (token().kind) {
    case PythonTokenKind::kString:
      return strings();
    case PythonTokenKind::kName:
      return name();
    case PythonTokenKind::kNumber: {
      PythonValue value;
      value.kind = Kind::kOther;
      value.text = std::string(token().text);
      value.place = place(token().begin, token().end);
      advance();
      return value;
    }
    default:
      break;
  }
  if (at_operator("(")) {
    return parenthesis();
  }
  if (at_operator("[")) {
    return list();
  }
  if (at_operator("{")) {
    return braces();
  }
  if (!one_of(kClosers, token().text) && !at_operator("=")) {
    advance();
  }
  return unknown("it cannot be read");
}

PythonValue PythonReader::name() {
  const std::string text(token().text);
  const ShellSpan where = place(token().begin, token().end);
  if (one_of(kWordOperators, text)) {
    return unknown("it cannot be read");
  }
  advance();
  if (const auto found = names_.find(text); found != names_.end()) {
    spend(found->second.text.size() + found->second.items.size() * sizeof(PythonValue));
    return found->second;
  }
  PythonValue value = unknown(text + " is not set in the program", where);
  if (text == "None") {
    value.kind = Kind::kNone;
  } else if (text == "True" || text == "False") {
    value.kind = Kind::kOther;
    value.text = text;
  } else if (text == "str" || text == "dict" || text == "print") {
    value.kind = Kind::kPath;
    value.text = "builtins." + text;
  } else if (stars_.size() == 1) {
    value.kind = Kind::kPath;
    value.text = stars_.front() + "." + text;
  }
  return value;
}

// Adjacent strings are one.
PythonValue PythonReader::strings() {
  PythonValue value;
  value.kind = Kind::kText;
  value.place = place(token().begin, token().end);
  bool first = true;
  while (!done() && token().kind == PythonTokenKind::kString && spend(token().text.size())) {
    const std::optional<std::string> text = string_value(token(), value);
    const PythonToken& written = token();
    value.place.end = base_ + written.end;
    advance();
    if (!text) {
      if (value.is(Kind::kText)) {
        value = unknown("a string of the program is not evaluated", value.place);
      }
      continue;
    }
    if (value.is(Kind::kText)) {
      value.text += *text;
    }
    if (first && written.text == *text) {  // the place is that between the quotes
      const std::size_t content = base_ + written.end - quote_size(written);
      value.place = {content - text->size(), content};
    }
    first = false;
  }
  return value;
}

// nullopt when it is unknown; then `whole` may say why.
std::optional<std::string> PythonReader::string_value(const PythonToken& token, PythonValue& whole) {
  if (!unknown_parts_.empty() && (token.text.find_first_of("$`") != std::string_view::npos ||
                                  (!token.formatted && token.text.find("{{") != std::string_view::npos))) {
    whole = unknown(unknown_parts_, whole.place);
    return std::nullopt;
  }
  if (token.bytes) {
    return std::nullopt;
  }
  if (token.formatted) {
    return format(token.text, token.end - quote_size(token) - token.text.size(), whole);
  }
  return token.raw ? std::optional(std::string(token.text)) : unescape_python(token.text);
}

// The text of f"…", which begins at `begin`.
std::optional<std::string> PythonReader::format(std::string_view text, std::size_t begin, PythonValue& whole) {
  std::string out;
  for (std::size_t at = 0; at < text.size() && step();) {
    const char c = text[at];
    if ((c == '{' || c == '}') && text.substr(at + 1).starts_with(c)) {
      out += c;
      at += 2;
      continue;
    }
    if (c != '{') {
      const std::size_t end = std::min(text.find_first_of("{}", at), text.size());
      const std::optional<std::string> part = unescape_python(text.substr(at, end - at));
      if (!part || end == at) {
        return std::nullopt;
      }
      out += *part;
      at = end;
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const PythonValue value = field(text.substr(at + 1, end - at - 1), begin + at + 1);
    const bool textual = value.is(Kind::kText) || value.is(Kind::kOther);
    if (!textual || !spend(value.text.size())) {
      whole = unknown(value.is(Kind::kUnknown) ? value.text : "it is computed by the program", whole.place);
      return std::nullopt;
    }
    out += value.text;
    at = end + 1;
  }
  return out;
}

// {expression} of an f-string; one with a conversion or a format is unknown.
PythonValue PythonReader::field(std::string_view text, std::size_t begin) {
  const Level level(*this);
  const PythonTokens read = read_python_tokens(text, limits_.max_tokens);
  if (!level.ok() || read.problem || read.tokens.empty() || !spend(text.size())) {
    return unknown("a field of a string is not evaluated");
  }
  const auto* const outer = std::exchange(tokens_, &read.tokens);
  const std::size_t outer_at = std::exchange(at_, 0);
  const std::size_t outer_end = std::exchange(end_, read.tokens.size() - 1);
  const std::size_t outer_base = std::exchange(base_, base_ + begin);
  PythonValue value = done() ? unknown("a field of a string is empty") : expression();
  if (!done()) {
    value = unknown("a field of a string is not evaluated");
  }
  tokens_ = outer;
  at_ = outer_at;
  end_ = outer_end;
  base_ = outer_base;
  return value;
}

PythonValue PythonReader::parenthesis() {
  const std::size_t begin = token().begin;
  PythonValue items = list();
  const bool tuple = items.is(Kind::kUnknown) || items.items.size() != 1 || (*tokens_)[at_ - 1].text != ")" ||
                     (at_ > 1 && (*tokens_)[at_ - 2].text == ",");
  if (tuple) {
    items.place = place(begin, begin);
    return items;
  }
  PythonValue only = std::move(items.items.front());
  return only;
}

// The elements between brackets of any kind.
PythonValue PythonReader::list() {
  const Level level(*this);
  PythonValue value;
  value.kind = Kind::kList;
  value.place = place(token().begin, token().end);
  advance();
  while (level.ok() && !done() && !at_operator(")") && !at_operator("]") && !at_operator("}")) {
    const bool unpacks = at_operator("*");
    const std::size_t before = at_;
    PythonValue item = expression();
    if (at_name("for") || at_name("async")) {
      comprehension();
      value = unknown("it is computed by the program", value.place);
    } else if (unpacks) {
      value = unknown("it is computed by the program", value.place);
    } else if (value.is(Kind::kList) && spend(sizeof(PythonValue) + item.text.size())) {
      value.items.push_back(std::move(item));
    }
    at_ += at_operator(",") || at_operator(":") || at_ == before ? 1 : 0;
  }
  value.place.end = done() ? value.place.end : base_ + token().end;
  advance();
  return value;
}

// {"key": value}; a set is unknown.
PythonValue PythonReader::braces() {
  const Level level(*this);
  PythonValue value;
  value.kind = Kind::kDict;
  value.place = place(token().begin, token().end);
  advance();
  bool known = true;
  while (level.ok() && !done() && !at_operator("}") && !at_operator(")") && !at_operator("]")) {
    const std::size_t before = at_;
    const bool unpacks = at_operator("**") || at_operator("*");
    const PythonValue key = expression();
    if (!unpacks && take_operator(":")) {
      PythonValue item = expression();
      known = known && key.is(Kind::kText) && spend(sizeof(PythonValue) + item.text.size() + key.text.size());
      value.keys.push_back(key.text);
      value.items.push_back(std::move(item));
    } else {
      known = false;
    }
    if (at_name("for") || at_name("async")) {
      comprehension();
      known = false;
    }
    at_ += at_operator(",") || at_ == before ? 1 : 0;
  }
  advance();
  return known ? value : unknown("it is computed by the program", value.place);
}

// for … in … if …, up to the closing bracket
void PythonReader::comprehension() {
  while (!done() && step() && !at_operator(")") && !at_operator("]") && !at_operator("}")) {
    if (at_name("for") || at_name("async") || at_name("if") || at_name("else") || at_operator(",")) {
      advance();
      continue;
    }
    const std::size_t before = at_;
    expression();
    at_ += at_ == before ? 1 : 0;
  }
}

PythonValue PythonReader::attribute(PythonValue value, const std::string& variable) {
  advance();
  const std::string member = done() ? "" : std::string(token().text);
  const ShellSpan where = done() ? ShellSpan{} : place(token().begin, token().end);
  advance();
  if (value.is(Kind::kPath) || value.is(Kind::kInstance)) {
    value.kind = Kind::kPath;
    value.text += "." + member;
    value.place = where;
    spend(value.text.size());
    return value;
  }
  if (value.is(Kind::kList) || value.is(Kind::kDict)) {
    const bool reads = member == "get" || member == "items" || member == "keys" || member == "values";
    if (!variable.empty() && names_.contains(variable) && !reads) {
      set(variable, unknown(variable + " is changed by the program"));
    }
  }
  return value.is(Kind::kUnknown) ? value : unknown("it is computed by the program", where);
}

PythonValue PythonReader::subscript(PythonValue value) {
  const std::size_t bracket = at_;
  PythonValue index = list();
  const bool one = index.is(Kind::kList) && index.items.size() == 1 && at_ == bracket + 3;
  if (!one) {
    return value.is(Kind::kUnknown) ? value : unknown("which part of it is taken is computed by the program");
  }
  PythonValue inside = std::move(index);
  index = std::move(inside.items.front());
  if (value.is(Kind::kPath) && value.text == "os.environ" && index.is(Kind::kText)) {
    return environment(index.text, nullptr);
  }
  if (value.is(Kind::kPath) && value.text == "sys.argv") {
    return argv(index);
  }
  if (value.is(Kind::kList) && index.is(Kind::kOther)) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(index.text.data(), index.text.data() + index.text.size(), number);
    if (error == std::errc() && end == index.text.data() + index.text.size() && number < value.items.size()) {
      PythonValue item = std::move(value.items[number]);
      return item;
    }
  }
  if (value.is(Kind::kDict) && index.is(Kind::kText)) {
    const auto key = std::find(value.keys.rbegin(), value.keys.rend(), index.text);
    if (key != value.keys.rend()) {
      PythonValue item = std::move(value.items[static_cast<std::size_t>(value.keys.rend() - key) - 1]);
      return item;
    }
  }
  return value.is(Kind::kUnknown) ? value : unknown("which part of it is taken is computed by the program");
}

}  // namespace warmgate::models
