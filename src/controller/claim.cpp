#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "node_reach.h"
#include "warmgate/api/names.h"
#include "warmgate/controller/download_job.h"
#include "warmgate/kube/quantity.h"
#include "warmgate/models/model_size.h"

namespace warmgate::controller {
namespace {

using document::Json;
using document::View;

constexpr std::int64_t kGi = std::int64_t{1} << 30;

// What the class provisions and bills at least; 0 where that is not known.
std::int64_t billed_minimum(const api::NewClaim& claim, const kube::Object* storage_class,
                            const kube::StorageFacts& facts) {
  std::string provisioner;
  kube::ClassParameters parameters;
  if (storage_class != nullptr) {
    provisioner = storage_class->root()["provisioner"].text();
    for (const auto& [name, value] : storage_class->root()["parameters"].members()) {
      parameters[name] = value.text();
    }
  } else if (const kube::WellKnownClass* known = facts.well_known_class(claim.storage_class.value_or(""))) {
    provisioner = known->provisioner;
    parameters = known->parameters;
  }
  const kube::MinimumSize* minimum = facts.minimum(provisioner, parameters);
  return minimum != nullptr ? minimum->bytes : 0;
}

std::int64_t amount(const View& quantity) {
  const std::optional<std::int64_t> whole = quantity.integer();
  return whole ? *whole : kube::parse_quantity(quantity.text()).value_or(0);
}

bool takes_pods(const kube::Object& node) {
  const View spec = node.root()["spec"];
  if (spec["unschedulable"].boolean().value_or(false)) {
    return false;
  }
  const std::vector<View> taints = spec["taints"].items();
  const std::vector<View> conditions = node.root()["status"]["conditions"].items();
  return std::none_of(taints.begin(), taints.end(),
                      [](const View& taint) { return taint["effect"].text() != "PreferNoSchedule"; }) &&
         std::any_of(conditions.begin(), conditions.end(), [](const View& condition) {
           return condition["type"].text() == "Ready" && condition["status"].text() == "True";
         });
}

}  // namespace

std::optional<std::int64_t> claim_bytes(const api::ModelCacheSpec& spec, const kube::Object* storage_class,
                                        const Settings& settings) {
  const api::NewClaim claim = spec.create.value_or(api::NewClaim{});
  if (claim.bytes) {
    return claim.bytes;
  }
  const std::optional<std::int64_t> model = models::estimated_bytes(spec.cache.repo);
  if (!model) {
    return std::nullopt;
  }
  const std::int64_t with_room = *model + *model / 2;
  const std::int64_t whole = (with_room + kGi - 1) / kGi * kGi;
  return std::max(whole, billed_minimum(claim, storage_class, settings.knowledge.storage));
}

Json new_claim(const api::ModelCacheSpec& spec, std::int64_t bytes) {
  const api::NewClaim claim = spec.create.value_or(api::NewClaim{});
  const std::string size = bytes % kGi == 0 ? std::to_string(bytes / kGi) + "Gi" : std::to_string(bytes);
  // No owner: the files outlive the ModelCache unless reclaimPolicy says otherwise.
  Json out = {{"apiVersion", "v1"},
              {"kind", "PersistentVolumeClaim"},
              {"metadata",
               {{"name", spec.cache.claim},
                {"namespace", spec.cache.ns},
                {"labels", {{api::kManagedByLabel, api::kManagedBy}}},
                {"annotations", {{api::kCacheNameAnnotation, spec.cache.name}}}}},
              {"spec", {{"accessModes", claim.access_modes}, {"resources", {{"requests", {{"storage", size}}}}}}}};
  if (claim.storage_class) {
    out["spec"]["storageClassName"] = *claim.storage_class;
  }
  return out;
}

bool nodes_hold_high_performance(const std::vector<kube::Object>& nodes, const models::Accelerators& accelerators) {
  // The download's 64Gi, and what every node runs besides.
  constexpr std::int64_t kNeeded = 66 * kGi;
  constexpr std::int64_t kCores = 2;
  return std::any_of(nodes.begin(), nodes.end(), [&](const kube::Object& node) {
    const View allocatable = node.root()["status"]["allocatable"];
    return takes_pods(node) && !has_accelerators(node, accelerators) && amount(allocatable["memory"]) >= kNeeded &&
           amount(allocatable["cpu"]) >= kCores;
  });
}

}  // namespace warmgate::controller
