#include "command_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "given_values.h"
#include "model_list.h"
#include "model_name.h"
#include "use_facts.h"
#include "warmgate/base/text.h"
#include "warmgate/document/read.h"

namespace warmgate::models {
namespace {

struct Named {
  std::optional<Word> model;
  std::optional<Word> revision;
};

class CommandReader {
 public:
  CommandReader(const ContainerPlaces& places, const Command& command, std::string default_model)
      : places_(places),
        container_(places.container),
        command_(command),
        launcher_(command.launcher),
        syntax_(*command.launcher.syntax),
        default_model_(std::move(default_model)),
        given_(places.container, command.line, command.launcher, command.arguments) {}

  std::vector<ModelUse> read() {
    const std::optional<Word> type = given_.flag(syntax_.repo_type_flags);
    if (launcher_.model == Launcher::Model::kNone || (type && type->text != "model")) {
      return {};
    }
    if (launcher_.model == Launcher::Model::kElsewhere) {
      add_unnamed();
    } else if (launcher_.model == Launcher::Model::kPairs) {
      read_pairs();
    } else if (launcher_.model == Launcher::Model::kPositionals && !given_.arguments().positionals.empty()) {
      for (const Word& word : given_.arguments().positionals) {
        add(weights_source(), {word, std::nullopt});
      }
    } else {
      read_weights();
    }
    for (const ModelSource& source : syntax_.models) {
      if (source.role != Role::kWeights && !uses_.empty()) {
        read_companion(source);
      }
    }
    add_facts(places_, given_, command_, uses_);
    return std::move(uses_);
  }

 private:
  // What says how the weights are named when it is not a flag or variable.
  [[nodiscard]] const ModelSource& weights_source() const {
    static const ModelSource none;
    const auto found = std::find_if(syntax_.models.begin(), syntax_.models.end(),
                                    [](const ModelSource& source) { return source.role == Role::kWeights; });
    return found == syntax_.models.end() ? none : *found;
  }

  // Why something that was not found may be there all the same; "" when it is surely not there.
  [[nodiscard]] std::string why_uncertain() const {
    const Arguments& arguments = given_.arguments();
    if (arguments.config_file) {
      return "the engine's " + syntax_.parser.config_flags->front() + " file is not in the manifest";
    }
    if (arguments.unknown) {
      return arguments.unknown->unknown_reason;
    }
    return given_.flags_may_be_set();
  }

  [[nodiscard]] std::optional<Word> revision_of(const ModelSource& source) const {
    if (source.role == Role::kWeights && !launcher_.revision_ignored.empty()) {
      return std::nullopt;
    }
    std::optional<Word> revision = given_.value(source.revision_flags, source.revision_env);
    if (const std::string reason = given_.may_be_set(source.revision_env, false); !revision && !reason.empty()) {
      revision = Word{"", false, reason, {container_.view.pointer(), 0, 0, false}, false};
    }
    return revision;
  }

  // The weights by a flag, else by position, else by a variable.
  void read_weights() {
    const auto each = [&](const auto& read) {
      return std::any_of(syntax_.models.begin(), syntax_.models.end(),
                         [&](const ModelSource& source) { return source.role == Role::kWeights && read(source); });
    };
    const bool by_flag = each([&](const ModelSource& source) {
      return add_named(source, given_.flag(source.flags)) || add_named(source, preset(source));
    });
    if (by_flag ||
        (launcher_.model == Launcher::Model::kPositional && add_named(weights_source(), positional_model()))) {
      return;
    }
    if (!each([&](const ModelSource& source) { return add_named(source, given_.variable(source.env)); })) {
      add_unnamed();
    }
  }

  [[nodiscard]] std::optional<Word> positional_model() const {
    const Arguments& arguments = given_.arguments();
    if (!arguments.positionals.empty()) {
      return arguments.positionals.front();
    }
    return arguments.absent ? arguments.absent : arguments.swallowed;
  }

  bool add_named(const ModelSource& source, const std::optional<Word>& model) {
    if (!model) {
      return false;
    }
    if (source.list) {
      add_list(source);
    } else {
      add(source, {*model, revision_of(source)});
    }
    return true;
  }

  // What a switch stands for.
  [[nodiscard]] std::optional<Word> preset(const ModelSource& source) const {
    for (const auto& [flag, repo] : source.presets) {
      const auto given = given_.arguments().flags.find(flag);
      if (given != given_.arguments().flags.end()) {
        return Word{repo, true, "", given->second.location, false};
      }
    }
    return std::nullopt;
  }

