#include <algorithm>

#include "cache_places.h"
#include "claim_contents.h"
#include "rules.h"
#include "warmgate/api/model_cache.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

// Pinned GPU servers of the Hub's models: what a ModelCache can be made for.
bool could_have_one(const ModelUse& use) {
  return serves_from_hub(use) && use.repo_known && use.pinned() && !use.accelerators.empty() && !use.by_default &&
         !use.by_field && !use.outside && use.container_kind != kube::ContainerKind::kEphemeral;
}

Finding finding(const ModelUse& use, const std::string& ns) {
  const std::string model = use.repo + "@" + use.revision;
  return {.rule = "WG309",
          .message = container_label(use) + " serves " + model + ", which no ModelCache" +
                     (ns.empty() ? "" : " in namespace " + ns) +
                     " has: nothing downloads it before its GPU is taken, or keeps the Pod from starting without it",
          .help = "make one: warmgate cache create " + model + (ns.empty() ? "" : " --namespace " + ns),
          .container = use.container,
          .subject = use.repo,
          .location = use.source,
          .at_most = std::nullopt};
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  const std::string& ns = context.object.key().ns;
  const std::vector<api::ModelCache>& caches = context.known.model_caches(ns);
  const bool sure = context.facts.complete() || !caches.empty();
  for (const models::TemplateReading& reading : context.readings) {
    for (const ModelUse& use : reading.uses) {
      const bool has_one = std::any_of(caches.begin(), caches.end(), [&](const api::ModelCache& cache) {
        return cache.repo == use.repo && cache.revision == use.revision && !cache.deleting;
      });
      if (could_have_one(use) && !has_one) {
        findings.push_back(finding(use, ns));
        findings.back().at_most = sure ? std::nullopt : std::optional(api::Action::kAudit);
      }
    }
  }
}

}  // namespace

const Rule kWG309_NoModelCache = {
    .info = {.id = "WG309",
             .slug = "no-model-cache",
             .default_action = api::Action::kOff,
             .summary = "a pinned model is served on a GPU and no ModelCache of the namespace has it",
             .why = "Only what a ModelCache has is downloaded and verified before a GPU is taken, and held back until "
                    "then. What is done about a Pod without one is spec.modelCaches.missing of the CachePolicy: allow, "
                    "warn, deny, or create, with which the controller makes the ModelCache and this finding is only "
                    "said where it cannot.",
             .bad = "args: [--model, Qwen/Qwen3-32B, --revision, 9216db5781bf21249d130ec9da846c4624c16137]\n",
             .good = "kind: ModelCache\nspec:\n  source:\n    huggingFace:\n      repo: Qwen/Qwen3-32B\n"
                     "      revision: 9216db5781bf21249d130ec9da846c4624c16137\n",
             .misses = "Models that are not pinned, which other rules are about, and models that are named by a path. "
                       "Manifests alone are no proof that the cluster has none: then it is information only."},
    .check = check,
};

}  // namespace warmgate::rules
