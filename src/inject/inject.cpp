#include "warmgate/inject/inject.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "obstacles.h"
#include "patch_builder.h"
#include "warmgate/api/model_cache.h"
#include "warmgate/document/pointer.h"

namespace warmgate::inject {
namespace {

using api::ModelCache;
using document::Json;
using models::ModelUse;

bool is_gpu_server(const ModelUse& use) {
  return use.verb == models::Verb::kServe && use.role == models::Role::kWeights && !use.accelerators.empty() &&
         !use.local && use.repo_known && !use.by_default && !use.by_field &&
         use.container_kind != kube::ContainerKind::kEphemeral;
}

bool can_inject_revision(const ModelUse& use, const models::Engine& engine) {
  return !use.revision_given && use.revision_known && use.script_line.empty() && !engine.inject_revision_flag.empty();
}

class Injector {
 public:
  Injector(const kube::Object& object, const models::Knowledge& knowledge, std::vector<ModelCache> caches)
      : knowledge_(knowledge), caches_(std::move(caches)), builder_(object.document().value()) {}

  void inject(const models::TemplateReading& reading) {
    provenance_.clear();
    claims_.clear();
    mounted_.clear();
    for (const ModelUse& use : reading.uses) {
      const kube::Container* container = is_gpu_server(use) ? reading.containers.find(use.container) : nullptr;
      if (container == nullptr) {
        continue;
      }
      const Choice choice = choose_cache(caches_, use);
      if (choice.cache) {
        inject_container(reading, *container, use, *choice.cache);
      } else if (choice.obstacle) {
        note_obstacle(*choice.obstacle);
      }
    }
    annotate(reading.pod);
  }

  Injection result() && {
    Injection out;
    out.supplied = std::move(supplied_);
    out.obstacles = std::move(obstacles_);
    out.patch = std::make_shared<const Json>(builder_.patch());
    out.patched = std::make_shared<const Json>(builder_.object());
    return out;
  }

 private:
  void inject_container(const models::TemplateReading& reading, const kube::Container& container, const ModelUse& use,
                        const ModelCache& cache) {
    const bool has_claim = use.cache.on_claim() && use.cache.volume->claim == cache.claim;
    if (!has_claim) {
      if (const std::optional<Obstacle> obstacle = find_obstacle(reading.volumes, container, use, cache)) {
        note_obstacle(*obstacle);
        return;
      }
    }
    const std::size_t before = builder_.patch().size();
    if (!has_claim) {
      const auto [mounted, first] = mounted_.emplace(use.container, cache);
      if (!first && (mounted->second.claim != cache.claim || mounted->second.mount_path != cache.mount_path)) {
        note_obstacle(second_cache(container, use, cache, mounted->second));
        return;
      }
      if (first) {
        add_mount(reading.pod, container, cache);
        add_environment(container, use, cache);
      }
    }
    const auto engine = std::find_if(knowledge_.engines.engines().begin(), knowledge_.engines.engines().end(),
                                     [&](const models::Engine& known) { return known.name == use.engine; });
    if (engine != knowledge_.engines.engines().end() && can_inject_revision(use, *engine)) {
      add_revision(container, engine->inject_revision_flag, cache.revision);
    } else if (!use.pinned()) {
      // The rules say what keeps this Pod from being pinned; a note of where its weights come from would be untrue.
      note_supplied(before, use, cache);
      return;
    }
    provenance_ += (provenance_.empty() ? "" : ",") + use.container + "=" + use.repo + "@" + cache.revision;
    claims_ += (claims_.empty() ? "" : ",") + use.container + "=" + cache.claim;
    note_supplied(before, use, cache);
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

  void add_mount(const kube::PodTemplate& pod, const kube::Container& container, const ModelCache& cache) {
    builder_.append(container.view.pointer() + "/volumeMounts",
                    {{"name", volume_for(pod, cache)}, {"mountPath", cache.mount_path}, {"readOnly", true}});
  }

  // The Pod's volume for the claim: one that is there, else a new one under a free name.
  std::string volume_for(const kube::PodTemplate& pod, const ModelCache& cache) {
    const document::View spec(*document::resolve(builder_.object(), pod.spec.pointer()), pod.spec.pointer());
    const kube::PodTemplate current{pod.metadata, spec, pod.claim_templates};
    std::vector<std::string> taken;
    for (const kube::Volume& volume : kube::volumes(current)) {
      if (volume.type == kube::VolumeType::kClaim && volume.claim == cache.claim) {
        return volume.name;
      }
      taken.push_back(volume.name);
    }
    std::string name = "warmgate-cache";
    for (int number = 2; std::find(taken.begin(), taken.end(), name) != taken.end(); ++number) {
      name = "warmgate-cache-" + std::to_string(number);
    }
    builder_.append(pod.spec.pointer() + "/volumes",
                    {{"name", name}, {"persistentVolumeClaim", {{"claimName", cache.claim}, {"readOnly", true}}}});
    return name;
  }

  void add_environment(const kube::Container& container, const ModelUse& use, const ModelCache& cache) {
    const std::string env = container.view.pointer() + "/env";
    if (use.cache.home != cache.mount_path || use.cache.decided_by != "HF_HOME") {
      builder_.append(env, {{"name", "HF_HOME"}, {"value", cache.mount_path}});
    }
    // A variable of the image that outranks HF_HOME (huggingface_hub constants.py:177) is outranked in turn.
    if (use.cache.decided_by.ends_with("HUGGINGFACE_HUB_CACHE") || use.cache.decided_by.ends_with("HF_HUB_CACHE")) {
      builder_.append(env, {{"name", "HF_HUB_CACHE"}, {"value", cache.mount_path + "/hub"}});
    }
  }

  void add_revision(const kube::Container& container, const std::string& flag, const std::string& revision) {
    const bool in_command = container.view["args"].size() == 0 && container.view["command"].size() > 0;
    const std::string list = container.view.pointer() + (in_command ? "/command" : "/args");
    builder_.append(list, flag);
    builder_.append(list, revision);
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
  std::vector<ModelCache> caches_;
  PatchBuilder builder_;
  std::vector<Supplied> supplied_;
  std::vector<Obstacle> obstacles_;
  std::set<std::pair<std::string, std::string>> noted_;  // container and repository of each obstacle
  std::map<std::string, ModelCache> mounted_;            // by container: what this patch mounts
  std::string provenance_;
  std::string claims_;
};

}  // namespace

bool Injection::empty() const { return patch == nullptr || patch->empty(); }

Injection plan_injection(const kube::Object& object, const std::vector<models::TemplateReading>& readings,
                         const kube::ClusterFacts& facts, const models::Knowledge& knowledge) {
  Injector injector(object, knowledge, api::model_caches(facts, object.key().ns));
  for (const models::TemplateReading& reading : readings) {
    injector.inject(reading);
  }
  return std::move(injector).result();
}

}  // namespace warmgate::inject
