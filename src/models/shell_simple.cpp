// ShellReader's other half: simple commands, with their assignments, functions and eval.
#include <algorithm>
#include <utility>

#include "shell_builtins.h"
#include "shell_lexer.h"
#include "shell_reader.h"

namespace warmgate::models {
namespace {

ShellWord to_word(const ShellValue& value, ShellSpan place) {
  return {value.text, value.known, value.reason, place.begin, place.end, value.absent};
}

// What an array or a scalar reads as where one word is wanted.
ShellWord joined(const std::vector<ShellValue>& values, ShellSpan place) {
  ShellWord word{"", true, "", place.begin, place.end};
  for (const ShellValue& value : values) {
    word.text += (&value == values.data() ? "" : " ") + value.text;
    if (word.known && !value.known) {
      word.known = false;
      word.unknown_reason = value.reason;
    }
  }
  return word;
}

// The text of `<<-`.
std::string without_tabs(std::string_view body) {
  std::string out;
  while (!body.empty()) {
    body.remove_prefix(std::min(body.find_first_not_of('\t'), body.size()));
    const std::size_t newline = body.find('\n');
    const std::size_t line = newline == std::string_view::npos ? body.size() : newline + 1;
    out += body.substr(0, line);
    body.remove_prefix(line);
  }
  return out;
}

}  // namespace

ShellOutcome ShellReader::simple(const ShellSource& source, const ShellNode& node) {
  std::size_t assignments = 0;
  while (assignments < node.words.size() && shell_assignment_form(source.at(node.words[assignments]))) {
    ++assignments;
  }
  // POSIX.1-2017, 2.9.1: the words are expanded first, with the variables as they were.
  Words words = expand_words(source, node, assignments);
  if (!words.words.empty()) {
    return run_command(source, node, assignments, std::move(words));
  }
  ShellCommand command;
  command.assignments = assign(source, node, assignments, true);
  const bool known = std::all_of(command.assignments.begin(), command.assignments.end(),
                                 [](const ShellAssignment& each) { return each.value.known; });
  if (assignments > 0) {
    emit(std::move(command));
  }
  return known && assignments > 0 ? ShellOutcome::kSucceeds : ShellOutcome::kUnknown;
}

ShellOutcome ShellReader::run_command(const ShellSource& source, const ShellNode& node, std::size_t assignments,
                                      Words words) {
  ShellCommand command;
  state_.enter();
  command.assignments = assign(source, node, assignments, false);
  if (call(words) || evaluate(words.words)) {
    // What it changes itself outlives it, the assignments in front do not.
    ShellChanges changes = state_.leave();
    for (const ShellAssignment& assignment : command.assignments) {
      changes.erase(assignment.name);
    }
    state_.join({std::move(changes)}, false, "");
    return ShellOutcome::kUnknown;
  }
  redirect(source, node, command);
  command.words = words.words;
  emit(std::move(command));
  state_.leave();
  const ShellWord& name = words.words.front();
  if (!name.known) {
    return ShellOutcome::kUnknown;
  }
  jumped_ = jumped_ || name.text == "return" || name.text == "break" || name.text == "continue";
  ended_ = ended_ || name.text == "exit" || (name.text == "exec" && words.words.size() > 1);
  apply_shell_builtin(words.words, state_, budget_);
  if (is_shell_declaration(name.text)) {
    declare_arrays(source, node, assignments + 1);
  }
  return shell_always_succeeds(name.text) ? ShellOutcome::kSucceeds : shell_test(words.words);
}

void ShellReader::redirect(const ShellSource& source, const ShellNode& node, ShellCommand& command) {
  for (const ShellRedirection& redirection : node.redirections) {
    using Kind = ShellRedirection::Kind;
    if (redirection.kind == Kind::kHereDocument) {
      const ShellHereDocument& document = *redirection.document;
      ShellSource body = source;
      ShellSpan span = document.body;
      if (document.strip_tabs && budget_.spend(span.end - span.begin)) {
        body = {texts_.emplace_back(without_tabs(source.at(span))), source.place_of(span)};
        span = {0, body.text.size()};
      }
      const std::optional<std::string> problem = budget_.problem();
      ShellValue value{"", false, "a here-document of the script cannot be read", false};
      if (document.quoted && budget_.spend(span.end - span.begin)) {
        value = {std::string(body.at(span)), true, "", false};
      } else if (ShellValue text = expander_.here_document(body, span); budget_.problem() == problem) {
        value = std::move(text);
      }
      budget_.forget(problem);
      command.input = to_word(value, source.place_of(document.body));
    } else {
      ShellValue value = expander_.value(source, redirection.word);
      value.text += redirection.kind == Kind::kHereString ? "\n" : "";
      auto& target = redirection.kind == Kind::kHereString ? command.input : command.output;
      target = to_word(value, source.place_of(redirection.word));
      command.appends = redirection.kind == Kind::kAppend;
    }
  }
}

ShellReader::Words ShellReader::expand_words(const ShellSource& source, const ShellNode& node, std::size_t first) {
  Words out;
  const bool declares = first < node.words.size() && is_shell_declaration(source.at(node.words[first]));
  for (std::size_t i = first; i < node.words.size() && !budget_.exhausted(); ++i) {
    const ShellSpan span = node.words[i];
    const ShellSpan place = source.place_of(span);
    if (declares && i > first && shell_assignment_form(source.at(span))) {
      out.values.push_back(expander_.value(source, span));
      out.words.push_back(to_word(out.values.back(), place));
      continue;
    }
    for (ShellValue& value : expander_.fields(source, span)) {
      out.words.push_back(to_word(value, place));
      out.values.push_back(std::move(value));
    }
  }
  return out;
}

std::vector<ShellAssignment> ShellReader::assign(const ShellSource& source, const ShellNode& node, std::size_t count,
                                                 bool stay) {
  std::vector<ShellAssignment> assignments;
  for (std::size_t i = 0; i < count && !budget_.exhausted(); ++i) {
    assignments.push_back(assign_one(source, node.words[i]));
    if (!stay) {
      state_.export_variable(assignments.back().name);
    }
  }
  return assignments;
}

ShellAssignment ShellReader::assign_one(const ShellSource& source, ShellSpan word) {
  const ShellAssignmentForm form = *shell_assignment_form(source.at(word));
  const std::string name(form.name);
  const ShellSpan value_span{word.begin + form.value_begin, word.end};
  const ShellSpan place = source.place_of(value_span);
  const ShellVariable* before = state_.find(name);
  std::vector<ShellValue> values;
  if (form.array) {
    values = array_elements(source, {value_span.begin + 1, std::max(value_span.begin + 1, value_span.end - 1)});
  } else {
    values.push_back(expander_.value(source, value_span));
  }
  const ShellWord written = joined(values, place);
  before = state_.find(name);  // expansion may have assigned it
  if (form.indexed) {
    state_.make_unknown(name, "elements of $" + name + " are assigned one by one", place);
    return {name, written};
  }
  const bool was_set = before != nullptr && before->set && !before->elements.empty();
  if (form.append && !was_set && state_.may_be_set_elsewhere(name)) {
    values.assign(1, {"", false, *state_.may_be_set_elsewhere(name), false});
  } else if (form.append && was_set && form.array) {
    std::vector<ShellValue> all = before->elements;
    all.front().several |= !before->array && !all.front().known;  // it may be an array as well
    all.insert(all.end(), values.begin(), values.end());
    budget_.spend(all.size() * sizeof(ShellValue));
    values = std::move(all);
  } else if (form.append && was_set) {
    const ShellValue& front = before->elements.front();
    const std::size_t size = front.text.size() + values.front().text.size();
    if (size > budget_.limits().max_expanded_bytes || !budget_.spend(size)) {
      budget_.exhaust("a value is longer than " + std::to_string(budget_.limits().max_expanded_bytes) + " bytes");
      return {name, written};
    }
    values.front() =
        front.known ? ShellValue{front.text + values.front().text, values.front().known, values.front().reason, false}
                    : front;
  }
  const bool array = form.array || (form.append && was_set && before->array);
  const ShellWord result = joined(values, place);
  state_.assign(name, std::move(values), array, place);
  return {name, result};
}

std::vector<ShellValue> ShellReader::array_elements(const ShellSource& source, ShellSpan inside) {
  std::vector<ShellValue> elements;
  ShellLexer lexer(source, inside, budget_);
  for (ShellToken token = lexer.next(); token.kind != ShellTokenKind::kEnd; token = lexer.next()) {
    if (token.kind != ShellTokenKind::kWord) {
      continue;
    }
    if (token.text.starts_with('[')) {  // [key]=value
      elements.push_back({"", false, "an array with keys is not evaluated", true});
      continue;
    }
    for (ShellValue& value : expander_.fields(source, token.span)) {
      elements.push_back(std::move(value));
    }
  }
  return elements;
}

void ShellReader::declare_arrays(const ShellSource& source, const ShellNode& node, std::size_t first) {
  for (std::size_t i = first; i < node.words.size() && !budget_.exhausted(); ++i) {
    const auto form = shell_assignment_form(source.at(node.words[i]));
    if (form && form->array && !form->append) {
      assign_one(source, node.words[i]);
    }
  }
}

bool ShellReader::call(const Words& words) {
  const auto found = functions_.find(words.words.front().text);
  if (!words.words.front().known || found == functions_.end() || running_.contains(found->second.body)) {
    return false;
  }
  const Function function = found->second;
  const ShellSpan place{words.words.front().begin, words.words.back().end};
  called_.insert(function.body);
  running_.insert(function.body);
  const ShellVariable& outer = *state_.find("@");
  std::vector<ShellValue> arguments = words.values;
  arguments.front() =
      outer.array ? outer.elements.front() : ShellValue{"", false, outer.elements.front().reason, false};
  state_.enter_call();
  state_.make_local("@");
  state_.assign("@", std::move(arguments), true, place);
  turn([&] { run(function.source, *function.body); }, "depends on where a function returns");
  state_.leave_call();
  running_.erase(function.body);
  return true;
}

bool ShellReader::evaluate(const std::vector<ShellWord>& words) {
  const bool known = std::all_of(words.begin(), words.end(), [](const ShellWord& word) { return word.known; });
  if (words.front().text != "eval" || words.size() < 2 || !known) {
    return false;
  }
  std::string text;
  for (std::size_t i = 1; i < words.size(); ++i) {
    text += (i > 1 ? " " : "") + words[i].text;
  }
  const ShellSource source{texts_.emplace_back(std::move(text)), ShellSpan{words[1].begin, words.back().end}};
  run_text(source, {0, source.text.size()});
  return true;
}

void ShellReader::emit(ShellCommand command) {
  if (rehearsals_ > 0 || budget_.exhausted()) {
    return;
  }
  if (commands_.size() >= budget_.limits().max_commands) {
    budget_.exhaust("it runs more than " + std::to_string(budget_.limits().max_commands) + " commands");
    return;
  }
  command.environment_changes = state_.environment_changes();
  command.directory = state_.directory();
  commands_.push_back(std::move(command));
}

}  // namespace warmgate::models
