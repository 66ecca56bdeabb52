#include "cache_places.h"

#include <algorithm>
#include <array>

#include "warmgate/base/text.h"
#include "warmgate/kube/workload.h"

namespace warmgate::rules {

bool is_generic_ephemeral(const models::CacheBinding& cache) {
  return cache.volume && cache.volume->view["ephemeral"].is_object();
}

bool is_ephemeral(const models::CacheBinding& cache) {
  const std::string backing = cache.backing();
  return cache.known && (backing == "container" || backing == "emptyDir" || is_generic_ephemeral(cache));
}

bool named_like_cache(std::string_view names) {
  constexpr std::array<std::string_view, 6> kWords = {"cache", "huggingface", "hf-", "hf_", "model", "weights"};
  const std::string lower = base::to_lower(names);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

bool serves_from_hub(const models::ModelUse& use) {
  return use.verb == models::Verb::kServe && use.role == models::Role::kWeights && !use.local;
}

std::string every_start(const RuleContext& context, const kube::PodTemplate& pod) {
  const std::optional<std::int64_t> most = kube::replicas(context.object, pod, context.facts).max;
  if (!most) {
    return "every start on every node";
  }
  return *most > 1 ? "every start of its " + std::to_string(*most) + " Pods" : "every start";
}

}  // namespace warmgate::rules
