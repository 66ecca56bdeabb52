#include "warmgate/models/reading.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "arguments.h"
#include "warmgate/api/hugging_face.h"
#include "warmgate/document/read.h"
#include "warmgate/kube/workload.h"

namespace warmgate::models {
namespace {

// A path, or a store other than the Hub.
bool is_local(std::string_view model) {
  return model.starts_with('/') || model.starts_with("./") || model.starts_with("../") || model.starts_with('~') ||
         model == "." || model.find("://") != std::string_view::npos;
}

// The commit in ".../models--org--name/snapshots/<commit>": a path into a hub cache is a pin.
std::string commit_in_path(const std::string& path) {
  constexpr std::string_view kSnapshots = "/snapshots/";
  const std::size_t at = path.find(kSnapshots);
  if (at == std::string::npos || path.find("models--") > at) {
    return "";
  }
  const std::size_t begin = at + kSnapshots.size();
  const std::string commit = path.substr(begin, path.find('/', begin) - begin);
  return api::is_commit(commit) ? commit : "";
}

struct Named {
  std::optional<Word> model;
  std::optional<Word> revision;
};

// Reads the uses of one command of one container.
class CommandReader {
 public:
  CommandReader(const ContainerPlaces& places, const Engine& engine, std::string default_model, const CommandLine& line,
                const Launcher& launcher)
      : places_(places),
        container_(places.container),
        engine_(engine),
        default_model_(std::move(default_model)),
        line_(line),
        launcher_(launcher),
        arguments_(parse_arguments(engine, line.words, launcher.argv.size())) {}

  std::vector<ModelUse> read() {
    if (const std::optional<Word> type = arguments_.value(engine_.other_repo_type_flags);
        type && type->text != "model") {
      return {};
    }
    for (const ModelSource& source : engine_.models) {
      if (source.role == Role::kWeights) {
        read_weights(source);
      } else {
        read_companion(source);
      }
    }
    return std::move(uses_);
  }

 private:
  std::optional<Word> from_environment(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      if (const kube::EnvValue* value = line_.environment.find(name)) {
        const bool written = !value->pointer.empty();
        Word word{value->value.value_or(""),
                  value->value.has_value(),
                  name + " comes from " + value->origin,
                  {written ? value->pointer + (value->value ? "/value" : "") : container_.view.pointer(), 0, 0, false}};
        return word;
      }
    }
    return std::nullopt;
  }

  std::optional<Word> given(const std::vector<std::string>& flags, const std::vector<std::string>& env) const {
    const std::optional<Word> flag = arguments_.value(flags);
    return flag ? flag : from_environment(env);
  }

  // Why something that was not found may be there all the same; "" when it is surely not there.
  std::string why_uncertain() const {
    if (arguments_.config_file) {
      return "the engine's " + engine_.config_flags.front() + " file is not in the manifest";
    }
    return arguments_.unknown ? arguments_.unknown->unknown_reason : "";
  }

  ModelUse new_use(const ModelSource& source) const {
    ModelUse use;
    use.revision_flag = source.revision_flags.empty() ? "" : source.revision_flags.front();
    use.container = container_.name();
    use.container_kind = container_.kind;
    use.engine = engine_.name;
    use.verb = engine_.verb;
    use.role = source.role;
    use.script_line = line_.script_line;
    use.accelerators = places_.accelerators;
    return use;
  }

  void read_weights(const ModelSource& source) {
    Named named{given(source.flags, source.env), given(source.revision_flags, source.revision_env)};
    if (!named.model && launcher_.positional_model) {
      named.model = positional_model();
    }
    ModelUse use = new_use(source);
    if (!named.model) {
      std::string uncertain = why_uncertain();
      if (uncertain.empty() && arguments_.absent) {
        uncertain = arguments_.absent->unknown_reason;
      }
      if (uncertain.empty() && default_model_.empty()) {
        return;  // the engine refuses to start
      }
      use.by_default = true;
      named.model =
          Word{default_model_, uncertain.empty(), uncertain, {container_.view["name"].pointer(), 0, 0, false}};
    }
    fill(use, named);
    weights_revision_ = named.revision;
    uses_.push_back(std::move(use));
  }

  std::optional<Word> positional_model() const {
    if (!arguments_.positionals.empty()) {
      return arguments_.positionals.front();
    }
    return arguments_.absent ? arguments_.absent : arguments_.swallowed;
  }

  void read_companion(const ModelSource& source) {
    if (source.named_list) {
      read_list(source);
      return;
    }
    Named named{given(source.flags, source.env), given(source.revision_flags, source.revision_env)};
    if (!named.model) {
      return;
    }
    if (!source.json_model.empty() && !read_json(source, named)) {
      return;
    }
    if (!named.revision && source.revision_of_weights) {
      named.revision = weights_revision_;
    }
    ModelUse use = new_use(source);
    fill(use, named);
    uses_.push_back(std::move(use));
  }

  // Replaces the JSON by what it names; false when it names no model.
  static bool read_json(const ModelSource& source, Named& named) {
    const Word json_word = *named.model;
    const base::Result<document::Json> json = document::parse_json(json_word.text, {});
    if (!json_word.known || !json) {
      return !json_word.known;
    }
    const document::View root(*json);
    const auto member = [&](const std::string& key) -> std::optional<Word> {
      const std::optional<std::string> text = root[key].string();
      return text ? std::optional(Word{*text, true, "", json_word.location}) : std::nullopt;
    };
    named.model = member(source.json_model);
    named.revision = member(source.json_revision);
    return named.model.has_value();
  }

