#include "scaling.h"

#include <algorithm>
#include <array>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/engine/scaling.h"
#include "warmgate/kube/workload.h"

namespace warmgate::admission {
namespace {

constexpr std::size_t kMaxName = 200;

struct Scalable {
  std::string_view group;
  std::string_view plural;
  std::string_view kind;
};
constexpr std::array<Scalable, 4> kScalable = {{{"apps", "deployments", "Deployment"},
                                                {"apps", "statefulsets", "StatefulSet"},
                                                {"apps", "replicasets", "ReplicaSet"},
                                                {"", "replicationcontrollers", "ReplicationController"}}};

bool is_scale(const Request& request) {
  return request.sub_resource == "scale" && request.object->is("autoscaling", "Scale");
}

// The workload whose number of Pods the request changes; without a kind when it is none that Warmgate judges.
kube::ObjectKey target_of(const Request& request) {
  if (!is_scale(request)) {
    kube::ObjectKey target = kube::scale_target(*request.object);
    target.ns = request.ns;
    return target;
  }
  const auto* found = std::find_if(kScalable.begin(), kScalable.end(), [&](const Scalable& scalable) {
    return scalable.group == request.resource_group && scalable.plural == request.resource;
  });
  if (found == kScalable.end()) {
    return {};
  }
  return {std::string(found->group), std::string(found->kind), request.ns, request.object->key().name};
}

// Zero is left out of a Scale (k8s.io/api autoscaling/v1 ScaleSpec: omitempty).
std::int64_t count_of(const kube::Object& scale) { return scale.root()["spec"]["replicas"].integer().value_or(0); }

std::int64_t current_count(const kube::Object& workload) {
  return workload.root()["spec"]["replicas"].integer().value_or(1);
}

}  // namespace

bool is_scaling(const Request& request) {
  const bool writes = request.operation == "CREATE" || request.operation == "UPDATE";
  return writes && request.object &&
         (is_scale(request) || (request.sub_resource.empty() && kube::is_autoscaler(*request.object)));
}

ScalingVerdict judge_scaling(const Request& request, const engine::World& world, const WorkloadSource& workloads) {
  ScalingVerdict verdict;
  const kube::ObjectKey target = target_of(request);
  if (target.kind.empty() || target.name.empty()) {
    return verdict;
  }
  std::optional<kube::Object> workload;
  if (workloads) {
    base::Result<std::optional<kube::Object>> fetched = workloads(target);
    if (!fetched) {
      verdict.unchecked = base::one_line(
          target.kind + "/" + target.name + " could not be read, so what this does to its claims is not checked",
          kMaxName);
      verdict.reason = fetched.error().message;
      return verdict;
    }
    workload = std::move(fetched).value();
  }
  if (!workload) {
    workload = world.facts.workload(target);
  }
  if (!workload) {
    return verdict;  // an autoscaler may come before its workload, which is judged with it then
  }
  if (is_scale(request)) {
    const std::int64_t before = request.old_object ? count_of(*request.old_object) : current_count(*workload);
    verdict.judgement = engine::judge_scale(*workload, before, count_of(*request.object), world);
    verdict.subject = workload;
  } else {
    verdict.judgement = engine::judge_autoscaler(*request.object, request.old_object, *workload, world);
    verdict.subject = request.object;
  }
  return verdict;
}

}  // namespace warmgate::admission
