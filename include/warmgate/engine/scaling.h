// What a change of the number of Pods does to a workload: a request on its scale subresource, an autoscaler. Judged is
// the workload as it would be, and what it has already, whatever the number, is not said again. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "warmgate/engine/judge.h"
#include "warmgate/kube/object.h"

namespace warmgate::engine {

// `workload` with `count` Pods where it had `before`: what is new is found with the policy's action, what the new
// number makes less bad is a warning.
Judgement judge_scale(const kube::Object& workload, std::int64_t before, std::int64_t count, const World& world);

// `workload` with this HorizontalPodAutoscaler or ScaledObject, where there was none or `before`. The places of the
// findings are in the autoscaler.
Judgement judge_autoscaler(const kube::Object& autoscaler, const std::optional<kube::Object>& before,
                           const kube::Object& workload, const World& world);

}  // namespace warmgate::engine
