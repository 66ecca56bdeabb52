// Whether a pod template, or whoever mounts a volume, can only run on one node.
#pragma once

#include <optional>
#include <string>

#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"

namespace warmgate::rules {

// The node that nodeName, a kubernetes.io/hostname selector or a required node affinity to one hostname names.
std::optional<std::string> pinned_node(const kube::PodTemplate& pod);
// Each Pod of `pod` must be on a node that has a Pod of `other`: required podAffinity by kubernetes.io/hostname. Of one
// and the same template: all its Pods are on one node.
bool must_be_beside(const kube::PodTemplate& pod, const kube::PodTemplate& other);
// The node that the node affinity of a PersistentVolume names: local disks have one.
std::optional<std::string> pinned_node(const kube::Object& volume);

}  // namespace warmgate::rules
