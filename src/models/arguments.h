// Arguments: the words after a launcher sorted into flags and positionals by the rules of the engine's parser.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/models/command_line.h"
#include "warmgate/models/engine.h"

namespace warmgate::models {

struct GivenFlag {
  std::string written;      // "--model_revision", as the author wrote it
  Location location;        // of the flag
  std::vector<Word> words;  // every value in order; none for a switch
  std::size_t order = 0;    // where its last value stood, to let the last spelling win
};

struct Arguments {
  std::vector<Word> positionals;
  std::map<std::string, GivenFlag, std::less<>> flags;  // by the name the engine file uses
  // --flag.key value, of the flags whose values are JSON: by flag, then by key.
  std::map<std::string, std::map<std::string, Word>> dotted;
  std::vector<std::string> dotted_order;  // the flags of `dotted` as they first appeared
  bool config_file = false;               // more settings come from a file
  std::optional<Word> ignored_config;     // --config=file where that loads nothing
  std::optional<Word> unknown;            // a word that may be anything, more flags included
  std::optional<Word> absent;             // a word that most likely is not there
  // What followed a flag that the engine file does not know: its value, or a positional behind a switch.
  std::optional<Word> swallowed;

  // The one of `names` that was given last with a value, or nullptr.
  [[nodiscard]] const GivenFlag* last(const std::vector<std::string>& names) const;
  // The value of it.
  [[nodiscard]] std::optional<Word> value(const std::vector<std::string>& names) const;
  // Whether one of `names` was given, with or without a value.
  [[nodiscard]] bool given(const std::vector<std::string>& names) const;
};

Arguments parse_arguments(const CommandSyntax& syntax, const std::vector<Word>& words, std::size_t first);

struct LauncherMatch {
  const Launcher* launcher = nullptr;
  std::size_t words = 0;  // how many words are the launcher's
};

// The launcher that `words` begin with, the one with the most words; `image` is the container's when it is known.
LauncherMatch match_launcher(const Engine& engine, const std::vector<Word>& words,
                             const std::optional<ImageMatch>& image);

}  // namespace warmgate::models
