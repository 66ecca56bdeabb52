// Which nodes a volume can be mounted on, and where the nodes with accelerators are. Pure functions.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "warmgate/document/view.h"
#include "warmgate/kube/object.h"
#include "warmgate/models/accelerators.h"

namespace warmgate::controller {

// v1.NodeSelector: its terms are alternatives; one that is not there lets every node in.
bool selects_node(const document::View& node_selector, const kube::Object& node);

// It has accelerators, or a label that only nodes with accelerators have.
bool has_accelerators(const kube::Object& node, const models::Accelerators& accelerators);

// topology.kubernetes.io/zone; "" where it has none.
std::string zone_of(const kube::Object& node);

// Zones that have nodes with accelerators, and those with nodes for downloads: without accelerators, taking Pods.
struct Zones {
  std::set<std::string> accelerated;
  std::set<std::string> plain;
};
Zones zones_of(const std::vector<kube::Object>& nodes, const models::Accelerators& accelerators);

}  // namespace warmgate::controller
