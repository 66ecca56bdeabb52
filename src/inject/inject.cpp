#include "warmgate/inject/inject.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "companions.h"
#include "container_patch.h"
#include "holding.h"
#include "obstacles.h"
#include "patch_builder.h"
#include "settings.h"
#include "warmgate/api/model_cache.h"

namespace warmgate::inject {
namespace {

using api::ModelCache;
using document::Json;
using models::ModelUse;

// Why a container that finds models through refs/ does not find this one there, a clause; "" when it does, or will once
// the download that the ModelCache begins with has ended.
std::string lack_of_refs(const ModelUse& use, const ModelCache& cache) {
  if (use.needs_refs.empty() || cache.refs.value_or(!cache.ready)) {
    return "";
  }
  const std::string none = cache.refs ? "the download that ModelCache/" + cache.name + " has adopted writes none"
                                      : "the status of ModelCache/" + cache.name + " does not tell that there are any";
  return use.needs_refs + ", and " + none;
}

// Why the engine gets nothing from a ModelCache, a clause; "" when it does.
std::string reason_to_leave_alone(const models::Engine* engine, const ModelUse& use, const ModelCache& cache) {
  if (engine != nullptr && !engine->inject.never.empty()) {
    return engine->inject.never;
  }
  if (use.cache.local_dir) {
    return "";
  }
  return use.pinned() || use.cannot_pin.empty() ? lack_of_refs(use, cache) : use.cannot_pin;
}

using Uses = std::vector<const ModelUse*>;

class Injector {
 public:
  Injector(const kube::Object& object, const models::Knowledge& knowledge, const kube::ClusterFacts& facts,
           const Options& options)
      : knowledge_(knowledge),
        facts_(facts),
        caches_(api::model_caches(facts, object.key().ns)),
        options_(options),
        builder_(object.document().value()) {
    // What is on its way out is for those who have it.
    std::erase_if(caches_, [](const ModelCache& cache) { return cache.deleting; });
  }

  void inject(const models::TemplateReading& reading) {
    provenance_.clear();
    claims_.clear();
    mounted_.clear();
    holding_ = {};
    std::map<std::string_view, Uses> by_container;
    for (const ModelUse& use : reading.uses) {
      by_container[use.container].push_back(&use);
    }
    for (const ModelUse& use : reading.uses) {
      if (const ModelCache* cache = use.outside ? nullptr : served_by_path(use, reading, caches_)) {
        holding_.add(*cache);
      }
      const kube::Container* container = is_gpu_server(use) ? reading.containers.find(use.container) : nullptr;
      if (container == nullptr) {
        continue;
      }
      const Choice choice = choose_cache(caches_, use);
      if (choice.cache) {
        inject_use({reading, *container, use, by_container[use.container], *choice.cache});
      } else if (choice.obstacle) {
        note_obstacle(*choice.obstacle);
      }
    }
    annotate(reading.pod);
    std::optional<Hold> hold = options_.gates ? holding_.apply(builder_, reading.pod, facts_) : std::nullopt;
    if (hold) {
      holds_.push_back(*std::move(hold));
    }
  }

  // Gives engines a folder for what they write beside the cache that they have, by this patch or by their author.
  // `reading` is of the patched object.
  void move_writes(const models::TemplateReading& reading) {
    for (const ModelUse& use : reading.uses) {
      const kube::Container* container = is_gpu_server(use) ? reading.containers.find(use.container) : nullptr;
      if (container == nullptr || !use.cache.on_claim() || !is_model_cache_claim(use.cache.volume->claim)) {
        continue;
      }
      ContainerPatch patch(builder_, reading.pod, *container);
      for (const models::WrittenPlace& place : use.writes) {
        if (!place.variable.empty() && place.mount && place.mount->read_only &&
            moved_.emplace(use.container, place.variable).second) {
          patch.set_variable(place.variable, patch.scratch() + "/" + place.path.substr(place.path.rfind('/') + 1));
        }
      }
    }
  }

  [[nodiscard]] const Json& patched() const { return builder_.object(); }

  Injection result() && {
    Injection out;
    out.supplied = std::move(supplied_);
    out.obstacles = std::move(obstacles_);
    out.holds = std::move(holds_);
    out.patch = std::make_shared<const Json>(builder_.patch());
    out.patched = std::make_shared<const Json>(builder_.object());
    return out;
  }

 private:
  // A server and the ModelCache of its weights.
  struct Server {
    const models::TemplateReading& reading;
    const kube::Container& container;
    const ModelUse& use;
    const Uses& uses;  // of the container
    const ModelCache& cache;
  };

  [[nodiscard]] bool is_model_cache_claim(const std::string& claim) const {
    return std::any_of(caches_.begin(), caches_.end(), [&](const ModelCache& cache) { return cache.claim == claim; });
  }

