#include "shell_builtins.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "shell_syntax.h"
#include "warmgate/kube/pod.h"

namespace warmgate::models {
namespace {

constexpr std::array<std::string_view, 5> kDeclarations = {"export", "readonly", "local", "declare", "typeset"};
constexpr std::array<std::string_view, 10> kAlwaysSucceed = {":",     "true",    "export", "readonly", "local",
                                                             "shopt", "declare", "set",    "unset",    "echo"};

ShellSpan span_of(const ShellWord& word) { return {word.begin, word.end}; }

bool is_option(const ShellWord& word) { return word.text.size() > 1 && (word.text[0] == '-' || word.text[0] == '+'); }

bool has_option(const std::vector<ShellWord>& words, char letter) {
  return std::any_of(words.begin() + 1, words.end(), [&](const ShellWord& word) {
    return word.text.starts_with('-') && word.text.find(letter) != std::string::npos;
  });
}

void declare(const std::vector<ShellWord>& words, ShellState& state) {
  const std::string& command = words.front().text;
  const bool exports = command == "export" || (command != "readonly" && has_option(words, 'x'));
  for (std::size_t i = 1; i < words.size(); ++i) {
    const ShellWord& word = words[i];
    if (is_option(word)) {
      continue;
    }
    const auto form = shell_assignment_form(word.text);
    const std::string name(form ? form->name : std::string_view(word.text));
    if (!is_shell_name(name)) {
      if (!word.known) {  // export $(grep -v '^#' .env)
        state.open("may be set by `" + command + "`");
      }
      continue;
    }
    if (command != "export" && command != "readonly" && !has_option(words, 'g')) {
      state.make_local(name);
    }
    if (form && form->array) {
      state.make_unknown(name, "$" + name + " is an array", span_of(word));
    } else if (form && form->append) {
      state.make_unknown(name, "$" + name + " is appended to in a declaration", span_of(word));
    } else if (form) {
      ShellValue value{word.text.substr(form->value_begin), word.known, word.unknown_reason, false};
      state.assign(name, {std::move(value)}, false, span_of(word));
    } else if (command == "local" && state.find(name) != nullptr) {
      state.make_unknown(name, "`local " + name + "` keeps the value in some shells and drops it in others",
                         span_of(word));
    }
    if (exports) {
      state.export_variable(name);
    }
  }
}

// set -- a b; set -a
void set_options(const std::vector<ShellWord>& words, ShellState& state, ShellBudget& budget) {
  std::size_t i = 1;
  for (; i < words.size() && is_option(words[i]) && words[i].text != "--"; ++i) {
    const std::string& option = words[i].text;
    const bool named = option.back() == 'o' && i + 1 < words.size();
    if ((!named && option.find('a') != std::string::npos) || (named && words[i + 1].text == "allexport")) {
      state.export_all(option[0] == '-');
    }
    i += named ? 1 : 0;
  }
  const bool arguments = i < words.size();
  if (!arguments || !budget.spend(words.size() * sizeof(ShellWord))) {
    return;
  }
  i += words[i].text == "--" ? 1 : 0;
  const ShellVariable& before = *state.find("@");
  std::vector<ShellValue> elements = {before.array ? before.elements.front()
                                                   : ShellValue{"", false, "$0 is only known at run time", false}};
  for (; i < words.size(); ++i) {
    elements.push_back({words[i].text, words[i].known, words[i].unknown_reason, !words[i].known});
  }
  state.assign("@", std::move(elements), true, span_of(words.front()));
}

void shift(const std::vector<ShellWord>& words, ShellState& state, ShellBudget& budget) {
  const ShellVariable& before = *state.find("@");
  std::size_t count = 1;
  if (words.size() > 1) {
    const std::string& text = words[1].text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (!words[1].known || error != std::errc() || end != text.data() + text.size()) {
      state.make_unknown("@", "how far `shift` goes is only known at run time", span_of(words.front()));
      return;
    }
  }
  std::vector<ShellValue> elements = before.elements;
  const bool uncertain = std::any_of(elements.begin(), elements.end(), [](const ShellValue& e) { return e.several; });
  if (!before.array || !budget.spend(elements.size() * sizeof(ShellValue))) {
    return;
  }
  if (uncertain) {
    state.make_unknown("@", "`shift` drops words that are only known at run time", span_of(words.front()));
  } else if (count < elements.size()) {
    elements.erase(elements.begin() + 1, elements.begin() + 1 + static_cast<std::ptrdiff_t>(count));
    state.assign("@", std::move(elements), true, span_of(words.front()));
  }
}

void unset(const std::vector<ShellWord>& words, ShellState& state) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].known && is_shell_name(words[i].text) && words[1].text != "-f") {
      state.unset(words[i].text);
    }
  }
}

// Every word that may be the name of the variable read into.
void read_into(const std::vector<ShellWord>& words, ShellState& state) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (is_shell_name(words[i].text)) {
      state.make_unknown(words[i].text, "$" + words[i].text + " is read at run time", span_of(words[i]));
    }
  }
}

void change_directory(const std::vector<ShellWord>& words, ShellState& state) {
  std::size_t i = 1;
  while (i < words.size() && words[i].known && is_option(words[i])) {
    ++i;
  }
  std::string target;
  bool known = words.front().text == "cd";  // not pushd, popd
  if (i < words.size()) {
    target = words[i].text;
    known = known && words[i].known && target != "-" && target.find_first_of("*?[") == std::string::npos;
  } else if (const ShellVariable* home = state.find("HOME"); home != nullptr && home->elements.size() == 1) {
    target = home->elements.front().text;
    known = known && home->elements.front().known;
  } else {
    known = false;
  }
  if (known && !target.starts_with('/')) {
    const std::optional<std::string> before = state.directory();
    known = before.has_value();
    target = before.value_or("") + "/" + target;
  }
  if (known) {
    state.assign("PWD", {{kube::normalize_path(target), true, "", false}}, false, span_of(words.front()));
  } else {
    state.make_unknown("PWD", "the working folder is only known at run time", span_of(words.front()));
  }
}

void source(const std::vector<ShellWord>& words, ShellState& state) {
  // What `activate` of a virtual environment or of conda sets is no setting of a model.
  if (words.size() > 1 && !(words[1].known && words[1].text.ends_with("/bin/activate"))) {
    state.open("may be set by " + words[1].text.substr(0, 80));
  }
}

}  // namespace

bool is_shell_declaration(std::string_view command) {
  return std::find(kDeclarations.begin(), kDeclarations.end(), command) != kDeclarations.end();
}

bool shell_always_succeeds(std::string_view command) {
  return std::find(kAlwaysSucceed.begin(), kAlwaysSucceed.end(), command) != kAlwaysSucceed.end();
}

void apply_shell_builtin(const std::vector<ShellWord>& words, ShellState& state, ShellBudget& budget) {
  const std::string& command = words.front().text;
  if (!words.front().known) {
    return;
  }
  if (is_shell_declaration(command)) {
    declare(words, state);
  } else if (command == "set") {
    set_options(words, state, budget);
  } else if (command == "shift") {
    shift(words, state, budget);
  } else if (command == "unset") {
    unset(words, state);
  } else if (command == "read" || command == "mapfile" || command == "readarray" || command == "getopts" ||
             (command == "printf" && words.size() > 2 && words[1].text == "-v")) {
    read_into(words, state);
  } else if (command == "eval") {  // of words that are not known
    state.open("may be set by `eval`");
  } else if (command == "cd" || command == "pushd" || command == "popd") {
    change_directory(words, state);
  } else if (command == "source" || command == ".") {
    source(words, state);
  }
}

}  // namespace warmgate::models
