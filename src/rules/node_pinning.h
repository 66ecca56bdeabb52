// Whether a pod template can only run on one node.
#pragma once

#include <optional>
#include <string>

#include "warmgate/kube/pod.h"

namespace warmgate::rules {

// The node that nodeName, a kubernetes.io/hostname selector or a required node affinity to one hostname names.
std::optional<std::string> pinned_node(const kube::PodTemplate& pod);

}  // namespace warmgate::rules
