// The waiver: an annotation by which the author of an object answers for a finding,
//
//   warmgate.dev/waive: "WG205=smoke test, the model has 20 MB; WG302=the image links it"
//
// on the object or on its pod template, by id or slug. It counts only where the policy allows it, and hides nothing: a
// waived finding is still said, with the reason. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "warmgate/kube/object.h"
#include "warmgate/kube/workload_kinds.h"
#include "warmgate/models/command_line.h"
#include "warmgate/policy/policy.h"
#include "warmgate/rules/rule.h"

namespace warmgate::policy {

inline constexpr std::string_view kWaiveAnnotation = "warmgate.dev/waive";

struct Waiver {
  std::string_view rule;  // its id
  std::string reason;     // one line, bounded; not redacted yet
  models::Location location;
};

struct Waivers {
  std::vector<Waiver> granted;           // each rule once
  std::vector<rules::Finding> mistakes;  // of WG008: those that change nothing, and why
};

// Everything that the object's annotations say, judged by what the policy allows in its namespace.
Waivers read_waivers(const kube::Object& object, const Policy& policy, const kube::WorkloadKinds& kinds);

// A waiver whose rule found nothing, said quietly.
rules::Finding unused(const Waiver& waiver);

}  // namespace warmgate::policy
