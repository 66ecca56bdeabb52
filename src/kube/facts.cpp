#include "warmgate/kube/facts.h"

#include <algorithm>
#include <iterator>

#include "warmgate/kube/storage.h"
#include "warmgate/kube/workload.h"

namespace warmgate::kube {
namespace {

std::optional<Object> named(const std::vector<Object>& objects, std::string_view ns, std::string_view name) {
  const Object* found = nullptr;
  for (const Object& object : objects) {
    if (object.key().name == name && same_namespace(object.key().ns, ns)) {
      // One that names the namespace is meant rather than one that goes wherever it is applied.
      if (object.key().ns == ns) {
        return object;
      }
      found = found == nullptr ? &object : found;
    }
  }
  return found == nullptr ? std::nullopt : std::optional(*found);
}

}  // namespace

BundleFacts::BundleFacts(std::vector<Object> objects, bool complete) : complete_(complete) {
  for (Object& object : objects) {
    if (object.is("", "PersistentVolumeClaim")) {
      claims_.push_back(std::move(object));
    } else if (object.is("", "PersistentVolume")) {
      volumes_.push_back(std::move(object));
    } else if (object.is("storage.k8s.io", "StorageClass")) {
      storage_classes_.push_back(std::move(object));
    } else if (object.is("autoscaling", "HorizontalPodAutoscaler")) {
      autoscalers_.push_back(std::move(object));
    } else if (object.is("warmgate.dev", "ModelCache")) {
      model_caches_.push_back(std::move(object));
    } else if (is_workload(object)) {
      for (const std::string& claim : claims_of(object)) {
        claim_users_.emplace(claim, workloads_.size());
      }
      workloads_.push_back(std::move(object));
    }
  }
}

std::optional<Object> BundleFacts::claim(std::string_view ns, std::string_view name) const {
  return named(claims_, ns, name);
}

bool BundleFacts::has_claims(std::string_view ns) const {
  return std::any_of(claims_.begin(), claims_.end(),
                     [&](const Object& claim) { return same_namespace(claim.key().ns, ns); });
}

std::optional<Object> BundleFacts::persistent_volume(const Object& claim) const {
  const auto found =
      std::find_if(volumes_.begin(), volumes_.end(), [&](const Object& volume) { return is_bound_to(volume, claim); });
  return found == volumes_.end() ? std::nullopt : std::optional(*found);
}

std::optional<Object> BundleFacts::storage_class(std::string_view name) const {
  return named(storage_classes_, "", name);
}

std::vector<Object> BundleFacts::workloads_on_claim(std::string_view ns, std::string_view claim) const {
  std::vector<Object> out;
  const auto [first, last] = claim_users_.equal_range(claim);
  for (auto user = first; user != last; ++user) {
    const Object& workload = workloads_[user->second];
    if (same_namespace(workload.key().ns, ns)) {
      out.push_back(workload);
    }
  }
  return out;
}

std::optional<Object> BundleFacts::workload(const ObjectKey& key) const {
  const auto found = std::find_if(workloads_.begin(), workloads_.end(),
                                  [&](const Object& workload) { return same_object(workload.key(), key); });
  return found == workloads_.end() ? std::nullopt : std::optional(*found);
}

std::vector<Object> BundleFacts::autoscalers_of(const ObjectKey& target) const {
  std::vector<Object> out;
  std::copy_if(autoscalers_.begin(), autoscalers_.end(), std::back_inserter(out),
               [&](const Object& autoscaler) { return scales(autoscaler, target); });
  return out;
}

std::vector<Object> BundleFacts::model_caches(std::string_view ns) const {
  std::vector<Object> out;
  for (const Object& cache : model_caches_) {
    if (same_namespace(cache.key().ns, ns)) {
      out.push_back(cache);
    }
  }
  return out;
}

}  // namespace warmgate::kube
