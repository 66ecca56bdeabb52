#include "rules.h"

namespace warmgate::rules {

const Rule kWG007_Unreadable = {
    .info = {.id = "WG007",
             .slug = "unreadable",
             .default_action = api::Action::kDeny,
             .summary = "a file or directory could not be read",
             .why = "A file that was named but not read must not look like a pass.",
             .bad = "# warmgate lint deploy/missing.yaml\n",
             .good = "# warmgate lint deploy/\n",
             .misses = "Files that a directory walk leaves out by design: names that start with a dot, and endings "
                       "other than .yaml, .yml and .json."},
    .check = nullptr,
};

}  // namespace warmgate::rules
