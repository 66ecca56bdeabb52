// Companions: what a server loads beside its weights (a tokenizer of another repository, a draft model) when its
// weights come from a ModelCache. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "obstacles.h"

namespace warmgate::inject {

// A companion at the commit that a ModelCache on the same claim has.
struct CompanionPin {
  const models::ModelUse* use = nullptr;
  std::string flag;  // that is to give it; "" where the author did
  api::ModelCache cache;
};

struct CompanionPlan {
  std::vector<CompanionPin> pins;
  std::optional<Obstacle> obstacle;  // giving the weights a commit would break a companion
};

// `uses` are all of the weights' container; `pins_weights`: the weights get their commit by injection.
CompanionPlan plan_companions(const std::vector<const models::ModelUse*>& uses, const models::ModelUse& weights,
                              const api::ModelCache& cache, const std::vector<api::ModelCache>& caches,
                              bool pins_weights);

// Whether everything in `uses` is on the claim of `cache`, so that the container needs no Hub. The weights are, at the
// commit of `cache`; `pins` are those of its CompanionPlan.
bool all_on_claim(const std::vector<const models::ModelUse*>& uses, const models::ModelUse& weights,
                  const api::ModelCache& cache, const std::vector<CompanionPin>& pins);

}  // namespace warmgate::inject
