// Workload: an object with pod templates. Which kinds those are is a table; the rules see pod templates only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"

namespace warmgate::kube {

class ClusterFacts;

// How many Pods of a template can run at once. `max` is nullopt for "one on every node" (DaemonSet).
struct ReplicaRange {
  std::int64_t min = 1;
  std::optional<std::int64_t> max = 1;
  std::string pointer;     // the field that says so; "" when it is a default or an autoscaler
  std::string autoscaler;  // "HorizontalPodAutoscaler/vllm" when that decides the maximum
};

bool is_workload(const Object& object);
// The kinds by name, for messages and generated docs: "Pod", "Deployment", …
std::vector<std::string> workload_kinds();

std::vector<PodTemplate> pod_templates(const Object& object);

// From the object's own fields and the autoscalers among the facts.
ReplicaRange replicas(const Object& object, const ClusterFacts& facts);

// The object that a HorizontalPodAutoscaler scales; group "" also when it gives no apiVersion.
ObjectKey scale_target(const Object& autoscaler);
// True when that object is `target`. An autoscaler without apiVersion goes by kind and name.
bool scales(const Object& autoscaler, const ObjectKey& target);

// The PVCs that any of its pod templates mounts (claim templates excluded).
std::vector<std::string> claims_of(const Object& object);

// True when `other` manages `object` or the other way round, or one controller both: a Deployment, its ReplicaSets and
// their Pods are one workload, as are a CronJob, its Jobs and theirs (controller references, names, labels, selectors).
bool same_workload(const Object& object, const Object& other);

// A workload whose Pods end by themselves: Job, CronJob, a bare Pod with restartPolicy Never or OnFailure.
bool runs_to_completion(const Object& object);

}  // namespace warmgate::kube