  // Nobody names the weights.
  void add_unnamed() {
    const ModelSource& source = weights_source();
    std::string uncertain = why_uncertain();
    if (uncertain.empty() && given_.arguments().absent) {
      uncertain = given_.arguments().absent->unknown_reason;
    }
    if (uncertain.empty()) {
      uncertain = given_.may_be_set(source.env, true);
    }
    if (uncertain.empty()) {
      uncertain = launcher_.elsewhere;
    }
    if (uncertain.empty() && default_model_.empty()) {
      return;  // the engine refuses to start
    }
    add(source,
        {Word{default_model_, uncertain.empty(), uncertain, {container_.view["name"].pointer(), 0, 0, false}, false},
         revision_of(source)});
    uses_.back().by_default = true;
  }

  void read_pairs() {
    const std::vector<Word>& words = given_.arguments().positionals;
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
      local_dir_ = words[i + 1];
      add(weights_source(), {words[i], std::nullopt});
    }
  }

  void read_companion(const ModelSource& source) {
    if (source.needs_trust && !(syntax_.trust_remote_code && given_.on(*syntax_.trust_remote_code))) {
      return;
    }
    if (source.list) {
      add_list(source);
      return;
    }
    Named named{given_.value(source.flags, source.env), revision_of(source)};
    if (!source.json_model.empty() && !read_json(source, named)) {
      return;
    }
    if (!named.model) {
      named.model = preset(source);
    }
    if (!named.model && source.repo_of_weights && named.revision && !uses_.front().by_default) {
      named.model = weights_word_;
    }
    if (!named.model || is_method(source, *named.model)) {
      return;
    }
    if (!named.revision && source.revision_of_weights) {
      named.revision = weights_revision_;
    }
    add(source, named);
  }

  static bool is_method(const ModelSource& source, const Word& model) {
    return model.known && base::matches_any_glob(source.not_models, model.text);
  }

  // Replaces the JSON by what it names; false when it names no model. A key that is set by itself (--flag.key) takes
  // the place of the whole JSON (vLLM puts them behind it as one more JSON, utils/argparse_utils.py).
  bool read_json(const ModelSource& source, Named& named) const {
    const Arguments& arguments = given_.arguments();
    for (auto flag = arguments.dotted_order.rbegin(); flag != arguments.dotted_order.rend(); ++flag) {
      if (std::find(source.flags.begin(), source.flags.end(), *flag) == source.flags.end()) {
        continue;
      }
      const std::map<std::string, Word>& keys = arguments.dotted.at(*flag);
      const auto member = [&](const std::string& key) {
        const auto found = keys.find(key);
        return found == keys.end() ? std::nullopt : std::optional(found->second);
      };
      named = {member(source.json_model), member(source.json_revision)};
      return named.model.has_value();
    }
    if (!named.model || !named.model->known) {
      return named.model.has_value();
    }
    const Word json_word = *named.model;
    const base::Result<document::Json> json = document::parse_json(json_word.text, {});
    if (!json) {
      return false;
    }
    const document::View root(*json);
    const auto member = [&](const std::string& key) -> std::optional<Word> {
      const std::optional<std::string> text = root[key].string();
      return text ? std::optional(Word{*text, true, "", json_word.location, false}) : std::nullopt;
    };
    named = {member(source.json_model), member(source.json_revision)};
    return named.model.has_value();
  }

  void add_list(const ModelSource& source) {
    const GivenFlag* flag = given_.arguments().last(source.flags);
    std::vector<Word> words = flag == nullptr ? std::vector<Word>() : flag->words;
    if (const std::optional<Word> variable = given_.variable(source.env); words.empty() && variable) {
      words.push_back(*variable);
    }
    const GivenFlag* revisions = given_.arguments().last(source.revision_flags);
    std::vector<Word> revision_words = revisions == nullptr ? std::vector<Word>() : revisions->words;
    if (const std::optional<Word> variable = given_.variable(source.revision_env); revision_words.empty() && variable) {
      revision_words.push_back(*variable);
    }
    for (ListedModel& model : take_apart(*source.list, words, revision_words)) {
      if (!model.revision && source.revision_of_weights) {
        model.revision = weights_revision_;
      }
      add(source, {std::move(model.model), std::move(model.revision)});
    }
  }

