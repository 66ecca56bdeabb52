// Requests that change how many Pods a workload has: its scale subresource, and HorizontalPodAutoscalers.
#pragma once

#include <optional>
#include <string>

#include "review.h"
#include "warmgate/admission/handler.h"
#include "warmgate/engine/judge.h"

namespace warmgate::admission {

struct ScalingVerdict {
  std::optional<kube::Object> subject;  // whom a denial names; nullopt: there was nothing to judge
  engine::Judgement judgement;
  std::string unchecked;  // that the workload could not be read, for users; "" when it was, or does not exist
  std::string reason;     // why not, for the log: it may hold addresses
};

// A write of a Scale or of a HorizontalPodAutoscaler.
bool is_scaling(const Request& request);

// Requires is_scaling. `workloads` may be empty: then what the facts have is all there is.
ScalingVerdict judge_scaling(const Request& request, const engine::World& world, const WorkloadSource& workloads);

}  // namespace warmgate::admission
