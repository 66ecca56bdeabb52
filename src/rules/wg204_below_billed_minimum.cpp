#include <algorithm>

#include "cache_places.h"
#include "claim_storage.h"
#include "rules.h"
#include "warmgate/api/model_cache.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::rules {
namespace {

bool any_on(const std::vector<models::TemplateReading>& readings, std::string_view claim) {
  return std::any_of(readings.begin(), readings.end(), [&](const models::TemplateReading& reading) {
    return std::any_of(reading.uses.begin(), reading.uses.end(), [&](const models::ModelUse& use) {
      return use.cache.volume && use.cache.volume->claim == claim;
    });
  });
}

// Models are known to be on it, or its name says so.
bool is_for_models(const RuleContext& context, const ClaimSpec& claim) {
  const std::string& ns = context.object.key().ns;
  const std::vector<api::ModelCache>& caches = context.known.model_caches(ns);
  const auto fills = [&](const api::ModelCache& cache) { return cache.claim == claim.name; };
  if (named_like_cache(claim.name) || any_on(context.readings, claim.name) ||
      std::any_of(caches.begin(), caches.end(), fills)) {
    return true;
  }
  const std::vector<kube::Object> workloads = context.facts.workloads_on_claim(ns, claim.name);
  return std::any_of(workloads.begin(), workloads.end(),
                     [&](const kube::Object& workload) { return any_on(context.known.of(workload), claim.name); });
}

// What a claim can ask for: no rounding.
std::string exactly(std::int64_t bytes) {
  constexpr std::int64_t kGi = std::int64_t{1} << 30;
  constexpr std::int64_t kTi = std::int64_t{1} << 40;
  return bytes % kTi == 0 ? std::to_string(bytes / kTi) + "Ti" : std::to_string(bytes / kGi) + "Gi";
}

// What is billed, said of whoever it holds for; "" when the request is enough.
std::string what_is_billed(const kube::MinimumSize& minimum, std::int64_t asked) {
  if (asked < minimum.bytes) {
    return "provisions and bills at least " + exactly(minimum.bytes);
  }
  if (asked < minimum.older_bytes) {
    return "provisions and bills at least " + exactly(minimum.older_bytes) + " where its driver is " +
           minimum.older_driver;
  }
  return "";
}

void check_claim(const RuleContext& context, const ClaimSpec& claim, std::vector<Finding>& findings) {
  const document::View request = requested_storage(claim.spec);
  const std::optional<std::int64_t> asked = kube::parse_quantity(request.text());
  const std::optional<ClaimClass> storage_class = class_of(context, claim.spec);
  const kube::MinimumSize* minimum =
      storage_class ? context.knowledge.storage.minimum(storage_class->provisioner, storage_class->parameters)
                    : nullptr;
  if (!asked || minimum == nullptr) {
    return;
  }
  const std::string billed = what_is_billed(*minimum, *asked);
  if (billed.empty() || !is_for_models(context, claim)) {
    return;
  }
  findings.push_back(
      {.rule = "WG204",
       .message = claim.label + " asks for " + request.text() + " of " + storage_class->label() + ", which " + billed,
       .help = "ask for what is billed (storage: " +
               exactly(*asked < minimum->bytes ? minimum->bytes : minimum->older_bytes) +
               "): it costs the same and holds more models",
       .container = "",
       .subject = claim.name,
       .location = {request.pointer(), 0, 0, false},
       .at_most = std::nullopt});
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const ClaimSpec& claim : claims_to_provision(context)) {
    check_claim(context, claim, findings);
  }
}

}  // namespace

const Rule kWG204_BelowBilledMinimum = {
    .info = {.id = "WG204",
             .slug = "below-billed-minimum",
             .default_action = api::Action::kAudit,
             .summary = "a cache claim asks for less than its class provisions and bills",
             .why =
                 "Filestore, FSx for Lustre, premium Azure Files and their like round a small request up and bill the "
                 "rounded size. The claim then looks smaller than it is, and the next model gets a volume of its own "
                 "although there was room.",
             .bad = "kind: PersistentVolumeClaim\nspec:\n  storageClassName: premium-rwx      # at least 2560Gi\n"
                    "  resources: {requests: {storage: 200Gi}}\n",
             .good = "kind: PersistentVolumeClaim\nspec:\n  storageClassName: premium-rwx\n"
                     "  resources: {requests: {storage: 2560Gi}}\n",
             .misses =
                 "Classes and minimums that are not in policies/storage.yaml, which driver version the cluster runs, "
                 "steps above the minimum, and claims that neither hold a known model nor are named like a cache."},
    .check = check,
};

}  // namespace warmgate::rules
