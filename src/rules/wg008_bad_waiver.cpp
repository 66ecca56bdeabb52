#include "rules.h"

namespace warmgate::rules {

const Rule kWG008_BadWaiver = {
    .info = {.id = "WG008",
             .slug = "bad-waiver",
             .default_action = api::Action::kWarn,
             .summary = "a waiver in the annotation warmgate.dev/waive has no effect",
             .why =
                 "Its author believes that a finding is waived. It is not: the waiver has no reason, names no rule, or "
                 "the policy does not let that rule be waived there. One that nothing needs any more is mentioned to "
                 "the audit log, and by `lint` as info.",
             .bad = "metadata:\n  annotations:\n    warmgate.dev/waive: WG205\n",
             .good = "metadata:\n  annotations:\n    warmgate.dev/waive: \"WG205=smoke test, the model has 20 MB\"\n",
             .misses = "Waivers on an object that has another mistake of this class, since it is not judged further."},
    .check = nullptr,
};

}  // namespace warmgate::rules
