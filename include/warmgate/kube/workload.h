// What workloads have in common, whatever their kind: how many Pods run, what scales them, which objects are one
// workload. Which kinds there are is a table (workload_kinds.h). Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"

namespace warmgate::kube {

class ClusterFacts;

// Of one of the pod templates of `object`: its own fields, the autoscalers among the facts, and the workloads whose
// Pods have the same template (ClusterFacts::template_users).
ReplicaRange replicas(const Object& object, const PodTemplate& pod, const ClusterFacts& facts);

// HorizontalPodAutoscaler and KEDA's ScaledObject.
bool is_autoscaler(const Object& object);
struct AutoscalerLimits {
  std::int64_t min = 1;
  std::optional<std::int64_t> max;  // nullopt: it does not say, though it must
  std::string max_field;            // of its spec
};
AutoscalerLimits limits_of(const Object& autoscaler);
// The object that an autoscaler scales; group "" also when it gives no apiVersion.
ObjectKey scale_target(const Object& autoscaler);
// True when that object is `target`. An autoscaler without apiVersion goes by kind and name.
bool scales(const Object& autoscaler, const ObjectKey& target);

// The PVCs that a pod template mounts (claim templates excluded), each once.
std::vector<std::string> claims_of(const PodTemplate& pod);
// Of an object of kind Pod.
PodTemplate template_of_pod(const Object& pod);

// True when `other` manages `object` or the other way round, or one controller both: a Deployment, its ReplicaSets and
// their Pods are one workload, as are a CronJob, its Jobs and theirs (controller references, names, labels, selectors).
bool same_workload(const Object& object, const Object& other);

}  // namespace warmgate::kube
