// Questions about where caches lie that more than one rule asks.
#pragma once

#include <string>
#include <string_view>

#include "warmgate/rules/rule.h"

namespace warmgate::rules {

// A claim that is made with the Pod and deleted with it (KEP-1698).
bool is_generic_ephemeral(const models::CacheBinding& cache);
// Gone with the container or the Pod: the container's disk, an emptyDir, a generic ephemeral volume.
bool is_ephemeral(const models::CacheBinding& cache);

// The names sound like a cache of models.
bool named_like_cache(std::string_view names);

// Loaded from the Hub by a server, through a hub cache.
bool serves_from_hub(const models::ModelUse& use);

// "every start", "every start of its 8 Pods", "every start on every node": how often a Pod of the workload starts over.
std::string every_start(const RuleContext& context, const kube::PodTemplate& pod);

}  // namespace warmgate::rules
