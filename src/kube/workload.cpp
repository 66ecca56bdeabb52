#include "warmgate/kube/workload.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "warmgate/kube/facts.h"
#include "warmgate/kube/selector.h"

namespace warmgate::kube {
namespace {

enum class Scale { kSingle, kReplicas, kEveryNode, kParallelism };

struct WorkloadKind {
  std::string_view group;
  std::string_view kind;
  std::string_view template_path;  // members from the root, separated by dots; "" for the object itself
  std::string_view spec_path;      // where replicas or parallelism stand
  Scale scale;
};

constexpr std::array<WorkloadKind, 8> kKinds = {{
    {"", "Pod", "", "", Scale::kSingle},
    {"apps", "Deployment", "spec.template", "spec", Scale::kReplicas},
    {"apps", "StatefulSet", "spec.template", "spec", Scale::kReplicas},
    {"apps", "DaemonSet", "spec.template", "spec", Scale::kEveryNode},
    {"apps", "ReplicaSet", "spec.template", "spec", Scale::kReplicas},
    {"", "ReplicationController", "spec.template", "spec", Scale::kReplicas},
    {"batch", "Job", "spec.template", "spec", Scale::kParallelism},
    {"batch", "CronJob", "spec.jobTemplate.spec.template", "spec.jobTemplate.spec", Scale::kParallelism},
}};

const WorkloadKind* kind_of(const Object& object) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const WorkloadKind& kind) { return object.is(kind.group, kind.kind); });
  return found == kKinds.end() ? nullptr : found;
}

View walk(View view, std::string_view path) {
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    view = view[path.substr(0, dot)];
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return view;
}

ReplicaRange own_replicas(const Object& object, const WorkloadKind& kind) {
  ReplicaRange range;
  const View spec = walk(object.root(), kind.spec_path);
  switch (kind.scale) {
    case Scale::kSingle:
      break;
    case Scale::kEveryNode:
      range.max = std::nullopt;
      break;
    case Scale::kReplicas:
      if (const std::optional<std::int64_t> replicas = spec["replicas"].integer()) {
        range = {*replicas, *replicas, spec["replicas"].pointer(), ""};
      }
      break;
    case Scale::kParallelism: {
      const std::int64_t parallelism = spec["parallelism"].integer().value_or(1);
      const std::optional<std::int64_t> completions = spec["completions"].integer();
      if (completions && *completions < parallelism) {
        // Never more Pods at once than completions are wanted.
        range = {*completions, *completions, spec["completions"].pointer(), ""};
      } else if (spec["parallelism"].integer()) {
        range = {parallelism, parallelism, spec["parallelism"].pointer(), ""};
      }
      break;
    }
  }
  return range;
}

// A controller that makes its Pods through another one, whose names tell whose they are: "vllm-7d9f8b6c5d" is a
// ReplicaSet of the Deployment vllm, "fetch-28395840" a Job of the CronJob fetch.
struct Chain {
  std::string_view group;
  std::string_view manager;
  std::string_view between;
};
constexpr std::array<Chain, 2> kChains = {{{"apps", "Deployment", "ReplicaSet"}, {"batch", "CronJob", "Job"}}};

bool is_name_of_child(std::string_view name, std::string_view parent) {
  return name.size() > parent.size() + 1 && name.starts_with(parent) && name[parent.size()] == '-' &&
         name.find('-', parent.size() + 1) == std::string_view::npos;
}

// `manager` would create `managed`: its controller reference says so, or names the controller between them.
bool manages(const Object& manager, const Object& managed) {
  const ObjectKey& key = manager.key();
  const std::optional<ControllerRef> owner = managed.controller();
  if (!owner || key.name.empty() || !same_namespace(key.ns, managed.key().ns)) {
    return false;
  }
  if (*owner == ControllerRef{key.group, key.kind, key.name}) {
    return true;
  }
  const bool through = std::any_of(kChains.begin(), kChains.end(), [&](const Chain& chain) {
    return manager.is(chain.group, chain.manager) && owner->group == chain.group && owner->kind == chain.between;
  });
  const View selector = manager.root()["spec"]["selector"];
  return through && managed.is("", "Pod") && is_name_of_child(owner->name, key.name) &&
         (!selector || selector_matches(selector, managed.labels()));
}

