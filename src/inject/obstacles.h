// Which ModelCache a model use gets, and what of the author's own keeps it from one. Pure functions.
#pragma once

#include <optional>
#include <vector>

#include "warmgate/api/model_cache.h"
#include "warmgate/inject/inject.h"
#include "warmgate/kube/pod.h"
#include "warmgate/models/reading.h"

namespace warmgate::inject {

// Neither is set when no ModelCache holds the repository.
struct Choice {
  std::optional<api::ModelCache> cache;
  std::optional<Obstacle> obstacle;
};

// The ModelCache of the commit that `use` names, else the only one of its repository. Several commits and none named:
// choosing would be guessing.
Choice choose_cache(const std::vector<api::ModelCache>& caches, const models::ModelUse& use);

// What of the container's own settings takes the place of the cache at its mount path; nullopt when there is room.
std::optional<Obstacle> find_obstacle(const kube::VolumesByName& volumes, const kube::Container& container,
                                      const models::ModelUse& use, const api::ModelCache& cache);

// The engine cannot use a ModelCache by its repository's name: `why` is a clause, `by_path` of its InjectRules.
Obstacle left_alone(const models::ModelUse& use, const api::ModelCache& cache, const std::string& why,
                    const std::string& by_path);

// A container has one HF_HOME: its second model is served from the cache of the first, or not from a ModelCache.
Obstacle second_cache(const kube::Container& container, const models::ModelUse& use, const api::ModelCache& cache,
                      const api::ModelCache& first);

}  // namespace warmgate::inject
