#include "rules.h"

namespace warmgate::rules {

const Rule kWG002_NeedsRendering = {
    .info = {.id = "WG002",
             .slug = "needs-rendering",
             .default_action = api::Action::kDeny,
             .summary = "the input is a template ({{ ... }}) that must be rendered first",
             .why = "A Helm template is not a manifest: its values decide what will run.",
             .bad = "image: {{ .Values.image }}\n",
             .good = "# helm template my-release ./chart | warmgate lint -\n",
             .misses =
                 "Other template languages whose text is valid YAML. Jinja in a chat template is no reason to report."},
    .check = nullptr,
};

}  // namespace warmgate::rules