// The controller, and the Deployment behind a ReplicaSet: the Pods of a Deployment carry the last part of their
// ReplicaSet's name as label (k8s.io/kubernetes pkg/controller/deployment/sync.go, getNewReplicaSet).
std::optional<ControllerRef> manager_of(const Object& object) {
  std::optional<ControllerRef> owner = object.controller();
  if (owner && owner->group == "apps" && owner->kind == "ReplicaSet") {
    const std::string end = "-" + object.root()["metadata"]["labels"]["pod-template-hash"].text();
    if (end.size() > 1 && owner->name.size() > end.size() && owner->name.ends_with(end)) {
      return ControllerRef{"apps", "Deployment", owner->name.substr(0, owner->name.size() - end.size())};
    }
  }
  return owner;
}

// Two Pods of one controller, two ReplicaSets of one Deployment, or a Pod of another ReplicaSet of it: a rollout.
bool siblings(const Object& a, const Object& b) {
  const std::optional<ControllerRef> manager = manager_of(a);
  return manager && !manager->name.empty() && manager == manager_of(b) && same_namespace(a.key().ns, b.key().ns);
}

}  // namespace

bool is_workload(const Object& object) { return kind_of(object) != nullptr; }

std::vector<std::string> workload_kinds() {
  std::vector<std::string> names;
  names.reserve(kKinds.size());
  for (const WorkloadKind& kind : kKinds) {
    names.emplace_back(kind.kind);
  }
  return names;
}

std::vector<PodTemplate> pod_templates(const Object& object) {
  const WorkloadKind* kind = kind_of(object);
  if (kind == nullptr) {
    return {};
  }
  const View pod = walk(object.root(), kind->template_path);
  if (!pod["spec"].is_object()) {
    return {};
  }
  View claim_templates;
  if (object.is("apps", "StatefulSet")) {
    claim_templates = object.root()["spec"]["volumeClaimTemplates"];
  }
  return {{pod["metadata"], pod["spec"], claim_templates}};
}

ReplicaRange replicas(const Object& object, const ClusterFacts& facts) {
  const WorkloadKind* kind = kind_of(object);
  if (kind == nullptr) {
    return {};
  }
  ReplicaRange range = own_replicas(object, *kind);
  if (kind->scale != Scale::kReplicas) {
    return range;  // the other kinds have no scale subresource
  }
  for (const Object& autoscaler : facts.autoscalers_of(object.key())) {
    const View spec = autoscaler.root()["spec"];
    if (const std::optional<std::int64_t> most = spec["maxReplicas"].integer(); most && *most > *range.max) {
      range.max = *most;
      range.autoscaler = autoscaler.display_name();
      range.pointer = "";
    }
    range.min = std::min(range.min, spec["minReplicas"].integer().value_or(1));
  }
  return range;
}

ObjectKey scale_target(const Object& autoscaler) {
  const View reference = autoscaler.root()["spec"]["scaleTargetRef"];
  return {group_of(reference["apiVersion"].text()), reference["kind"].text(), autoscaler.key().ns,
          reference["name"].text()};
}

bool scales(const Object& autoscaler, const ObjectKey& target) {
  ObjectKey scaled = scale_target(autoscaler);
  if (!autoscaler.root()["spec"]["scaleTargetRef"]["apiVersion"]) {
    scaled.group = target.group;
  }
  return same_object(scaled, target);
}

std::vector<std::string> claims_of(const Object& object) {
  std::vector<std::string> claims;
  std::set<std::string> known;
  for (const PodTemplate& pod : pod_templates(object)) {
    for (const Volume& volume : volumes(pod)) {
      if (volume.type == VolumeType::kClaim && !volume.claim.empty() && known.insert(volume.claim).second) {
        claims.push_back(volume.claim);
      }
    }
  }
  return claims;
}

bool same_workload(const Object& object, const Object& other) {
  return same_object(object.key(), other.key()) || manages(object, other) || manages(other, object) ||
         siblings(object, other);
}

bool runs_to_completion(const Object& object) {
  if (object.is("batch", "Job") || object.is("batch", "CronJob")) {
    return true;
  }
  const std::string policy = object.root()["spec"]["restartPolicy"].text();
  return object.is("", "Pod") && (policy == "Never" || policy == "OnFailure");
}

}  // namespace warmgate::kube
