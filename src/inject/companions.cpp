#include "companions.h"

#include <algorithm>

namespace warmgate::inject {
namespace {

using api::ModelCache;
using models::ModelUse;

bool is_companion(const ModelUse& use, const ModelUse& weights) {
  return &use != &weights && use.verb == models::Verb::kServe && use.role != models::Role::kWeights && !use.local &&
         use.repo_known && use.repo != weights.repo;
}

bool same_place(const ModelCache& a, const ModelCache& b) { return a.claim == b.claim && a.mount_path == b.mount_path; }

// A flag of its own that can be put at the end. One that sets a key of another flag's JSON ("--x.revision") would hide
// the rest of that JSON.
bool is_plain_flag(const std::string& flag) { return flag.starts_with("--") && flag.find('.') == std::string::npos; }

std::optional<ModelCache> cache_beside(const ModelUse& use, const ModelCache& beside,
                                       const std::vector<ModelCache>& caches) {
  Choice choice = choose_cache(caches, use);
  return choice.cache && same_place(*choice.cache, beside) ? std::move(choice.cache) : std::nullopt;
}

Obstacle would_break(const ModelUse& companion, const ModelUse& weights, const ModelCache& cache) {
  const std::string role(models::to_string(companion.role));
  Obstacle obstacle;
  obstacle.container = weights.container;
  obstacle.repo = weights.repo;
  obstacle.model_cache = cache.name;
  obstacle.pointer = companion.source.pointer;
  obstacle.given = companion.repo;
  obstacle.wanted = weights.repo;
  obstacle.reason = "ModelCache/" + cache.name + " is not used: " + companion.engine + " would ask " + companion.repo +
                    ", its " + role + ", for the commit of " + weights.repo;
  obstacle.help = companion.revision_flag.empty()
                      ? "use the " + role + " of " + weights.repo
                      : "give " + companion.revision_flag + " and " + weights.revision_flag + " " + cache.revision +
                            ", or make a ModelCache of " + companion.repo + " on claim \"" + cache.claim + "\"";
  return obstacle;
}

}  // namespace

CompanionPlan plan_companions(const std::vector<const ModelUse*>& uses, const ModelUse& weights,
                              const ModelCache& cache, const std::vector<ModelCache>& caches, bool pins_weights) {
  CompanionPlan plan;
  for (const ModelUse* use : uses) {
    if (!is_companion(*use, weights)) {
      continue;
    }
    const std::optional<ModelCache> own = cache_beside(*use, cache, caches);
    if (own && use->revision == own->revision && use->pinned()) {
      plan.pins.push_back({use, "", *own});
    }
    if (use->revision_given || !use->revision_known || !use->script_line.empty()) {
      continue;
    }
    if (own && is_plain_flag(use->revision_flag)) {
      plan.pins.push_back({use, use->revision_flag, *own});
    } else if (pins_weights && use->follows_weights && !plan.obstacle) {
      plan.obstacle = would_break(*use, weights, cache);
    }
  }
  return plan;
}

bool all_on_claim(const std::vector<const ModelUse*>& uses, const ModelUse& weights, const ModelCache& cache,
                  const std::vector<CompanionPin>& pins) {
  return std::all_of(uses.begin(), uses.end(), [&](const ModelUse* use) {
    if (use == &weights || use->local) {
      return true;
    }
    if (use->repo_known && use->repo == weights.repo) {
      return use->role != models::Role::kWeights && (!use->revision_given || use->revision == cache.revision);
    }
    return std::any_of(pins.begin(), pins.end(), [&](const CompanionPin& pin) { return pin.use == use; });
  });
}

}  // namespace warmgate::inject
