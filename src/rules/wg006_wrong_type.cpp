#include "rules.h"

namespace warmgate::rules {

const Rule kWG006_WrongType = {
    .info =
        {.id = "WG006",
         .slug = "wrong-type",
         .default_action = api::Action::kDeny,
         .summary = "a field has a type or value that the API server would refuse",
         .why = "The object would be refused anyway, and judging what it might have meant would be guessing.",
         .bad = "env:\n  - name: HF_HUB_OFFLINE\n    value: 1\n",
         .good = "env:\n  - name: HF_HUB_OFFLINE\n    value: \"1\"\n",
         .misses =
             "Fields that Warmgate does not read. For those use `kubectl apply --dry-run=server --validate=strict`."},
    .check = nullptr,
};

}  // namespace warmgate::rules
