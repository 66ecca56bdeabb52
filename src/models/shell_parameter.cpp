// ${…}: POSIX.1-2017, Shell Command Language, 2.6.2, and bash's arrays.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "shell_lexer.h"
#include "shell_word_expansion.h"
#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

using Status = ShellParameter::Status;

// Longest first.
constexpr std::array<std::string_view, 12> kOperations = {":-", ":=", ":?", ":+", "##", "%%",
                                                          "-",  "=",  "?",  "+",  "#",  "%"};

std::optional<std::size_t> to_index(std::string_view digits) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number) : std::nullopt;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// How many elements stand at a known index: those up to the first that may be several words.
std::size_t certain_elements(const ShellVariable& array) {
  const auto several = std::find_if(array.elements.begin(), array.elements.end(),
                                    [](const ShellValue& element) { return element.several; });
  return static_cast<std::size_t>(several - array.elements.begin());
}

ShellParameter element_at(const ShellVariable& array, std::optional<std::size_t> index) {
  const std::size_t certain = certain_elements(array);
  if (certain < array.elements.size() && (!index || *index >= certain)) {
    return {Status::kUnknown, {}, false, false, array.elements[certain].reason};
  }
  return index && *index < array.elements.size()
             ? ShellParameter{Status::kSet, {array.elements[*index]}, false, false, ""}
             : ShellParameter{};
}

// `value` without the part at its front (or end) that `pattern` matches, the longest or the shortest such part.
std::string trim_matching(const std::string& value, std::string_view pattern, bool front, bool longest) {
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const std::size_t length = longest ? value.size() - i : i;
    const std::string_view part =
        front ? std::string_view(value).substr(0, length) : std::string_view(value).substr(value.size() - length);
    if (base::glob_match(pattern, part)) {
      return front ? value.substr(length) : value.substr(0, value.size() - length);
    }
  }
  return value;
}

}  // namespace

ShellParameter ShellWordExpansion::lookup(const std::string& name) const {
  const ShellVariable& arguments = *state().find("@");
  const bool of_arguments = is_digits(name) || name == "@" || name == "*" || name == "#";
  if (of_arguments) {
    budget().spend(arguments.elements.size());  // they are walked over
  }
  if (of_arguments && !arguments.array) {  // their number is not known either
    return {Status::kUnknown, {}, false, false, arguments.elements.front().reason};
  }
  if (name == "@" || name == "*") {
    return {Status::kSet, {arguments.elements.begin() + 1, arguments.elements.end()}, true, name == "*", ""};
  }
  const std::size_t certain = certain_elements(arguments);
  if (name == "#" && certain == arguments.elements.size()) {
    return {Status::kSet, {{std::to_string(arguments.elements.size() - 1), true, "", false}}, false, false, ""};
  }
  if (is_digits(name)) {
    return element_at(arguments, to_index(name));
  }
  if (!is_shell_name(name) || name == "_") {
    return {Status::kUnknown, {}, false, false, "$" + shell_excerpt(name) + " is only known at run time"};
  }
  const ShellVariable* variable = state().find(name);
  if (variable == nullptr) {
    const std::optional<std::string> reason = state().may_be_set_elsewhere(name);
    ShellParameter unset;
    unset.reason = state().image_unseen() ? "$" + name + " is not set in the manifest" : "";
    return reason ? ShellParameter{Status::kUnknown, {}, false, false, *reason} : unset;
  }
  if (!variable->set || variable->elements.empty()) {
    return {};
  }
  budget().spend(variable->elements.front().text.size());  // it is copied
  return {Status::kSet, {variable->elements.front()}, false, false, ""};
}

