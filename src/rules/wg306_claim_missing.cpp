#include <algorithm>
#include <set>

#include "claim_contents.h"
#include "rules.h"
#include "warmgate/api/model_cache.h"

namespace warmgate::rules {
namespace {

bool made_by_model_cache(const RuleContext& context, const std::string& claim) {
  const std::vector<api::ModelCache>& caches = context.known.model_caches(context.object.key().ns);
  return std::any_of(caches.begin(), caches.end(), [&](const api::ModelCache& cache) { return cache.claim == claim; });
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  const std::string& ns = context.object.key().ns;
  for (const models::TemplateReading& reading : context.readings) {
    std::set<std::string> claims;  // a finding is about the claim, however many use it
    for (const models::ModelUse& use : reading.uses) {
      if (!use.cache.on_claim() || !claims.insert(use.cache.volume->claim).second) {
        continue;
      }
      const std::string& claim = use.cache.volume->claim;
      if (!use.cache.volume->view.is_object()) {
        continue;  // a field of an operator's own kind, which may make the claim too
      }
      if (context.facts.claim(ns, claim) || made_by_model_cache(context, claim)) {
        continue;
      }
      const bool complete = context.facts.complete();
      const bool sure = complete || context.facts.has_claims(ns);
      findings.push_back(
          {.rule = "WG306",
           .message = "cache claim \"" + claim + "\" is not among the " +
                      (sure ? "claims that are known" : "manifests given") + ": Pods wait in Pending until it exists",
           .help = std::string("check the name and the namespace, or ") +
                   (complete ? "create the claim" : "show Warmgate the claim too (--facts, --cluster)"),
           .container = "",
           .subject = claim,
           .location = {use.cache.volume->view.pointer() + "/persistentVolumeClaim/claimName", 0, 0, false},
           .at_most = sure ? std::nullopt : std::optional(api::Action::kAudit)});
    }
  }
}

}  // namespace

const Rule kWG306_ClaimMissing = {
    .info =
        {.id = "WG306",
         .slug = "claim-missing",
         .default_action = api::Action::kWarn,
         .summary = "the cache claim exists neither in the input nor in the cluster",
         .why =
             "A Pod whose claim is missing stays Pending without a word from the workload itself; a typo in claimName "
             "or a claim in another namespace are the usual reasons.",
         .bad = "kind: PersistentVolumeClaim\nmetadata: {name: model-cache}\n---\n"
                "persistentVolumeClaim: {claimName: models-cache}\n",
         .good = "kind: PersistentVolumeClaim\nmetadata: {name: model-cache}\n---\n"
                 "persistentVolumeClaim: {claimName: model-cache}\n",
         .misses = "Claims of volumes that hold no model. Offline it is information only, unless the input holds other "
                   "claims or the facts are declared complete."},
    .check = check,
};

}  // namespace warmgate::rules
