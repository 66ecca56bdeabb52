// The types of the fields Warmgate reads, as the API server enforces them. A manifest that breaks one would be refused
// by the API server, so judging it further would be guessing. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "warmgate/kube/object.h"
#include "warmgate/kube/workload_kinds.h"

namespace warmgate::kube {

struct TypeError {
  std::string pointer;
  std::string message;  // "/spec/replicas is the string \"2\", but the API server wants an integer"
  std::string help;     // what to write instead
};

// Of the workload kinds, PersistentVolumeClaims and StorageClasses; other kinds have no errors.
std::vector<TypeError> check_field_types(const Object& object, const WorkloadKinds& kinds);

}  // namespace warmgate::kube
