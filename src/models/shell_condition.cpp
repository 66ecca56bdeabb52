#include "shell_condition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

ShellOutcome outcome_of(bool succeeds) { return succeeds ? ShellOutcome::kSucceeds : ShellOutcome::kFails; }

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

ShellOutcome compare_numbers(std::string_view operation, const std::string& left, const std::string& right) {
  constexpr std::array<std::string_view, 6> kOperations = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
  const std::optional<std::int64_t> a = number(left);
  const std::optional<std::int64_t> b = number(right);
  if (!a || !b) {
    return ShellOutcome::kUnknown;
  }
  const std::array<bool, 6> results = {*a == *b, *a != *b, *a<*b, *a <= *b, *a> * b, *a >= *b};
  const auto* const found = std::find(kOperations.begin(), kOperations.end(), operation);
  return found == kOperations.end() ? ShellOutcome::kUnknown
                                    : outcome_of(results.at(static_cast<std::size_t>(found - kOperations.begin())));
}

ShellOutcome compare(std::span<const ShellWord> words, bool patterns) {
  const std::string& operation = words[1].text;
  const std::string& right = words[2].text;
  if (operation != "=" && operation != "==" && operation != "!=") {
    return compare_numbers(operation, words[0].text, right);
  }
  // In [[ ]] the right side is a pattern, but where it was quoted, which is not known here.
  if (patterns && right.find_first_of("*?[\\") != std::string::npos) {
    return ShellOutcome::kUnknown;
  }
  return outcome_of((words[0].text == right) == (operation != "!="));
}

ShellOutcome evaluate(std::span<const ShellWord> words, bool patterns) {
  const bool negated = words.size() > 1 && words.front().text == "!";
  if (negated) {
    words = words.subspan(1);
  }
  ShellOutcome outcome = ShellOutcome::kUnknown;
  if (words.empty()) {
    outcome = ShellOutcome::kFails;
  } else if (words.size() == 1) {
    outcome = outcome_of(!words[0].text.empty());
  } else if (words.size() == 2 && (words[0].text == "-n" || words[0].text == "-z")) {
    outcome = outcome_of(words[1].text.empty() == (words[0].text == "-z"));
  } else if (words.size() == 3) {
    outcome = compare(words, patterns);
  }
  return negated ? inverted(outcome) : outcome;
}

std::string base_name(std::string path, std::string_view suffix) {
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  path = path == "/" ? path : path.substr(path.rfind('/') + 1);
  if (path.size() > suffix.size() && path.ends_with(suffix)) {
    path.resize(path.size() - suffix.size());
  }
  return path;
}

std::string directory_name(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<std::string> echo(std::span<const ShellWord> words) {
  if (!words.empty() && words[0].text == "-n") {
    words = words.subspan(1);  // the newline at the end is dropped anyway
  }
  std::string text;
  for (const ShellWord& word : words) {
    if (word.text.starts_with('-') || word.text.find('\\') != std::string::npos) {
      return std::nullopt;  // an option, or an escape that some shells understand
    }
    text += (&word == words.data() ? "" : " ") + word.text;
  }
  return text;
}

}  // namespace

ShellOutcome inverted(ShellOutcome outcome) {
  return outcome == ShellOutcome::kUnknown ? outcome : outcome_of(outcome == ShellOutcome::kFails);
}

ShellOutcome shell_test(const std::vector<ShellWord>& words) {
  const bool known = std::all_of(words.begin(), words.end(), [](const ShellWord& word) { return word.known; });
  if (!known || words.empty()) {
    return ShellOutcome::kUnknown;
  }
  std::span<const ShellWord> operands(words);
  const std::string& name = words.front().text;
  operands = operands.subspan(1);
  if (name == "[" && !operands.empty() && operands.back().text == "]") {
    operands = operands.first(operands.size() - 1);
  } else if (name != "test" && name != "[[") {
    return ShellOutcome::kUnknown;
  }
  return evaluate(operands, name == "[[");
}

ShellOutcome shell_match(const ShellValue& subject, const ShellValue& pattern, std::string_view written) {
  if (written == "*") {
    return ShellOutcome::kSucceeds;
  }
  // Only `*` is understood, and not where some of it may be quoted.
  const bool quoted = written.find_first_of("\"'\\$") != std::string_view::npos;
  const bool understood = pattern.text.find_first_of(quoted ? "*?[\\" : "?[\\") == std::string::npos;
  if (!subject.known || !pattern.known || !understood) {
    return ShellOutcome::kUnknown;
  }
  return outcome_of(base::glob_match(pattern.text, subject.text));
}

std::optional<std::string> shell_output(const ShellCommand& command) {
  const std::vector<ShellWord>& words = command.words;
  const bool known = std::all_of(words.begin(), words.end(), [](const ShellWord& word) { return word.known; });
  if (!known || words.empty() || command.output) {
    return std::nullopt;
  }
  const std::string& name = words.front().text;
  const std::span<const ShellWord> arguments = std::span(words).subspan(1);
  std::optional<std::string> text;
  if (name == "echo") {
    text = echo(arguments);
  } else if (name == "cat" && arguments.empty() && command.input && command.input->known) {
    text = command.input->text;
  } else if (name == "basename" && (arguments.size() == 1 || arguments.size() == 2)) {
    text = base_name(arguments[0].text, arguments.size() == 2 ? arguments[1].text : "");
  } else if (name == "dirname" && arguments.size() == 1) {
    text = directory_name(arguments[0].text);
  } else if (name == "pwd" && arguments.empty()) {
    text = command.directory;
  }
  while (text && text->ends_with('\n')) {
    text->pop_back();
  }
  return text;
}

}  // namespace warmgate::models
