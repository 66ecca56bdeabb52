#include "arguments.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "warmgate/base/text.h"
#include "wrappers.h"

namespace warmgate::models {
namespace {

class Parser {
 public:
  explicit Parser(const CommandSyntax& syntax)
      : rules_(syntax.parser), config_(rules_.config_flags.value_or(std::vector<std::string>())) {
    for (const ModelSource& model : syntax.models) {
      add(model.flags);
      add(model.revision_flags);
      if (model.list && model.list->words) {
        lists_.insert(lists_.end(), model.flags.begin(), model.flags.end());
      }
      if (!model.json_model.empty()) {
        json_.insert(json_.end(), model.flags.begin(), model.flags.end());
      }
      for (const auto& [flag, repo] : model.presets) {
        switches_.push_back(flag);
      }
    }
    for (const IgnoredFlag& ignored : syntax.ignored) {
      add(ignored.flags);
    }
    for (const auto* setting : {&syntax.offline, &syntax.trust_remote_code}) {
      if (*setting) {
        switches_.insert(switches_.end(), (*setting)->flags.begin(), (*setting)->flags.end());
        switches_.insert(switches_.end(), (*setting)->off_flags.begin(), (*setting)->off_flags.end());
      }
    }
    for (const auto* names :
         {&syntax.cache.flags, &syntax.cache.local_dir_flags, &syntax.repo_type_flags, &syntax.load_format_flags,
          &syntax.filter_flags, &config_, &rules_.value_flags, &rules_.list_flags}) {
      add(*names);
    }
    lists_.insert(lists_.end(), rules_.list_flags.begin(), rules_.list_flags.end());
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

  static bool holds(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  static bool is_flag(const Word& word) {
    const bool named = word.known || word.text.find('=') < word.text.find_first_of("$`");
    return named && word.text.size() > 1 && word.text[0] == '-' && !(word.text[1] >= '0' && word.text[1] <= '9');
  }

  // The spelling of the engine file for a flag as written.
  [[nodiscard]] std::string canonical(std::string name) const {
    if (rules_.underscores.value_or(false) && name.starts_with("--")) {
      std::replace(name.begin() + 2, name.end(), '_', '-');
    }
    const bool complete = holds(known_, name) || holds(switches_, name);
    constexpr std::size_t kShortest = 5;  // "--rev": shorter ones are ambiguous in every engine
    if (complete || !rules_.abbreviations.value_or(false) || name.size() < kShortest || !name.starts_with("--")) {
      return name;
    }
    std::set<std::string> candidates;
    for (const auto* names : {&known_, &switches_}) {
      std::copy_if(names->begin(), names->end(), std::inserter(candidates, candidates.end()),
                   [&](const std::string& known) { return known.starts_with(name); });
    }
    return candidates.size() == 1 ? *candidates.begin() : name;
  }

  [[nodiscard]] bool is_switch(const std::string& name) const { return base::matches_any_glob(rules_.switches, name); }

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

  GivenFlag& give(const std::string& name, const std::string& written, const Location& at) {
    GivenFlag& flag = out_.flags[name];
    flag.written = written;
    flag.location = at;
    flag.order = index_;
    return flag;
  }

  void record(const std::string& name, const std::string& written, Word value, bool equals) {
    if (holds(config_, name)) {
      if (equals && !rules_.config_equals_ignored.empty()) {
        out_.ignored_config = std::move(value);
        return;
      }
      out_.config_file = true;
    }
    const Location at = value.location;
    give(name, written, at).words.push_back(std::move(value));
  }

  // `--flag.key`: the flag, when its value is JSON.
  [[nodiscard]] std::optional<std::pair<std::string, std::string>> dotted(const std::string& written) const {
    const std::size_t dot = written.find('.');
    if (!rules_.dotted.value_or(false) || dot == std::string::npos) {
      return std::nullopt;
    }
    const std::string flag = canonical(written.substr(0, dot));
    return holds(json_, flag) ? std::optional(std::pair(flag, written.substr(dot + 1))) : std::nullopt;
  }

  void record_dotted(const std::pair<std::string, std::string>& key, Word value) {
    if (!holds(out_.dotted_order, key.first)) {
      out_.dotted_order.push_back(key.first);
    }
    out_.dotted[key.first][key.second] = std::move(value);
  }

  // The part of `word` behind the `=`.
  static Word value_of(const Word& word, std::size_t equals) {
    Word value = word;
    value.text.erase(0, equals + 1);
    if (value.location.length > equals + 1) {
      value.location.offset += equals + 1;
      value.location.length -= equals + 1;
    }
    return value;
  }

  void read_flag(const std::vector<Word>& words) {
    const Word& word = words[index_];
    const std::size_t equals = rules_.equals_form.value_or(true) ? word.text.find('=') : std::string::npos;
    const std::string written = word.text.substr(0, equals);
    const auto key = dotted(written);
    const std::string name = canonical(written);
    if (equals != std::string::npos) {
      if (key) {
        record_dotted(*key, value_of(word, equals));
      } else {
        record(name, written, value_of(word, equals), true);
      }
      return;
    }
    if (key && index_ + 1 < words.size()) {
      ++index_;
      record_dotted(*key, words[index_]);
      return;
    }
    const bool listed = holds(known_, name);
    if (!listed && (holds(switches_, name) || is_switch(name) || !rules_.unknown_takes_value.value_or(true))) {
      give(name, written, word.location);
      return;
    }
    const bool is_list = holds(lists_, name);
    while (index_ + 1 < words.size() && !is_flag(words[index_ + 1])) {
      ++index_;
      record(name, written, words[index_], false);
      if (!listed) {
        note_swallowed(written, words[index_]);
      }
      if (!is_list) {
        break;
      }
    }
  }

  const FlagParser& rules_;
  const std::vector<std::string> config_;
  std::vector<std::string> known_;     // flags that take a value and that the engine file names
  std::vector<std::string> lists_;     // those of them that take several words
  std::vector<std::string> json_;      // those of them whose value is JSON
  std::vector<std::string> switches_;  // flags without a value that mean something here
  std::size_t index_ = 0;
  Arguments out_;
};

// Whether `words` from `at` on match `patterns`; how many of them.
std::optional<std::size_t> match_words(std::span<const std::string> patterns, const std::vector<Word>& words,
                                       std::size_t at) {
  for (std::size_t i = 0; i < patterns.size(); ++i, ++at) {
    if (patterns[i] == "...") {
      for (std::size_t next = at; next < words.size(); ++next) {
        if (const auto end = match_words(patterns.subspan(i + 1), words, next)) {
          return end;
        }
      }
      return std::nullopt;
    }
    if (at >= words.size() || !words[at].known) {
      return std::nullopt;
    }
    if (!base::glob_match(patterns[i], at == 0 ? program_name(words[at].text) : words[at].text)) {
      return std::nullopt;
    }
  }
  return at;
}

bool in_image(const Launcher& launcher, const Engine& engine, const std::optional<ImageMatch>& image) {
  return launcher.tags.empty() ||
         (image && image->engine == &engine && base::matches_any_glob(launcher.tags, image->tag));
}

}  // namespace

const GivenFlag* Arguments::last(const std::vector<std::string>& names) const {
  const GivenFlag* last = nullptr;
  for (const std::string& name : names) {
    const auto found = flags.find(name);
    if (found != flags.end() && !found->second.words.empty() &&
        (last == nullptr || found->second.order > last->order)) {
      last = &found->second;
    }
  }
  return last;
}

std::optional<Word> Arguments::value(const std::vector<std::string>& names) const {
  const GivenFlag* flag = last(names);
  return flag == nullptr ? std::nullopt : std::optional(flag->words.back());
}

bool Arguments::given(const std::vector<std::string>& names) const {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return flags.contains(name); });
}

Arguments parse_arguments(const CommandSyntax& syntax, const std::vector<Word>& words, std::size_t first) {
  return Parser(syntax).parse(words, first);
}

LauncherMatch match_launcher(const Engine& engine, const std::vector<Word>& words,
                             const std::optional<ImageMatch>& image) {
  LauncherMatch best;
  for (const Launcher& launcher : engine.launchers) {
    const std::optional<std::size_t> end = match_words(launcher.argv, words, 0);
    // Of two alike the one for the image's tag.
    const auto rank = [](const Launcher& each) { return std::pair(each.argv.size(), !each.tags.empty()); };
    const bool better = best.launcher == nullptr || rank(launcher) > rank(*best.launcher);
    if (end && better && in_image(launcher, engine, image)) {
      best = {&launcher, *end};
    }
  }
  return best;
}

}  // namespace warmgate::models
