#include "cluster_snapshot.h"

#include <algorithm>
#include <iterator>

#include "warmgate/kube/workload.h"

namespace warmgate::cluster {
namespace {

// Of Pods that are not alike. A verdict that read more of them would take longer than the API server waits for it, and
// a claim that so many kinds of Pods mount is shared for sure.
constexpr std::size_t kMaxKindsOfPods = 200;

std::optional<kube::Object> copied(const kube::Object* object) {
  return object == nullptr ? std::nullopt : std::optional(*object);
}

}  // namespace

std::optional<kube::Object> ClusterSnapshot::claim(std::string_view ns, std::string_view name) const {
  return copied(of(FactType::kClaims).find(ns, name));
}

bool ClusterSnapshot::has_claims(std::string_view ns) const { return of(FactType::kClaims).any_in(ns); }

std::optional<kube::Object> ClusterSnapshot::persistent_volume(const kube::Object& claim) const {
  // The binder writes volumeName into the claim; a claimRef alone is a volume that is only reserved yet.
  return copied(of(FactType::kVolumes).find("", claim.root()["spec"]["volumeName"].text()));
}

std::optional<kube::Object> ClusterSnapshot::storage_class(std::string_view name) const {
  return copied(of(FactType::kStorageClasses).find("", name));
}

std::vector<kube::Object> ClusterSnapshot::workloads_on_claim(std::string_view ns, std::string_view claim) const {
  return of(FactType::kPods).one_of_each(claim_prefix(ns, claim), kMaxKindsOfPods);
}

std::optional<kube::Object> ClusterSnapshot::workload(const kube::ObjectKey& key) const {
  return key.group.empty() && key.kind == "Pod" ? copied(of(FactType::kPods).find(key.ns, key.name)) : std::nullopt;
}

std::vector<kube::Object> ClusterSnapshot::autoscalers_of(const kube::ObjectKey& target) const {
  const std::vector<kube::Object> candidates =
      of(FactType::kAutoscalers).all_at(target_key(target.ns, target.kind, target.name));
  std::vector<kube::Object> out;
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(out),
               [&](const kube::Object& autoscaler) { return kube::scales(autoscaler, target); });
  return out;
}

std::vector<kube::Object> ClusterSnapshot::model_caches(std::string_view ns) const {
  return of(FactType::kModelCaches).all_in(ns);
}

}  // namespace warmgate::cluster
