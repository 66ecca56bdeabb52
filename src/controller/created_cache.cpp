#include "created_cache.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "warmgate/api/names.h"
#include "warmgate/kube/pod.h"

namespace warmgate::controller {
namespace {

using document::Json;
using document::View;

// The longest names that a ModelCache may hold of a Secret and its key (deploy/webhook/base/crds/modelcaches.yaml).
constexpr std::size_t kMaxSecretName = 253;
constexpr std::int64_t kGi = std::int64_t{1} << 30;

// Where `variable` of one of the Pod's containers comes from, when that is a Secret.
std::optional<api::SecretKey> secret_behind(const View& pod_spec, std::string_view variable) {
  for (const kube::Container& container : kube::containers(pod_spec)) {
    for (const View& entry : container.view["env"].items()) {
      const View reference = entry["valueFrom"]["secretKeyRef"];
      api::SecretKey secret{reference["name"].text(), reference["key"].text()};
      const bool usable = !secret.name.empty() && secret.name.size() <= kMaxSecretName && !secret.key.empty() &&
                          secret.key.size() <= kMaxSecretName;
      if (entry["name"].text() == variable && usable) {
        return secret;
      }
    }
  }
  return std::nullopt;
}

// The variables that huggingface_hub takes a token from (utils/_auth.py, _get_token_from_environment, at v1.22.0).
std::optional<api::SecretKey> token_of(const View& pod_spec) {
  std::optional<api::SecretKey> token = secret_behind(pod_spec, "HF_TOKEN");
  return token ? token : secret_behind(pod_spec, "HUGGING_FACE_HUB_TOKEN");
}

Json storage(const api::NewClaim& claim) {
  Json create = {{"accessModes", claim.access_modes}};
  if (claim.storage_class) {
    create["storageClassName"] = *claim.storage_class;
  }
  if (claim.bytes) {
    // For people to read, as long as that is exact.
    const std::int64_t gi = *claim.bytes / kGi;
    create["size"] = *claim.bytes % kGi == 0 ? std::to_string(gi) + "Gi" : std::to_string(*claim.bytes);
  }
  return {{"create", std::move(create)}};
}

// Who it is made for: the workload's Pods come and go.
std::string owner_of(const kube::Object& pod) {
  const std::optional<kube::ControllerRef> owner = pod.controller();
  return owner ? owner->kind + "/" + owner->name : pod.display_name();
}

}  // namespace

bool may_create(const api::WaitedFor& waited, const api::CacheRules& rules) {
  return rules.missing == api::MissingCache::kCreate && waited.cache == api::created_name(waited.repo, waited.revision);
}

Write create_cache(const api::WaitedFor& waited, const api::CacheRules& rules, const kube::Object& pod) {
  Json source = {{"repo", waited.repo}, {"revision", waited.revision}};
  if (const std::optional<api::SecretKey> token = token_of(pod.root()["spec"])) {
    source["tokenSecretRef"] = {{"name", token->name}, {"key", token->key}};
  }
  const std::string ns = pod.key().ns;
  Json body = {{"apiVersion", api::kApiVersion},
               {"kind", "ModelCache"},
               {"metadata",
                {{"name", waited.cache},
                 {"namespace", ns},
                 {"labels", {{api::kManagedByLabel, api::kManagedBy}}},
                 {"annotations", {{api::kCreatedForAnnotation, owner_of(pod)}}}}},
               {"spec", {{"source", {{"huggingFace", std::move(source)}}}, {"storage", storage(rules.create)}}}};
  return {Write::Verb::kCreate,
          model_caches(),
          ns,
          waited.cache,
          std::make_shared<const Json>(std::move(body)),
          {},
          pod.display_name() + " waits for " + waited.repo + "@" + waited.revision + ", which has no ModelCache"};
}

}  // namespace warmgate::controller
