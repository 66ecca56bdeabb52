#include "given_values.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "warmgate/base/text.h"

namespace warmgate::models {

GivenValues::GivenValues(const kube::Container& container, const CommandLine& line, const Launcher& launcher,
                         std::size_t first)
    : container_(container), environment_(line.environment), launcher_(launcher) {
  std::vector<Word> words = words_of_environment();
  const auto rest = line.words.begin() + static_cast<std::ptrdiff_t>(first);
  if (launcher.arguments_ignored.empty()) {
    words.insert(words.end(), rest, line.words.end());
  } else {
    unused_ = parse_arguments(*launcher.syntax, line.words, first);
  }
  arguments_ = parse_arguments(*launcher.syntax, words, 0);
}

Word GivenValues::word_of(const std::string& name, const kube::EnvValue& value) const {
  const bool written = !value.pointer.empty();
  return Word{value.value.value_or(""),
              value.value.has_value(),
              name + " comes from " + value.origin,
              {written ? value.place() : container_.view.pointer(), 0, 0, false},
              false};
}

// Variables that the launcher's script hands on as flags.
std::vector<Word> GivenValues::words_of_environment() const {
  std::vector<Word> words;
  const auto add = [&](const std::string& flag, const std::string& name, const kube::EnvValue& value) {
    Word word = word_of(name, value);
    word.text = word.known && word.text.empty() ? flag : flag + "=" + word.text;
    words.push_back(std::move(word));
  };
  for (const auto& [name, flag] : launcher_.env) {
    if (const kube::EnvValue* value = environment_.find(name)) {
      add(flag, name, *value);
    }
  }
  if (launcher_.env_prefix.empty()) {
    return words;
  }
  for (const auto& [name, value] : environment_.all()) {
    if (name.starts_with(launcher_.env_prefix)) {
      std::string flag = base::to_lower(name.substr(launcher_.env_prefix.size()));
      std::replace(flag.begin(), flag.end(), '_', '-');
      add("--" + flag, name, value);
    }
  }
  return words;
}

std::optional<Word> GivenValues::variable(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    const kube::EnvValue* value = environment_.find(name);
    if (value != nullptr && (!value->value || !value->value->empty())) {
      return word_of(name, *value);
    }
  }
  return std::nullopt;
}

std::optional<Word> GivenValues::value(const std::vector<std::string>& flags,
                                       const std::vector<std::string>& env) const {
  const std::optional<Word> given = flag(flags);
  return given ? given : variable(env);
}

std::string GivenValues::may_be_set(const std::vector<std::string>& names, bool by_secrets) const {
  if (names.empty()) {
    return "";
  }
  for (const std::string& source : environment_.sources()) {
    if (by_secrets || !source.starts_with("Secret")) {
      return names.front() + " may come from " + source;
    }
  }
  return "";
}

std::string GivenValues::flags_may_be_set() const {
  const std::string& name =
      !launcher_.env_prefix.empty() || launcher_.env.empty() ? launcher_.env_prefix : launcher_.env.begin()->first;
  return name.empty() ? "" : may_be_set({name + (name == launcher_.env_prefix ? "*" : "")}, true);
}

bool GivenValues::on(const Setting& setting) const {
  if (arguments_.given(setting.off_flags)) {
    return false;
  }
  constexpr std::array<std::string_view, 3> kOff = {"false", "0", "no"};
  for (const std::string& name : setting.flags) {
    const auto found = arguments_.flags.find(name);
    if (found != arguments_.flags.end()) {
      const std::vector<Word>& words = found->second.words;
      const std::string value = words.empty() ? "" : base::to_lower(words.back().text);
      return std::find(kOff.begin(), kOff.end(), value) == kOff.end();
    }
  }
  const std::optional<Word> word = variable(setting.env);
  if (!word || !word->known) {
    return !word && setting.by_default;
  }
  static const std::vector<std::string> kTrue = {"1", "on", "true", "yes"};  // huggingface_hub constants.py:11
  const std::vector<std::string>& values = setting.values.empty() ? kTrue : setting.values;
  const std::string value = setting.exact ? word->text : base::to_lower(word->text);
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace warmgate::models
