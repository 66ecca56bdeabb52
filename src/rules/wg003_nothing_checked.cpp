#include "rules.h"

namespace warmgate::rules {

const Rule kWG003_NothingChecked = {
    .info = {.id = "WG003",
             .slug = "nothing-checked",
             .default_action = api::Action::kDeny,
             .summary = "the whole input held nothing that Warmgate checks",
             .why = "A wrong path or an empty pipe would otherwise pass in CI for ever.",
             .bad = "kind: ConfigMap\n",
             .good = "kind: Deployment\n",
             .misses = "It looks at the input as a whole: one checked object among many others is enough."},
    .check = nullptr,
};

}  // namespace warmgate::rules