  void add(const ModelSource& source, const Named& named) {
    ModelUse use;
    use.container = container_.name();
    use.container_kind = container_.kind;
    use.engine = command_.engine.name;
    use.verb = launcher_.verb.value_or(command_.engine.verb);
    use.role = source.role == Role::kWeights ? launcher_.role.value_or(Role::kWeights) : source.role;
    use.script_line = command_.line.script_line;
    use.outside = command_.line.submitted;
    use.accelerators = places_.accelerators;
    const bool ignored = source.role == Role::kWeights && !launcher_.revision_ignored.empty();
    use.revision_flag = ignored ? "" : revision_flag_of(source);
    use.cannot_pin = ignored ? launcher_.revision_ignored : source.cannot_pin;
    use.follows_weights = source.revision_of_weights;
    fill(use, source, named);
    if (source.role == Role::kWeights) {
      weights_word_ = named.model;
      weights_revision_ = named.revision;
    }
    uses_.push_back(std::move(use));
  }

  // How this engine is given a revision: "--revision", "--speculative-config.revision".
  [[nodiscard]] std::string revision_flag_of(const ModelSource& source) const {
    if (!source.revision_flags.empty()) {
      return source.revision_flags.front();
    }
    if (!source.revision_env.empty()) {
      return source.revision_env.front();
    }
    if (source.json_revision.empty() || source.flags.empty()) {
      return "";
    }
    return syntax_.parser.dotted.value_or(false) ? source.flags.front() + "." + source.json_revision
                                                 : "\"" + source.json_revision + "\" in " + source.flags.front();
  }

  void fill(ModelUse& use, const ModelSource& source, const Named& named) const {
    const Word& model = *named.model;
    use.source = model.location;
    use.repo_known = model.known;
    use.unknown_reason = model.known ? "" : model.unknown_reason;
    fill_revision(use, named.revision);
    const ModelName name = model.known ? parse_model_name(model.text, syntax_.names, source.path) : ModelName();
    use.repo = name.repo;
    use.local = name.local;
    use.store = name.store;
    if (use.revision_flag.empty() && use.cannot_pin.empty() && !name.local && !syntax_.names.revision_mark.empty() &&
        syntax_.names.revision_reliable && model.known) {
      use.revision_name = syntax_.names.hub_uris.front() + use.repo + syntax_.names.revision_mark + "<commit>";
    }
    if (name.local) {
      use.revision = name.revision;
      use.revision_given = !name.revision.empty();
      use.revision_known = true;
      use.revision_location = std::nullopt;
    } else if (!name.revision.empty()) {
      use.revision = name.revision;
      use.revision_given = true;
      use.revision_known = name.revision_reliable;
      use.revision_location = model.location;
      if (!name.revision_reliable) {
        use.unknown_reason = "whether " + use.engine + " follows the revision in a name cannot be relied on";
      }
    }
    for (const OtherHub& hub : syntax_.names.other_hubs) {
      Setting is_used;
      is_used.env = {hub.env};
      is_used.values = hub.values;
      if (!use.local && given_.on(is_used)) {
        use.local = true;
        use.store = hub.store;
      }
    }
    const std::optional<Word> folder = use.store == "path" ? std::optional(model)
                                       : local_dir_        ? local_dir_
                                                           : given_.flag(syntax_.cache.local_dir_flags);
    const bool moved = !syntax_.cache.flags_of_weights || use.role == Role::kWeights || use.role == Role::kDraft;
    const std::optional<Word> cache_dir = moved ? given_.flag(syntax_.cache.flags) : std::nullopt;
    use.cache = bind_cache(places_, command_.line.environment, absolute(cache_dir), absolute(folder), syntax_);
  }

  std::optional<Word> absolute(std::optional<Word> path) const {
    return path ? std::optional(absolute_path(std::move(*path), command_.line)) : std::nullopt;
  }

  void fill_revision(ModelUse& use, const std::optional<Word>& revision) const {
    if (revision && (!revision->known || !revision->text.empty())) {
      use.revision_given = true;
      use.revision_known = revision->known;
      use.revision = revision->known ? revision->text : "";
      use.revision_location = revision->location;
    }
    const std::string uncertain = revision ? (revision->known ? "" : revision->unknown_reason) : why_uncertain();
    if (!uncertain.empty()) {
      use.revision_known = false;
      if (use.unknown_reason.empty()) {
        use.unknown_reason = uncertain;
      }
    }
  }

  const ContainerPlaces& places_;
  const kube::Container& container_;
  const Command& command_;
  const Launcher& launcher_;
  const CommandSyntax& syntax_;
  const std::string default_model_;
  const GivenValues given_;
  std::optional<Word> local_dir_;
  std::optional<Word> weights_word_;
  std::optional<Word> weights_revision_;
  std::vector<ModelUse> uses_;
};

}  // namespace

std::vector<ModelUse> read_command(const ContainerPlaces& places, const Command& command,
                                   const std::optional<ImageMatch>& image) {
  return CommandReader(places, command, default_model_of(command.engine, command.launcher, image)).read();
}

}  // namespace warmgate::models
