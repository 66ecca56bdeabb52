#include "yaml_error.h"

#include <algorithm>
#include <array>
#include <optional>

namespace warmgate::document {
namespace {

struct Wording {
  std::string_view context;  // part of libyaml's context; empty for any
  std::string_view problem;  // part of libyaml's problem
  std::string_view message;
  std::string_view help;
  bool at_context = false;  // the mistake is where the construct begins, not where libyaml gave up
};

// The first match counts. The texts on the left are those of scanner.c, parser.c and reader.c of libyaml 0.2.5.
constexpr std::array kWordings = {
    Wording{"quoted scalar", "unexpected end of stream", "a quoted string is not closed", "add the closing quote",
            true},
    Wording{"quoted scalar", "unexpected document indicator", "a quoted string is not closed before the next document",
            "add the closing quote", true},
    Wording{"quoted scalar", "unknown escape character", "unknown escape in a double-quoted string",
            "write \\\\ for a backslash, or use single quotes", false},
    Wording{"quoted scalar", "hexdecimal number", "a \\x or \\u escape without its hexadecimal digits",
            "write \\\\ for a backslash, or use single quotes", false},
    Wording{"quoted scalar", "invalid Unicode character", "a \\u escape that is no Unicode character",
            "write the character itself", false},
    Wording{"alias", "alphabetic or numeric character", "a value that starts with '*' is an alias and needs a name",
            "put the value in quotes", true},
    Wording{"anchor", "alphabetic or numeric character", "a value that starts with '&' is an anchor and needs a name",
            "put the value in quotes", true},
    Wording{"block scalar", "comment or line break", "nothing but a comment may follow '|' or '>' on its line",
            "start the text on the next line", false},
    Wording{"block scalar", "indentation indicator", "the number behind '|' or '>' must be 1 to 9", "", false},
    Wording{"simple key", "expected ':'", "a key without its ':'",
            "write 'key: value', or indent the line if it continues the text above", true},
    Wording{"", "mapping values are not allowed", "a ':' where no key can be",
            "put a value that contains ': ' in quotes, or mend the indentation", false},
    Wording{"", "block sequence entries are not allowed", "a '-' list item cannot stand here",
            "start the list on its own line", false},
    Wording{"", "mapping keys are not allowed", "a '?' key cannot stand here", "put the value in quotes", false},
    Wording{"block mapping", "expected key", "expected a 'key: value' that is aligned with the keys above it",
            "mend the indentation", false},
    Wording{"block collection", "expected '-' indicator", "expected a '-' that is aligned with the items above it",
            "mend the indentation", false},
    Wording{"", "expected node content", "expected a value here", "", false},
    Wording{"", "<document start>", "text behind the end of the document",
            "separate documents with a line '---', or mend the indentation", false},
    Wording{"", "undefined tag handle", "a tag with an undeclared prefix", "put a value that starts with '!' in quotes",
            true},
    Wording{"tag", "", "a malformed tag", "put a value that starts with '!' in quotes", true},
    Wording{"", "control characters are not allowed", "a control character",
            "remove it, or write it as an escape in a double-quoted string", false},
    Wording{"", "incompatible YAML document", "the %YAML directive asks for a version other than 1.1 or 1.2",
            "remove the directive", false},
};

std::optional<Problem> tab_problem(const YamlFailure& failure, std::string_view text) {
  const std::size_t at = std::min(failure.at, text.size());
  const std::size_t newline = at == 0 ? std::string_view::npos : text.find_last_of("\r\n", at - 1);
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::size_t content = std::min(text.find_first_not_of(" \t", start), text.size());
  const std::size_t tab = text.substr(start, content - start).find('\t');
  if (tab == std::string_view::npos) {
    return std::nullopt;
  }
  return Problem{ProblemKind::kUnparsable,
                 tab == 0 ? "line starts with a tab; YAML indents with spaces"
                          : "tab in the indentation; YAML indents with spaces",
                 "replace the tab by spaces", Span{start + tab, start + tab + 1}};
}

Span one_character(std::size_t at, std::string_view text) {
  at = std::min(at, text.size());
  std::size_t end = std::min(at + 1, text.size());
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    ++end;
  }
  return {at, end};
}

// What takes more than a table: the report names another line, or depends on the text around.
std::optional<Problem> in_context(const YamlFailure& failure, std::string_view text) {
  Problem problem;
  problem.span = one_character(failure.at, text);
  if (failure.problem.find("cannot start any token") != std::string::npos && failure.at < text.size()) {
    problem.message = std::string("a value cannot start with '") + text[failure.at] + "'";
    problem.help = "put the value in quotes";
    return problem;
  }
  const bool list = failure.problem.find("',' or ']'") != std::string::npos;
  if (list || failure.problem.find("',' or '}'") != std::string::npos) {
    const std::string_view before = text.substr(0, failure.context_at);
    const std::string line = std::to_string(std::count(before.begin(), before.end(), '\n') + 1);
    problem.message = (list ? "expected ',' or ']' in the list" : "expected ',' or '}' in the mapping") +
                      (" that opens on line " + line);
    problem.help = "close it or add the missing comma; put values with special characters in quotes";
    return problem;
  }
  const std::size_t line = text.find_last_of("\r\n", failure.at == 0 ? 0 : failure.at - 1) + 1;
  const bool starts_line = text.find_first_not_of(" -", line) >= failure.at;
  if (!starts_line && failure.problem.find("expected key") != std::string::npos) {
    problem.message = "text behind the value";
    problem.help = "put the whole value in one pair of quotes, or start a new line";
    return problem;
  }
  return std::nullopt;
}

}  // namespace

Problem explain(const YamlFailure& failure, std::string_view text) {
  if (std::optional<Problem> tab = tab_problem(failure, text)) {
    return *std::move(tab);
  }
  if (std::optional<Problem> special = in_context(failure, text)) {
    return *std::move(special);
  }
  Problem problem;
  problem.span = one_character(failure.at, text);
  for (const Wording& wording : kWordings) {
    if (failure.context.find(wording.context) != std::string::npos &&
        failure.problem.find(wording.problem) != std::string::npos) {
      problem.message = wording.message;
      problem.help = wording.help;
      problem.span = one_character(wording.at_context ? failure.context_at : failure.at, text);
      return problem;
    }
  }
  problem.message = "not YAML: " + (failure.context.empty() ? "" : failure.context + ", ") + failure.problem;
  return problem;
}

}  // namespace warmgate::document
