#include "json_error.h"

#include <algorithm>
#include <string>

namespace warmgate::document {
namespace {

class Explanation {
 public:
  Explanation(std::string_view text, const JsonState& state) : text_(text), state_(state), at_(skip(state.at)) {}

  Problem make() {
    if (state_.outside) {
      return value();
    }
    if (at_ == text_.size()) {
      return unfinished();
    }
    if (state_.behind_key) {
      if (text_[at_] != ':') {
        return problem("expected ':' after the key", "write \"key\": value");
      }
      at_ = skip(at_ + 1);
      return value();
    }
    if (!state_.first_in_collection) {
      if (text_[at_] != ',') {
        return problem(state_.in_object ? "expected ',' or '}' after the value" : "expected ',' or ']' after the value",
                       "add the missing comma or bracket");
      }
      const std::size_t comma = at_;
      at_ = skip(at_ + 1);
      if (at_ < text_.size() && (text_[at_] == '}' || text_[at_] == ']')) {
        at_ = comma;
        return problem("a comma without a value behind it", "remove the comma");
      }
    }
    return state_.in_object ? key() : value();
  }

 private:
  [[nodiscard]] std::size_t skip(std::size_t from) const {
    return std::min(text_.find_first_not_of(" \t\r\n", from), text_.size());
  }

  [[nodiscard]] Problem problem(std::string message, std::string help) const {
    return {ProblemKind::kUnparsable, std::move(message), std::move(help), {at_, std::min(at_ + 1, text_.size())}};
  }

  [[nodiscard]] Problem unfinished() const {
    return problem(state_.in_object ? "the text ends inside an object" : "the text ends inside a list",
                   "was it cut off? A closing bracket is missing");
  }

  Problem key() {
    if (at_ == text_.size()) {
      return unfinished();
    }
    return text_[at_] == '"' ? bad_string() : problem("expected a key in double quotes", "write \"key\": value");
  }

  Problem value() {
    if (at_ == text_.size()) {
      return state_.outside ? problem("expected a value", "the text is empty") : unfinished();
    }
    const char c = text_[at_];
    if (c == '"') {
      return bad_string();
    }
    if (c == '\'') {
      return problem("expected a value; strings need double quotes", "write \"text\"");
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
      return problem("a number that JSON cannot hold",
                     "write it as a decimal number without leading zeros, or as a string");
    }
    return problem("expected a value", "a value is a string in double quotes, a number, true, false, null, {…} or […]");
  }

  Problem bad_string() {
    const std::size_t start = at_;
    for (std::size_t i = start + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '"') {
        at_ = start;
        return problem("a string with a \\u escape that is no Unicode character", "write the character itself");
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        at_ = c == '\n' || c == '\r' ? start : i;
        return c == '\n' || c == '\r'
                   ? problem("a string is not closed on its line", "add '\"', or write a line break as \\n")
                   : problem("a control character in a string", "write a tab as \\t");
      }
      if (c == '\\') {
        at_ = i++;
        if (i < text_.size() && std::string_view("\"\\/bfnrtu").find(text_[i]) == std::string_view::npos) {
          return problem("unknown escape in a string", "write \\\\ for a backslash");
        }
      }
    }
    at_ = start;
    return problem("a string is not closed", "was the text cut off? Its closing '\"' is missing");
  }

  std::string_view text_;
  JsonState state_;
  std::size_t at_;
};

}  // namespace

Problem explain_json(std::string_view text, const JsonState& state) { return Explanation(text, state).make(); }

}  // namespace warmgate::document
