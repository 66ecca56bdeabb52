// Where the policy creates what is missing (modelCaches.missing: create), the controller makes the ModelCache of a
// gated Pod from what the Pod waits for. Pods are judged as if it existed already: its name, its claim and its mount
// path are a function of namespace, repository and commit, so that admission needs no side effects. Pure.
#pragma once

#include <vector>

#include "warmgate/api/cache_rules.h"
#include "warmgate/engine/judge.h"
#include "warmgate/kube/object.h"
#include "warmgate/models/reading.h"

namespace warmgate::engine {

// The ModelCaches that will be made for the Pods of `object`: of pinned GPU servers whose model no ModelCache of the
// namespace has. None where nobody would make them: another policy, no controller, Pods that cannot be held back.
std::vector<kube::Object> caches_to_create(const kube::Object& object,
                                           const std::vector<models::TemplateReading>& readings, const World& world,
                                           Stage stage);

}  // namespace warmgate::engine
