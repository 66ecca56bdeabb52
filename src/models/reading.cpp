#include "warmgate/models/reading.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "arguments.h"
#include "command_reader.h"
#include "device_claims.h"
#include "field_reading.h"
#include "warmgate/api/hugging_face.h"
#include "warmgate/document/embedded.h"
#include "warmgate/kube/pod_config.h"
#include "warmgate/kube/workload.h"

namespace warmgate::models {
namespace {

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
  use.cache = bind_cache(places, kube::Environment(container), std::nullopt, std::nullopt, engine.syntax);
  if (!use.cache.by_variable()) {
    // Nothing in the manifest decides, so the script may.
    use.cache.known = false;
    use.cache.unknown_reason = commands.unreadable;
  }
  return use;
}

// The launcher that a command begins with: the one with the most words, in doubt one of the image's own engine.
std::optional<Command> find_launcher(const CommandLine& line, const Knowledge& knowledge,
                                     const std::optional<ImageMatch>& image) {
  std::optional<Command> best;
  for (const Engine& engine : knowledge.engines.engines()) {
    const LauncherMatch match = match_launcher(engine, line.words, image);
    if (match.launcher == nullptr) {
      continue;
    }
    const bool own = image && image->engine == &engine;
    const std::size_t known = best ? best->launcher.argv.size() : 0;
    if (match.launcher->argv.size() > known || (own && match.launcher->argv.size() == known)) {
      best.emplace(Command{line, engine, *match.launcher, match.words});
    }
  }
  return best;
}

// "/scripts/start.sh", "python serve.py": a program of the author's own, which is not in the manifest.
std::optional<Word> script_file(const Commands& commands) {
  for (const CommandLine& line : commands.lines) {
    const bool python = line.words.front().text == "python";
    const Word& program = python && line.words.size() > 1 ? line.words[1] : line.words.front();
    const bool script = program.text.ends_with(".sh") || (python && program.text.ends_with(".py"));
    if (program.known && script) {
      return program;
    }
  }
  return std::nullopt;
}

// An engine's image that loads something which nobody can read.
void note_unreadable(const ContainerPlaces& places, const Engine& engine, Commands commands,
                     std::vector<ModelUse>& uses) {
  if (const std::optional<Word> script = script_file(commands); script && commands.unreadable.empty()) {
    commands.unreadable = "it runs " + script->text + ", which is not in the manifest";
    commands.unreadable_at = script->location;
  }
  if (!commands.unreadable.empty()) {
    uses.push_back(unreadable_use(places, engine, commands));
  }
}

// The image tells, or what the kind of object says that it runs.
std::optional<ImageMatch> image_of(const kube::Container& container, const EngineTable& engines) {
  std::optional<ImageMatch> image = engines.match_image(container.image());
  if (image || !container.extras || container.extras->engine.empty()) {
    return image;
  }
  const auto found = std::find_if(engines.engines().begin(), engines.engines().end(),
                                  [&](const Engine& engine) { return engine.name == container.extras->engine; });
  return found == engines.engines().end() ? std::nullopt : std::optional(ImageMatch{&*found, {}, "", ""});
}

// Where the controller adds commands, variables and mounts, what is not written is not known.
void forget_defaults(const std::string& hidden, std::size_t from, std::vector<ModelUse>& uses) {
  const auto begin = uses.begin() + static_cast<std::ptrdiff_t>(from);
  uses.erase(std::remove_if(begin, uses.end(), [](const ModelUse& use) { return use.by_default && use.repo_known; }),
             uses.end());
  for (std::size_t i = from; i < uses.size(); ++i) {
    CacheBinding& cache = uses[i].cache;
    if (cache.known && !cache.mount) {
      cache.known = false;
      cache.unknown_reason = "HF_HOME may come from " + hidden;
    }
  }
}

// Which Pod runs it is not known.
void forget_places(const std::string& moved, std::vector<ModelUse>& uses) {
  for (ModelUse& use : uses) {
    use.accelerators.clear();
    use.cache.known = false;
    use.cache.unknown_reason = moved + " may let another Pod run it";
    use.cache.mount.reset();
    use.cache.volume.reset();
  }
}

void read_container(const ContainerPlaces& places, const Knowledge& knowledge, std::vector<ModelUse>& uses) {
  const kube::Container& container = places.container;
  const std::optional<ImageMatch> image = image_of(container, knowledge.engines);
  Commands commands = read_commands(container, image);
  const std::size_t before = uses.size();
  bool known = false;  // a command is the engine's, one that loads nothing included
  for (const CommandLine& line : commands.lines) {
    if (const std::optional<Command> command = find_launcher(line, knowledge, image)) {
      known = true;
      std::vector<ModelUse> found = read_command(places, *command, image);
      if (!line.moved.empty()) {
        forget_places(line.moved, found);
      }
      std::move(found.begin(), found.end(), std::back_inserter(uses));
    }
  }
  if (uses.size() == before && image && !known) {
    note_unreadable(places, *image->engine, std::move(commands), uses);
  }
  if (!container.hidden().empty()) {
    forget_defaults(container.hidden(), before, uses);
  }
}

TemplateReading read_template(const kube::PodTemplate& pod, const DeviceClaims& devices, const Knowledge& knowledge) {
  TemplateReading reading{pod, {}, kube::ContainersByName(pod), kube::VolumesByName(pod)};
  for (const kube::Container& container : kube::containers(pod)) {
    std::map<std::string, std::int64_t> accelerators = knowledge.accelerators.requested(container);
    devices.add_requested(container, accelerators);
    read_container({container, reading.volumes, kube::MountsByPath(container), std::move(accelerators)}, knowledge,
                   reading.uses);
  }
  return reading;
}

// What only ConfigMaps tell: `alone` is the reading without them.
void note_outside(const TemplateReading& alone, TemplateReading& reading) {
  using Seen = std::tuple<std::string, Role, std::string, bool, std::string, std::string>;
  const auto seen_of = [](const ModelUse& use) {
    return Seen{use.container, use.role, use.repo, use.revision_known, use.revision, use.cache.path};
  };
  std::set<Seen> seen;
  for (const ModelUse& use : alone.uses) {
    seen.insert(seen_of(use));
  }
  for (ModelUse& use : reading.uses) {
    use.outside = use.outside || !seen.contains(seen_of(use));
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
  base::Result<kube::StorageFacts> storage = kube::StorageFacts::built_in();
  if (!storage) {
    return storage.error();
  }
  Knowledge knowledge{std::move(engines).value(), std::move(accelerators).value(), std::move(storage).value(), {}, {}};
  const base::Result<std::vector<document::Document>> documents = document::embedded_documents("policies/kinds/");
  if (!documents) {
    return documents.error();
  }
  for (const document::Document& document : *documents) {
    if (const base::Status added = knowledge.add_kinds(document); !added) {
      return added.error();
    }
  }
  return knowledge;
}

base::Status Knowledge::add(const document::Document& document) {
  const bool is_storage = document::View(document.value())["kind"].text() == "StorageFacts";
  return is_storage ? storage.add(document) : engines.add(document);
}

base::Status Knowledge::add_kinds(const document::Document& document) {
  const base::Status added = kinds.add(document);
  return added ? model_fields.add(document) : added;
}

std::vector<TemplateReading> read_workload(const kube::Object& workload, const Knowledge& knowledge,
                                           const kube::ClusterFacts& facts) {
  std::vector<TemplateReading> readings;
  for (kube::PodTemplate& pod : knowledge.kinds.pod_templates(workload)) {
    const DeviceClaims devices(knowledge.accelerators, pod, workload.key().ns, facts);
    pod.config = kube::PodConfig::of(pod, workload.key().ns, facts);
    TemplateReading reading = read_template(pod, devices, knowledge);
    if (pod.config) {
      pod.config = nullptr;
      note_outside(read_template(pod, devices, knowledge), reading);
    }
    readings.push_back(std::move(reading));
  }
  read_model_fields(workload, knowledge, readings);
  return readings;
}

std::vector<TemplateReading> read_workload(const kube::Object& workload, const Knowledge& knowledge) {
  return read_workload(workload, knowledge, kube::BundleFacts({}, false, knowledge.kinds));
}

const std::vector<TemplateReading>& FactReadings::of(const kube::Object& workload) const {
  const document::Json* identity = &workload.document().value();
  auto found = workloads_.find(identity);
  if (found == workloads_.end()) {
    found = workloads_.emplace(identity, Read{workload, read_workload(workload, knowledge_, facts_)}).first;
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
