#include "arguments.h"

#include <algorithm>
#include <utility>

#include "warmgate/base/text.h"
#include "wrappers.h"

namespace warmgate::models {
namespace {

class Parser {
 public:
  explicit Parser(const Engine& engine) : engine_(engine) {
    for (const ModelSource& model : engine.models) {
      add(model.flags);
      add(model.revision_flags);
      if (model.named_list) {
        lists_.insert(lists_.end(), model.flags.begin(), model.flags.end());
      }
    }
    for (const auto* names : {&engine.cache_dir_flags, &engine.local_dir_flags, &engine.other_repo_type_flags,
                              &engine.config_flags, &engine.value_flags}) {
      add(*names);
    }
  }

  Arguments parse(const std::vector<Word>& words, std::size_t first) {
    bool flags_may_follow = true;
    for (index_ = first; index_ < words.size(); ++index_) {
      const Word& word = words[index_];
      if (flags_may_follow && word.text == "--") {
        flags_may_follow = false;
      } else if (flags_may_follow && is_flag(word)) {
        read_flag(words);
      } else if (word.absent) {
        remember(out_.absent, word);
      } else if (word.known) {
        out_.positionals.push_back(word);
      } else {
        // A quoted value would be a positional, an unquoted one may be several flags: neither can be told.
        out_.positionals.push_back(word);
        out_.unknown = word;
      }
    }
    return std::move(out_);
  }

 private:
  void add(const std::vector<std::string>& names) { known_.insert(known_.end(), names.begin(), names.end()); }

  static bool is_flag(const Word& word) {
    const bool named = word.known || word.text.find('=') < word.text.find_first_of("$`");
    return named && word.text.size() > 1 && word.text[0] == '-' && !(word.text[1] >= '0' && word.text[1] <= '9');
  }

  // The spelling of the engine file for a flag as written.
  [[nodiscard]] std::string canonical(std::string name) const {
    if (engine_.underscores && name.starts_with("--")) {
      std::replace(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(std::min(name.find('.'), name.size())), '_',
                   '-');
    }
    if (std::find(known_.begin(), known_.end(), name) != known_.end() || !engine_.abbreviations || name.size() < 5) {
      return name;
    }
    std::vector<std::string> candidates;
    std::copy_if(known_.begin(), known_.end(), std::back_inserter(candidates),
                 [&](const std::string& known) { return known.starts_with(name); });
    return candidates.size() == 1 ? candidates.front() : name;
  }

  [[nodiscard]] bool is_switch(const std::string& name) const {
    return std::any_of(engine_.switches.begin(), engine_.switches.end(),
                       [&](const std::string& pattern) { return base::glob_match(pattern, name); });
  }

  static void remember(std::optional<Word>& first, const Word& word) {
    if (!first) {
      first = word;
    }
  }

  // `--new-switch org/model`: only the engine knows whether the word is the switch's value.
  void note_swallowed(const std::string& flag, Word word) {
    if (word.text.find('/') == std::string::npos) {
      return;  // a number, a word: no model is named like that
    }
    if (word.known) {
      word.known = false;
      word.unknown_reason = "whether \"" + word.text + "\" is the model or the value of " + flag +
                            " cannot be told: the flag is not known";
    }
    remember(out_.swallowed, word);
  }

  void record(const std::string& name, Word value) {
    out_.flags[name].push_back(std::move(value));
    out_.order[name] = index_;
    const auto& config = engine_.config_flags;
    out_.config_file |= std::find(config.begin(), config.end(), name) != config.end();
  }

  void read_flag(const std::vector<Word>& words) {
    const Word& word = words[index_];
    const std::size_t equals = engine_.equals_form ? word.text.find('=') : std::string::npos;
    const std::string name = canonical(word.text.substr(0, equals));
    if (equals != std::string::npos) {
      Word value = word;
      value.text.erase(0, equals + 1);
      if (value.location.length > equals + 1) {
        value.location.offset += equals + 1;
        value.location.length -= equals + 1;
      }
      record(name, std::move(value));
      return;
    }
    const bool listed = std::find(known_.begin(), known_.end(), name) != known_.end();
    if (!listed && (is_switch(name) || !engine_.unknown_takes_value)) {
      return;
    }
    const bool is_list = std::find(lists_.begin(), lists_.end(), name) != lists_.end();
    while (index_ + 1 < words.size() && !is_flag(words[index_ + 1])) {
      ++index_;
      record(name, words[index_]);
      if (!listed) {
        note_swallowed(name, words[index_]);
      }
      if (!is_list) {
        break;
      }
    }
  }

  const Engine& engine_;
  std::vector<std::string> known_;  // flags that take a value and that the engine file names
  std::vector<std::string> lists_;  // those of them that take several words
  std::size_t index_ = 0;
  Arguments out_;
};

}  // namespace

std::optional<Word> Arguments::value(const std::vector<std::string>& names) const {
  const std::string* last = nullptr;
  for (const std::string& name : names) {
    if (order.contains(name) && (last == nullptr || order.at(name) > order.at(*last))) {
      last = &name;
    }
  }
  return last == nullptr ? std::nullopt : std::optional(flags.at(*last).back());
}

Arguments parse_arguments(const Engine& engine, const std::vector<Word>& words, std::size_t first) {
  return Parser(engine).parse(words, first);
}

const Launcher* match_launcher(const Engine& engine, const std::vector<Word>& words) {
  const Launcher* best = nullptr;
  for (const Launcher& launcher : engine.launchers) {
    bool matches = words.size() >= launcher.argv.size();
    for (std::size_t i = 0; matches && i < launcher.argv.size(); ++i) {
      matches = words[i].known && (i == 0 ? program_name(words[i].text) : words[i].text) == launcher.argv[i];
    }
    if (matches && (best == nullptr || launcher.argv.size() > best->argv.size())) {
      best = &launcher;
    }
  }
  return best;
}

}  // namespace warmgate::models
