// Arguments: the words after a launcher sorted into flags and positionals by the rules of the engine's parser.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/models/command_line.h"
#include "warmgate/models/engine.h"

namespace warmgate::models {

struct Arguments {
  std::vector<Word> positionals;
  std::map<std::string, std::vector<Word>> flags;  // by the name the engine file uses; every value in order
  bool config_file = false;                        // more settings come from a file
  std::optional<Word> unknown;                     // a word that may be anything, more flags included
  std::optional<Word> absent;                      // a word that most likely is not there
  // What followed a flag that the engine file does not know: its value, or a positional behind a switch.
  std::optional<Word> swallowed;

  // The value of the last of `names` that was given (the last one wins).
  [[nodiscard]] std::optional<Word> value(const std::vector<std::string>& names) const;

  // Where each flag's last value stood, to let the last spelling win.
  std::map<std::string, std::size_t> order;
};

Arguments parse_arguments(const Engine& engine, const std::vector<Word>& words, std::size_t first);

// The launcher that `words` begin with (the longest), or nullptr.
const Launcher* match_launcher(const Engine& engine, const std::vector<Word>& words);

}  // namespace warmgate::models