ShellParameter ShellWordExpansion::element(const std::string& name, std::string_view index) const {
  const ShellVariable* variable = state().find(name);
  const bool all = index == "@" || index == "*";
  const std::optional<std::size_t> number = to_index(index);
  if (variable == nullptr || !variable->set) {
    ShellParameter unset = lookup(name);
    if (all && unset.status == Status::kUnset) {
      return {Status::kSet, {}, true, index == "*", ""};
    }
    return unset;
  }
  budget().spend(variable->elements.size());
  if (!variable->array && !variable->elements.front().known) {
    return {Status::kUnknown, {}, false, false, variable->elements.front().reason};
  }
  if (!all && !number) {
    return {Status::kUnknown, {}, false, false, "which element of $" + name + " is taken is only known at run time"};
  }
  if (all) {
    return {Status::kSet, variable->elements, true, index == "*", ""};
  }
  return element_at(*variable, number);
}

void ShellWordExpansion::put_value(const ShellValue& value, std::string_view written, Mode mode) {
  if (!value.known) {
    unknown(written, value.reason, mode);
  } else if (mode == Mode::kQuoted) {
    fields_.literal(value.text);
  } else if (state().find("IFS") != nullptr) {
    unknown(written, "the script changes how words are split (IFS)", mode);
  } else {
    fields_.expansion(value.text);
  }
}

void ShellWordExpansion::put(const ShellParameter& parameter, std::string_view written, Mode mode) {
  if (parameter.status == Status::kUnknown) {
    unknown(written, parameter.reason, mode);
    return;
  }
  if (parameter.status == Status::kUnset && !parameter.reason.empty()) {
    fields_.absent(written, parameter.reason);
  }
  empty_list_ = empty_list_ || (parameter.list && !parameter.star && parameter.values.empty());
  for (std::size_t i = 0; i < parameter.values.size() && !budget().exhausted(); ++i) {
    if (i > 0 && parameter.star && mode == Mode::kQuoted) {
      fields_.literal(" ");
    } else if (i > 0) {
      fields_.separate();
    }
    put_value(parameter.values[i], written, mode);
    if (mode == Mode::kQuoted && parameter.list) {
      fields_.literal("");
    }
  }
}

void ShellWordExpansion::length(const std::string& name, std::string_view written, Mode mode) {
  const std::size_t bracket = name.find('[');
  const ShellParameter parameter =
      bracket == std::string::npos
          ? lookup(name)
          : element(name.substr(0, bracket), name.substr(bracket + 1, name.size() - bracket - 2));
  const ShellValue first = parameter.values.empty() ? ShellValue{} : parameter.values.front();
  const bool ascii = std::all_of(first.text.begin(), first.text.end(), [](char c) { return (c & 0x80) == 0; });
  const auto several = std::find_if(parameter.values.begin(), parameter.values.end(),
                                    [](const ShellValue& value) { return value.several; });
  if (parameter.list && several != parameter.values.end()) {
    unknown(written, several->reason, mode);
  } else if (parameter.list && parameter.status == Status::kSet) {
    fields_.literal(std::to_string(parameter.values.size()));
  } else if (parameter.status == Status::kUnknown || !first.known) {
    unknown(written, parameter.status == Status::kUnknown ? parameter.reason : first.reason, mode);
  } else if (!ascii) {
    unknown(written, "a length in characters depends on the locale", mode);
  } else {
    fields_.literal(std::to_string(first.text.size()));
  }
}