  void read_list(const ModelSource& source) {
    for (const std::string& flag : source.flags) {
      const auto words = arguments_.flags.find(flag);
      if (words == arguments_.flags.end()) {
        continue;
      }
      for (Word word : words->second) {
        const std::size_t equals = word.text.find('=');
        if (word.text.starts_with('{') || word.text.starts_with('[')) {
          continue;
        }
        if (equals != std::string::npos) {
          word.text.erase(0, equals + 1);
          word.location.length = 0;
          word.location.offset = 0;
        }
        ModelUse use = new_use(source);
        fill(use, {std::move(word), std::nullopt});
        uses_.push_back(std::move(use));
      }
    }
  }

  void fill(ModelUse& use, const Named& named) const {
    const Word& model = *named.model;
    use.source = model.location;
    use.repo_known = model.known;
    use.repo = model.known ? model.text : "";
    use.unknown_reason = model.known ? "" : model.unknown_reason;
    fill_revision(use, named.revision);
    if (const std::optional<api::HubUri> uri = api::parse_hub_uri(use.repo)) {
      use.repo = uri->repo;
      if (!uri->revision.empty()) {
        use.revision = uri->revision;
        use.revision_given = true;
        use.revision_location = model.location;
      }
    }
    use.local = is_local(use.repo);
    if (engine_.quantization_suffix && !use.local && use.repo.find('/') < use.repo.find(':')) {
      use.repo.resize(std::min(use.repo.find(':'), use.repo.size()));  // no repository has a colon in its name
    }
    if (use.local) {
      use.revision = commit_in_path(use.repo);
      use.revision_given = !use.revision.empty();
      use.revision_known = true;
    }
    const std::optional<Word> local_path = use.local && use.repo.find("://") == std::string::npos
                                               ? std::optional(model)
                                               : arguments_.value(engine_.local_dir_flags);
    use.cache = bind_cache(places_, line_.environment, arguments_.value(engine_.cache_dir_flags), local_path, engine_);
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
  const Engine& engine_;
  const std::string default_model_;
  const CommandLine& line_;
  const Launcher& launcher_;
  Arguments arguments_;
  std::optional<Word> weights_revision_;
  std::vector<ModelUse> uses_;
};

// An engine's image whose command cannot be read: a use, but an unknown one.
ModelUse unreadable_use(const ContainerPlaces& places, const Engine& engine, const Commands& commands) {
  const kube::Container& container = places.container;
  ModelUse use;
  use.container = container.name();
  use.container_kind = container.kind;
  use.engine = engine.name;
  use.verb = engine.verb;
  use.repo_known = false;
  use.revision_known = false;
  use.unknown_reason = commands.unreadable;
  use.source = commands.unreadable_at;
  use.accelerators = places.accelerators;
  use.cache = bind_cache(places, kube::Environment(container), std::nullopt, std::nullopt, engine);
  if (!use.cache.location.pointer.ends_with("/value")) {
    // Nothing in the manifest decides, so the script may.
    use.cache.known = false;
    use.cache.unknown_reason = commands.unreadable;
  }
  return use;
}

void read_container(const ContainerPlaces& places, const Knowledge& knowledge, std::vector<ModelUse>& uses) {
  const kube::Container& container = places.container;
  const std::optional<ImageMatch> image = knowledge.engines.match_image(container.image());
  const Commands commands = read_commands(container, image);
  const std::size_t before = uses.size();
  for (const CommandLine& line : commands.lines) {
    for (const Engine& engine : knowledge.engines.engines()) {
      if (const Launcher* launcher = match_launcher(engine, line.words)) {
        std::vector<ModelUse> found =
            CommandReader(places, engine, default_model_of(engine, image), line, *launcher).read();
        std::move(found.begin(), found.end(), std::back_inserter(uses));
        break;
      }
    }
  }
  if (uses.size() == before && image && !commands.unreadable.empty()) {
    uses.push_back(unreadable_use(places, *image->engine, commands));
  }
}

}  // namespace

bool ModelUse::pinned() const { return revision_known && api::is_commit(revision); }

base::Result<Knowledge> Knowledge::built_in() {
  base::Result<EngineTable> engines = EngineTable::built_in();
  if (!engines) {
    return engines.error();
  }
  base::Result<Accelerators> accelerators = Accelerators::built_in();
  if (!accelerators) {
    return accelerators.error();
  }
  return Knowledge{std::move(engines).value(), std::move(accelerators).value()};
}

std::vector<TemplateReading> read_workload(const kube::Object& workload, const Knowledge& knowledge) {
  std::vector<TemplateReading> readings;
  for (const kube::PodTemplate& pod : kube::pod_templates(workload)) {
    TemplateReading reading{pod, {}, kube::ContainersByName(pod.spec), kube::VolumesByName(pod)};
    for (const kube::Container& container : kube::containers(pod.spec)) {
      read_container(
          {container, reading.volumes, kube::MountsByPath(container), knowledge.accelerators.requested(container)},
          knowledge, reading.uses);
    }
    readings.push_back(std::move(reading));
  }
  return readings;
}

const std::vector<TemplateReading>& FactReadings::of(const kube::Object& workload) const {
  const document::Json* identity = &workload.document().value();
  auto found = workloads_.find(identity);
  if (found == workloads_.end()) {
    found = workloads_.emplace(identity, Read{workload, read_workload(workload, knowledge_)}).first;
  }
  return found->second.readings;
}

const std::vector<api::ModelCache>& FactReadings::model_caches(const std::string& ns) const {
  auto found = caches_.find(ns);
  if (found == caches_.end()) {
    found = caches_.emplace(ns, api::model_caches(facts_, ns)).first;
  }
  return found->second;
}

}  // namespace warmgate::models
