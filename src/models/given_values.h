// GivenValues: what a command is given by its words and by its environment. Refers to the command line and the
// container, which must outlive it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "arguments.h"
#include "warmgate/models/reading.h"

namespace warmgate::models {

class GivenValues {
 public:
  GivenValues(const kube::Container& container, const CommandLine& line, const Launcher& launcher, std::size_t first);

  [[nodiscard]] const Arguments& arguments() const { return arguments_; }
  [[nodiscard]] std::optional<Word> flag(const std::vector<std::string>& names) const {
    return arguments_.value(names);
  }
  // The first of `names` that the environment holds and that is not empty.
  [[nodiscard]] std::optional<Word> variable(const std::vector<std::string>& names) const;
  // The flag, else the variable.
  [[nodiscard]] std::optional<Word> value(const std::vector<std::string>& flags,
                                          const std::vector<std::string>& env) const;
  // "MODEL_ID may come from ConfigMap settings"; "" when nothing that cannot be read may set one of `names`.
  [[nodiscard]] std::string may_be_set(const std::vector<std::string>& names, bool by_secrets) const;
  // Whether a setting is surely on.
  [[nodiscard]] bool on(const Setting& setting) const;
  // Whether variables name flags, and may come from something that cannot be read.
  [[nodiscard]] std::string flags_may_be_set() const;

  // Flags as `words` has them, although the launcher does not look at them.
  [[nodiscard]] const std::optional<Arguments>& unused() const { return unused_; }

 private:
  [[nodiscard]] std::vector<Word> words_of_environment() const;
  [[nodiscard]] Word word_of(const std::string& name, const kube::EnvValue& value) const;

  const kube::Container& container_;
  const kube::Environment& environment_;
  const Launcher& launcher_;
  Arguments arguments_;
  std::optional<Arguments> unused_;
};

}  // namespace warmgate::models
