#include "use_facts.h"

#include <algorithm>
#include <utility>

namespace warmgate::models {
namespace {

// As huggingface_hub: the first of the two that is not empty (constants.py:202 at v1.22.0).
const Setting& hub_offline() {
  static const Setting setting = [] {
    Setting offline;
    offline.env = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"};
    return offline;
  }();
  return setting;
}

void ignore_flag(const Arguments& arguments, const std::string& name, IgnoredKind kind, const std::string& reason,
                 std::vector<Ignored>& out) {
  const auto found = arguments.flags.find(name);
  if (found == arguments.flags.end() || found->second.words.empty()) {
    return;
  }
  const Word& word = found->second.words.back();
  out.push_back({kind, found->second.written, word.known ? word.text : "", reason, word.location});
}

// A revision of the weights where the launcher follows none.
void ignore_revision(const GivenValues& given, const Launcher& launcher, std::vector<Ignored>& out) {
  for (const ModelSource& source : launcher.syntax->models) {
    if (source.role == Role::kWeights && !launcher.revision_ignored.empty()) {
      for (const std::string& flag : source.revision_flags) {
        ignore_flag(given.arguments(), flag, IgnoredKind::kRevision, launcher.revision_ignored, out);
      }
    }
  }
}

// Flags behind a launcher that hands no words on.
void ignore_unused(const GivenValues& given, const Launcher& launcher, std::vector<Ignored>& out) {
  if (!given.unused()) {
    return;
  }
  for (const ModelSource& source : launcher.syntax->models) {
    if (source.role == Role::kWeights) {
      for (const std::string& flag : source.flags) {
        ignore_flag(*given.unused(), flag, IgnoredKind::kModel, launcher.arguments_ignored, out);
      }
      for (const std::string& flag : source.revision_flags) {
        ignore_flag(*given.unused(), flag, IgnoredKind::kRevision, launcher.arguments_ignored, out);
      }
    }
  }
}

// A commit of the code that leaves the weights at whatever the branch is.
void ignore_code_revision(const GivenValues& given, const CommandSyntax& syntax, std::vector<Ignored>& out) {
  for (const ModelSource& source : syntax.models) {
    if (source.role == Role::kCode) {
      for (const std::string& flag : source.revision_flags) {
        ignore_flag(given.arguments(), flag, IgnoredKind::kRevision,
                    "it pins the code of the repository, not its weights", out);
      }
    }
  }
}

std::vector<Ignored> ignored_of(const GivenValues& given, const Launcher& launcher, const ModelUse& weights) {
  std::vector<Ignored> out;
  const CommandSyntax& syntax = *launcher.syntax;
  const Arguments& arguments = given.arguments();
  for (const IgnoredFlag& ignored : syntax.ignored) {
    for (const std::string& flag : ignored.flags) {
      ignore_flag(arguments, flag, ignored.kind, ignored.reason, out);
    }
    for (const std::string& name : ignored.env) {
      if (const std::optional<Word> word = given.variable({name})) {
        out.push_back({ignored.kind, name, word->known ? word->text : "", ignored.reason, word->location});
      }
    }
  }
  if (arguments.ignored_config) {
    const Word& word = *arguments.ignored_config;
    out.push_back({IgnoredKind::kConfig, syntax.parser.config_flags->front() + "=" + word.text, word.text,
                   syntax.parser.config_equals_ignored, word.location});
  }
  if (!launcher.positional_ignored.empty() && weights.by_default && !arguments.positionals.empty()) {
    const Word& word = arguments.positionals.front();
    out.push_back({IgnoredKind::kModel, word.text, "", launcher.positional_ignored, word.location});
  }
  ignore_revision(given, launcher, out);
  ignore_unused(given, launcher, out);
  if (!weights.revision_given && !weights.local) {
    ignore_code_revision(given, syntax, out);
  }
  return out;
}

bool does_write(const Writes& writes, const ModelUse& use, bool cache_flag) {
  switch (writes.when) {
    case Writes::When::kAlways:
      return true;
    case Writes::When::kTrustRemoteCode:
      return use.trusts_code;
    case Writes::When::kUnpinned:
      return !use.local && !use.offline && !use.pinned();
    case Writes::When::kCacheFlag:
      return cache_flag;
  }
  return false;
}

// Of a download: a flag that picks files, or the name of a file behind the repository's.
std::optional<Word> filter_of(const GivenValues& given, const Command& command) {
  if (command.launcher.verb.value_or(command.engine.verb) != Verb::kDownload) {
    return std::nullopt;
  }
  if (std::optional<Word> flag = given.flag(command.launcher.syntax->filter_flags)) {
    return flag;
  }
  const std::vector<Word>& words = given.arguments().positionals;
  const bool named = command.launcher.model == Launcher::Model::kPositional && words.size() > 1;
  return named ? std::optional(words[1]) : std::nullopt;
}

}  // namespace

void add_facts(const ContainerPlaces& places, const GivenValues& given, const Command& command,
               std::vector<ModelUse>& uses) {
  const CommandSyntax& syntax = *command.launcher.syntax;
  const bool offline = given.on(syntax.offline.value_or(hub_offline()));
  const bool trusts = syntax.trust_remote_code && given.on(*syntax.trust_remote_code);
  const std::optional<Word> format = given.flag(syntax.load_format_flags);
  for (ModelUse& use : uses) {
    use.launcher = launcher_text(command.launcher);
    use.retired = command.launcher.retired;
    use.offline = offline;
    use.trusts_code = trusts;
    use.load_format = format && format->known ? format->text : "";
    use.needs_refs = use.local ? "" : syntax.needs_refs;
    if (use.role != Role::kWeights) {
      continue;
    }
    use.ignored = ignored_of(given, command.launcher, use);
    use.filter = filter_of(given, command);
    for (const Writes& writes : syntax.writes) {
      if (does_write(writes, use, given.flag(syntax.cache.flags).has_value())) {
        use.writes.push_back(written_place(places, command.line.environment, writes, use.cache));
      }
    }
  }
}

}  // namespace warmgate::models