void ShellWordExpansion::braced(ShellSpan whole, Mode mode) {
  const std::string_view as_written = written(whole);
  const std::size_t end = std::max(whole.begin + 2, whole.end - 1);
  const std::string_view inside = written({whole.begin + 2, end});
  std::size_t name_end = 0;
  while (name_end < inside.size() && is_shell_name_character(inside[name_end])) {
    ++name_end;
  }
  if (name_end == 0 && !inside.empty() && std::string_view("@*#?$!-").find(inside[0]) != std::string_view::npos) {
    name_end = 1;
  }
  const std::string name(inside.substr(0, name_end));
  if (name == "#" && inside.size() > 1) {
    const std::string_view of = inside.substr(1);
    const std::size_t bracket = of.find('[');
    const bool simple = is_shell_name(of.substr(0, bracket)) || is_digits(of) || of == "@" || of == "*";
    if (simple && (bracket == std::string_view::npos || of.ends_with(']'))) {
      length(std::string(of), as_written, mode);
      return;
    }
  }
  ShellParameter parameter;
  if (inside.substr(name_end).starts_with('[') && inside.find(']', name_end) != std::string_view::npos) {
    const std::size_t close = inside.find(']', name_end);
    parameter = element(name, inside.substr(name_end + 1, close - name_end - 1));
    name_end = close + 1;
  } else {
    parameter = lookup(name);
  }
  const std::string_view rest = inside.substr(name_end);
  if (rest.empty() && !name.empty()) {
    put(parameter, as_written, mode);
    return;
  }
  const auto* const found = std::find_if(kOperations.begin(), kOperations.end(),
                                         [&](std::string_view each) { return rest.starts_with(each); });
  if (name.empty() || found == kOperations.end()) {
    unknown(as_written, "`" + shell_excerpt(as_written) + "` is not evaluated", mode);
    return;
  }
  const ShellSpan operand{whole.begin + 2 + name_end + found->size(), end};
  if (*found == "#" || *found == "##" || *found == "%" || *found == "%%") {
    trimmed(parameter, *found, operand, as_written, mode);
  } else {
    default_value(parameter, name, *found, operand, as_written, mode);
  }
}

void ShellWordExpansion::default_value(const ShellParameter& parameter, const std::string& name,
                                       std::string_view operation, ShellSpan operand, std::string_view written,
                                       Mode mode) {
  const ShellValue first = parameter.values.empty() ? ShellValue{} : parameter.values.front();
  if (parameter.status == Status::kUnknown || !first.known) {
    unknown(written, parameter.status == Status::kUnknown ? parameter.reason : first.reason, mode);
    state().enter();  // the operand may be expanded, which may assign and run something
    expander_.value(source_, operand);
    state().join({state().leave(), {}}, true, "depends on an expansion that is not known");
    return;
  }
  const bool empty = parameter.values.size() < 2 && first.text.empty();
  const bool unset = parameter.status == Status::kUnset || (parameter.list && parameter.values.empty());
  const bool present = !unset && !(operation.front() == ':' && empty);
  const Mode operand_mode = mode == Mode::kQuoted ? Mode::kQuoted : Mode::kOperand;
  const char kind = operation.back();
  if (kind == '+') {
    if (present) {
      walk(operand, operand_mode);
    }
  } else if (present) {
    put(parameter, written, mode);
  } else if (kind == '-') {
    walk(operand, operand_mode);
  } else if (kind == '=' && is_shell_name(name)) {
    const ShellValue value = expander_.value(source_, operand);
    state().assign(name, {value}, false, source_.place_of(operand));
    put_value(value, written, mode);
  } else {
    unknown(written, "the script ends here, because $" + shell_excerpt(name) + " is not set", mode);
  }
}

void ShellWordExpansion::trimmed(const ShellParameter& parameter, std::string_view operation, ShellSpan operand,
                                 std::string_view written, Mode mode) {
  const std::string_view raw = source_.at(operand);
  const bool quoted = raw.find_first_of("\"'\\") != std::string_view::npos;
  const ShellValue first = parameter.values.empty() ? ShellValue{} : parameter.values.front();
  const ShellValue pattern = expander_.value(source_, operand);
  const ShellValue& blamed = first.known ? pattern : first;
  if (parameter.status == Status::kUnknown || !first.known || !pattern.known) {
    unknown(written, parameter.status == Status::kUnknown ? parameter.reason : blamed.reason, mode);
    return;
  }
  // Only `*` is understood, and not where some of it may be quoted.
  const bool understood = pattern.text.find_first_of(quoted ? "*?[\\" : "?[\\") == std::string::npos;
  if (parameter.list || !understood) {
    unknown(written, "`" + shell_excerpt(written) + "` is not evaluated", mode);
    return;
  }
  const std::size_t length = first.text.size();
  // Trying every part of the value against the pattern costs this much.
  if (budget().spend(length * length * std::max<std::size_t>(1, pattern.text.size()))) {
    put_value(
        {trim_matching(first.text, pattern.text, operation.front() == '#', operation.size() == 2), true, "", false},
        written, mode);
  }
}

}  // namespace warmgate::models
