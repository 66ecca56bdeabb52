#include "rules.h"

namespace warmgate::rules {

const Rule kWG005_DuplicateKey = {
    .info = {.id = "WG005",
             .slug = "duplicate-key",
             .default_action = api::Action::kDeny,
             .summary = "a mapping has the same key twice",
             .why = "The last one wins without a word, so the manifest does not say what will run.",
             .bad = "env: []\nimage: a\nenv: [{name: HF_HOME, value: /cache}]\n",
             .good = "image: a\nenv: [{name: HF_HOME, value: /cache}]\n",
             .misses = "Duplicate names in a list (two env entries of one name): the API server takes these."},
    .check = nullptr,
};

}  // namespace warmgate::rules