  void inject_use(const Server& server) {
    const ModelUse& use = server.use;
    const ModelCache& cache = server.cache;
    const bool has_claim = use.cache.on_claim() && use.cache.volume->claim == cache.claim;
    if (has_claim) {
      holding_.add(cache);  // whatever is missing besides: the files are what it reads
    }
    const models::Engine* engine = knowledge_.engines.find(use.engine);
    const std::string why_not = reason_to_leave_alone(engine, use, cache);
    if (!why_not.empty()) {
      note_obstacle(left_alone(use, cache, why_not, engine == nullptr ? "" : engine->inject.by_path));
      return;
    }
    const std::optional<RevisionSetting> setting =
        engine == nullptr ? std::nullopt : revision_setting(*engine, server.container, use);
    const CompanionPlan companions = plan_companions(server.uses, use, cache, caches_, setting.has_value());
    std::optional<Obstacle> obstacle = companions.obstacle;
    if (!has_claim && !obstacle) {
      obstacle = find_obstacle(server.reading.volumes, server.container, use, cache);
    }
    if (obstacle) {
      note_obstacle(*obstacle);
      return;
    }
    const std::size_t before = builder_.patch().size();
    ContainerPatch patch(builder_, server.reading.pod, server.container);
    if (!has_claim && !mount(server, patch)) {
      return;
    }
    holding_.add(cache);
    if (setting) {
      set_revision(patch, *setting, cache.revision);
    } else if (!use.pinned()) {
      // The rules say what keeps this Pod from being pinned; a note of where its weights come from would be untrue.
      note_supplied(before, use, cache);
      return;
    }
    note_provenance(use.container, use.repo, cache.revision);
    claims_ += (claims_.empty() ? "" : ",") + use.container + "=" + cache.claim;
    for (const CompanionPin& pin : companions.pins) {
      if (!pin.flag.empty()) {
        patch.append_flag(pin.flag, pin.cache.revision);
      }
      holding_.add(pin.cache);
      note_provenance(use.container, pin.use->repo, pin.cache.revision);
    }
    if (options_.offline && engine != nullptr && all_on_claim(server.uses, use, cache, companions.pins)) {
      go_offline(*engine, server.container, use, patch);
    }
    note_supplied(before, use, cache);
  }

  // False when the container has the cache of another model at that place.
  bool mount(const Server& server, ContainerPatch& patch) {
    const auto [mounted, first] = mounted_.emplace(server.use.container, server.cache);
    if (!first &&
        (mounted->second.claim != server.cache.claim || mounted->second.mount_path != server.cache.mount_path)) {
      note_obstacle(second_cache(server.container, server.use, server.cache, mounted->second));
      return false;
    }
    if (first) {
      patch.mount(server.cache);
      point_to(server.cache, server.use, patch);
    }
    return true;
  }

  void note_obstacle(const Obstacle& obstacle) {
    if (noted_.emplace(obstacle.container, obstacle.repo).second) {
      obstacles_.push_back(obstacle);
    }
  }

  void note_supplied(std::size_t before, const ModelUse& use, const ModelCache& cache) {
    if (builder_.patch().size() > before) {
      supplied_.push_back({use.container, use.repo, cache.name, cache.claim, cache.revision});
    }
  }

  void note_provenance(const std::string& container, const std::string& repo, const std::string& revision) {
    provenance_ += (provenance_.empty() ? "" : ",") + container + "=" + repo + "@" + revision;
  }

  void annotate(const kube::PodTemplate& pod) {
    if (provenance_.empty()) {
      return;
    }
    const std::string metadata = pod.metadata.pointer();
    if (!pod.metadata.is_object()) {
      builder_.set_member(metadata.substr(0, metadata.rfind('/')), "metadata", Json::object());
    }
    const std::string annotations = metadata + "/annotations";
    builder_.set_member(annotations, std::string(kModelsAnnotation), provenance_);
    builder_.set_member(annotations, std::string(kClaimsAnnotation), claims_);
  }

  const models::Knowledge& knowledge_;
  const kube::ClusterFacts& facts_;
  std::vector<ModelCache> caches_;
  Options options_;
  PatchBuilder builder_;
  std::vector<Supplied> supplied_;
  std::vector<Obstacle> obstacles_;
  std::set<std::pair<std::string, std::string>> noted_;  // container and repository of each obstacle
  std::set<std::pair<std::string, std::string>> moved_;  // container and variable
  std::map<std::string, ModelCache> mounted_;            // by container: what this patch mounts
  Holding holding_;
  std::vector<Hold> holds_;
  std::string provenance_;
  std::string claims_;
};

// Whether `place` may be on a read-only mount once the cache is mounted: it is on one already, or moves with HF_HOME,
// of which the hub cache tells where it is. Others stay where they are, and most engines write only there.
bool may_become_read_only(const models::WrittenPlace& place, const ModelUse& use) {
  if (place.variable.empty()) {
    return false;
  }
  const std::string home = use.cache.path.substr(0, use.cache.path.rfind('/'));
  return place.path.empty() || home.empty() || kube::path_within(place.path, home) ||
         (place.mount && place.mount->read_only);
}

bool may_need_scratch(const std::vector<models::TemplateReading>& readings) {
  return std::any_of(readings.begin(), readings.end(), [](const models::TemplateReading& reading) {
    return std::any_of(reading.uses.begin(), reading.uses.end(), [](const ModelUse& use) {
      return is_gpu_server(use) && std::any_of(use.writes.begin(), use.writes.end(),
                                               [&](const auto& place) { return may_become_read_only(place, use); });
    });
  });
}

}  // namespace

bool is_gpu_server(const ModelUse& use) {
  return use.verb == models::Verb::kServe && use.role == models::Role::kWeights && !use.accelerators.empty() &&
         !use.local && use.repo_known && !use.by_default && !use.by_field && !use.outside &&
         use.container_kind != kube::ContainerKind::kEphemeral;
}

bool Injection::empty() const { return patch == nullptr || patch->empty(); }

Injection plan_injection(const kube::Object& object, const std::vector<models::TemplateReading>& readings,
                         const kube::ClusterFacts& facts, const models::Knowledge& knowledge, const Options& options) {
  Injector injector(object, knowledge, facts, options);
  for (const models::TemplateReading& reading : readings) {
    injector.inject(reading);
  }
  if (may_need_scratch(readings)) {
    const kube::Object patched(document::Document(Json(injector.patched())), object.key().ns);
    for (const models::TemplateReading& reading : models::read_workload(patched, knowledge)) {
      injector.move_writes(reading);
    }
  }
  return std::move(injector).result();
}

}  // namespace warmgate::inject
