// Whether a rollout starts a new Pod while the old one must stay until the new one is ready: with a volume for one Pod
// or one node that never ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"

namespace warmgate::rules {

struct Surge {
  std::string how;      // "maxSurge 25%, the default"
  std::string pointer;  // the field that says so; "" when it is a default
  std::string mend;     // what to write instead
};

// nullopt when the old Pod ends first, or the strategy cannot be read.
std::optional<Surge> rollout_surge(const kube::Object& object, const kube::PodTemplate& pod, std::int64_t replicas);

}  // namespace warmgate::rules
