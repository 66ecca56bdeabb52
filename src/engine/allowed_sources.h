// What a ModelCache may make the controller run and talk to, by the policy. Pure.
#pragma once

#include <vector>

#include "warmgate/kube/object.h"
#include "warmgate/policy/policy.h"
#include "warmgate/rules/rule.h"

namespace warmgate::engine {

// Findings of WG504. `cache` is a ModelCache that its schema takes.
std::vector<rules::Finding> check_sources(const kube::Object& cache, const policy::Policy& policy);

}  // namespace warmgate::engine
