#include "rules.h"

namespace warmgate::rules {

const Rule kWG004_OverLimit = {
    .info = {.id = "WG004",
             .slug = "over-limit",
             .default_action = api::Action::kDeny,
             .summary = "the input is larger, deeper or more repetitive than Warmgate reads",
             .why = "Input from outside is bounded, so that no file can exhaust memory or time; what is over the bound "
                    "is not checked.",
             .bad = "a: &a [x, x]\nb: &b [*a, *a]\n# ... and so on: every line doubles the document\n",
             .good = "b: [x, x]\n",
             .misses = "Nothing: a limit that is reached is always reported."},
    .check = nullptr,
};

}  // namespace warmgate::rules
