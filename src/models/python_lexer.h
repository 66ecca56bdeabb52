// Python tokens, as far as finding literals and calls takes: strings with their values, names, numbers, punctuation and
// the ends of logical lines. Nothing is executed and nothing is checked beyond what tells tokens apart.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warmgate::models {

enum class PythonTokenKind { kName, kNumber, kString, kOperator, kNewline };

struct PythonToken {
  PythonTokenKind kind = PythonTokenKind::kNewline;
  std::string_view text;  // as written; of a string without prefix and quotes
  std::size_t begin = 0;  // bytes [begin, end) of the program
  std::size_t end = 0;
  std::size_t column = 0;  // of the first token of a logical line: its indentation
  bool raw = false;        // r"…"
  bool formatted = false;  // f"…"
  bool bytes = false;      // b"…"
};

struct PythonTokens {
  std::vector<PythonToken> tokens;     // every logical line ends with kNewline
  std::optional<std::string> problem;  // why it ends early; says the line
};

// `program` must outlive the tokens. At most `limit` of them.
PythonTokens read_python_tokens(std::string_view program, std::size_t limit);

// The value of a string's text; nullopt where a numeric or a named escape stands in it.
std::optional<std::string> unescape_python(std::string_view text);

}  // namespace warmgate::models
