// Whether a pod template, or whoever mounts a volume, can only run on one node.
#pragma once

#include <optional>
#include <string>

#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"

namespace warmgate::rules {

// The node that nodeName, a kubernetes.io/hostname selector or a required node affinity to one hostname names.
std::optional<std::string> pinned_node(const kube::PodTemplate& pod);
// The node that the node affinity of a PersistentVolume names: local disks have one.
std::optional<std::string> pinned_node(const kube::Object& volume);

}  // namespace warmgate::rules
