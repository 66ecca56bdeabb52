#include "warmgate/kube/workload.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "warmgate/kube/facts.h"
#include "warmgate/kube/selector.h"

namespace warmgate::kube {
namespace {

// int32 in every API (k8s.io/api autoscaling/v2 types.go).
constexpr std::int64_t kMostReplicas = 0x7fffffff;

// A controller that makes its Pods through another one, whose names tell whose they are: "vllm-7d9f8b6c5d" is a
// ReplicaSet of the Deployment vllm, "fetch-28395840" a Job of the CronJob fetch.
struct Chain {
  std::string_view group;
  std::string_view manager;
  std::string_view group_between;
  std::string_view between;
};
constexpr std::array<Chain, 3> kChains = {{{"apps", "Deployment", "apps", "ReplicaSet"},
                                           {"argoproj.io", "Rollout", "apps", "ReplicaSet"},
                                           {"batch", "CronJob", "batch", "Job"}}};

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
    return manager.is(chain.group, chain.manager) && owner->group == chain.group_between &&
           owner->kind == chain.between;
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

bool is_autoscaler(const Object& object) {
  return object.is("autoscaling", "HorizontalPodAutoscaler") || object.is("keda.sh", "ScaledObject");
}

AutoscalerLimits limits_of(const Object& autoscaler) {
  const View spec = autoscaler.root()["spec"];
  if (autoscaler.is("keda.sh", "ScaledObject")) {
    // kedacore/keda apis/keda/v1alpha1/scaledobject_types.go: 0 to 100 where nothing else is said.
    constexpr std::int64_t kDefaultMax = 100;
    const View most = spec["maxReplicaCount"];
    return {spec["minReplicaCount"].integer().value_or(0), most ? most.integer() : kDefaultMax, "maxReplicaCount"};
  }
  return {spec["minReplicas"].integer().value_or(1), spec["maxReplicas"].integer(), "maxReplicas"};
}

namespace {

// The workload's own Pods, with what scales it.
ReplicaRange scaled(const Object& object, const PodCount& count, const ClusterFacts& facts) {
  ReplicaRange range = count.own;
  if (!count.autoscaled || !range.max) {
    return range;
  }
  for (const Object& autoscaler : facts.autoscalers_of(object.key())) {
    const AutoscalerLimits limits = limits_of(autoscaler);
    const std::int64_t most = std::clamp<std::int64_t>(limits.max.value_or(0), 0, kMostReplicas) * count.per_replica;
    if (most > *range.max) {
      range.max = most;
      range.autoscaler = autoscaler.display_name();
      range.pointer = "";
    }
    range.min = std::min(range.min, std::clamp<std::int64_t>(limits.min, 0, kMostReplicas) * count.per_replica);
  }
  return range;
}

}  // namespace

ReplicaRange replicas(const Object& object, const PodTemplate& pod, const ClusterFacts& facts) {
  ReplicaRange range = scaled(object, pod.count, facts);
  for (const TemplateUser& user : facts.template_users(object.key())) {
    const ReplicaRange more = scaled(user.object, user.borrowed.count, facts);
    if (!range.max || !more.max) {
      continue;
    }
    const ReplicaRange own = user.borrowed.instead ? ReplicaRange{0, 0, "", ""} : range;
    range = {own.min + more.min, *own.max + *more.max, "",
             more.autoscaler.empty() ? user.object.display_name() : more.autoscaler};
  }
  return range;
}

ObjectKey scale_target(const Object& autoscaler) {
  const View reference = autoscaler.root()["spec"]["scaleTargetRef"];
  ObjectKey target{group_of(reference["apiVersion"].text()), reference["kind"].text(), autoscaler.key().ns,
                   reference["name"].text()};
  if (autoscaler.is("keda.sh", "ScaledObject")) {
    // The one kind of autoscaler that has defaults here (kedacore/keda pkg/scaling/resolver, apps/v1 Deployment).
    target.kind = target.kind.empty() ? "Deployment" : target.kind;
    target.group = reference["apiVersion"] ? target.group : "apps";
  }
  return target;
}

bool scales(const Object& autoscaler, const ObjectKey& target) {
  ObjectKey scaled = scale_target(autoscaler);
  if (!autoscaler.root()["spec"]["scaleTargetRef"]["apiVersion"]) {
    scaled.group = target.group;
  }
  return same_object(scaled, target);
}

std::vector<std::string> claims_of(const PodTemplate& pod) {
  std::vector<std::string> claims;
  std::set<std::string> known;
  for (const Volume& volume : volumes(pod)) {
    if (volume.type == VolumeType::kClaim && !volume.claim.empty() && known.insert(volume.claim).second) {
      claims.push_back(volume.claim);
    }
  }
  return claims;
}

PodTemplate template_of_pod(const Object& pod) { return {pod.root()["metadata"], pod.root()["spec"], View()}; }

bool same_workload(const Object& object, const Object& other) {
  return same_object(object.key(), other.key()) || manages(object, other) || manages(other, object) ||
         siblings(object, other);
}

}  // namespace warmgate::kube
