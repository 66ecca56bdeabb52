#include "rules.h"

namespace warmgate::rules {

const Rule kWG001_Unparsable = {
    .info = {.id = "WG001",
             .slug = "unparsable",
             .default_action = api::Action::kDeny,
             .summary = "the input is not YAML or JSON that the API server would read",
             .why = "What cannot be read cannot be checked, and a check that was not made must not look like a pass.",
             .bad = "containers:\n\t- name: vllm   # a tab\n",
             .good = "containers:\n  - name: vllm\n",
             .misses =
                 "Text that happens to be valid YAML but is no manifest: WG003 reports that nothing was checked."},
    .check = nullptr,
};

}  // namespace warmgate::rules
