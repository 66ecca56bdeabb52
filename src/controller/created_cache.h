// The ModelCache that policy makes for Pods whose model has none (CacheRules::missing is kCreate). Pure functions.
#pragma once

#include "warmgate/api/cache_rules.h"
#include "warmgate/api/waits_for.h"
#include "warmgate/controller/plan.h"

namespace warmgate::controller {

// Its name is a function of repository and commit: admission told it the Pod before it existed, and other Pods of the
// model wait for the same.
bool may_create(const api::WaitedFor& waited, const api::CacheRules& rules);

// On a claim of its own, with the storage that the rules say and the token that the Pod itself is given by a Secret.
Write create_cache(const api::WaitedFor& waited, const api::CacheRules& rules, const kube::Object& pod);

}  // namespace warmgate::controller
