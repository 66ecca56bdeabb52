#include "created_caches.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "warmgate/api/names.h"
#include "warmgate/inject/inject.h"

namespace warmgate::engine {
namespace {

using document::Json;
using document::View;

bool has_gate(const View& spec) {
  const std::vector<View> gates = spec["schedulingGates"].items();
  return std::any_of(gates.begin(), gates.end(), [](const View& gate) { return gate["name"].text() == api::kGate; });
}

// A Pod that has been through mutation without a gate is not seen by the controller.
bool will_wait(const View& spec, Stage stage) {
  return stage == Stage::kAsIs ? has_gate(spec) : spec["nodeName"].text().empty();
}

Json storage_of(const api::NewClaim& claim) {
  Json create = {{"accessModes", claim.access_modes}};
  if (claim.storage_class) {
    create["storageClassName"] = *claim.storage_class;
  }
  if (claim.bytes) {
    create["size"] = *claim.bytes;
  }
  return {{"create", std::move(create)}};
}

kube::Object new_cache(const models::ModelUse& use, const std::string& ns, const api::CacheRules& rules) {
  Json cache = {{"apiVersion", api::kApiVersion},
                {"kind", "ModelCache"},
                {"metadata", {{"name", api::created_name(use.repo, use.revision)}, {"namespace", ns}}},
                {"spec",
                 {{"source", {{"huggingFace", {{"repo", use.repo}, {"revision", use.revision}}}}},
                  {"storage", storage_of(rules.create)}}}};
  return kube::Object(document::Document(std::move(cache)), ns);
}

}  // namespace

std::vector<kube::Object> caches_to_create(const kube::Object& object,
                                           const std::vector<models::TemplateReading>& readings, const World& world,
                                           Stage stage) {
  const std::string& ns = object.key().ns;
  const api::CacheRules rules = world.policy.cache_rules(ns);
  if (rules.missing != api::MissingCache::kCreate || !rules.gates || !world.policy.inject() ||
      !world.facts.controller_active()) {
    return {};
  }
  std::set<std::pair<std::string, std::string>> known;
  for (const api::ModelCache& cache : api::model_caches(world.facts, ns)) {
    if (!cache.deleting) {
      known.emplace(cache.repo, cache.revision);
    }
  }
  std::vector<kube::Object> out;
  for (const models::TemplateReading& reading : readings) {
    for (const models::ModelUse& use : reading.uses) {
      if (inject::is_gpu_server(use) && use.pinned() && will_wait(reading.pod.spec, stage) &&
          known.emplace(use.repo, use.revision).second) {
        out.push_back(new_cache(use, ns, rules));
      }
    }
  }
  return out;
}

}  // namespace warmgate::engine
