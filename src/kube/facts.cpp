#include "warmgate/kube/facts.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "warmgate/kube/storage.h"
#include "warmgate/kube/workload.h"

namespace warmgate::kube {
namespace {

template <class Objects, class Wanted>
std::optional<Object> first_of(const Objects& objects, std::string_view name, const Wanted& wanted) {
  const auto [first, last] = objects.equal_range(name);
  const auto found = std::find_if(first, last, [&](const auto& entry) { return wanted(entry.second); });
  return found == last ? std::nullopt : std::optional(found->second);
}

template <class Objects, class Wanted>
std::vector<Object> all_of(const Objects& objects, std::string_view name, const Wanted& wanted) {
  std::vector<Object> out;
  const auto [first, last] = objects.equal_range(name);
  for (auto entry = first; entry != last; ++entry) {
    if (wanted(entry->second)) {
      out.push_back(entry->second);
    }
  }
  return out;
}

const WorkloadKinds& built_in_kinds() {
  static const WorkloadKinds kinds = WorkloadKinds::built_in().value();
  return kinds;
}

template <class Objects>
std::optional<Object> named(const Objects& objects, std::string_view ns, std::string_view name) {
  // One that names the namespace is meant rather than one that goes wherever it is applied.
  std::optional<Object> exact = first_of(objects, name, [&](const Object& object) { return object.key().ns == ns; });
  return exact ? std::move(exact)
               : first_of(objects, name, [&](const Object& object) { return same_namespace(object.key().ns, ns); });
}

// The Secret that the object is or becomes; "" for none.
std::string secret_name(const Object& object) {
  if (object.is("", "Secret") || object.is("bitnami.com", "SealedSecret")) {
    return object.key().name;
  }
  if (object.is("external-secrets.io", "ExternalSecret")) {
    const std::string target = object.root()["spec"]["target"]["name"].text();
    return target.empty() ? object.key().name : target;
  }
  return "";
}

}  // namespace

BundleFacts::BundleFacts(std::vector<Object> objects, bool complete)
    : BundleFacts(std::move(objects), complete, built_in_kinds()) {}

BundleFacts::BundleFacts(std::vector<Object> objects, bool complete, const WorkloadKinds& kinds) : complete_(complete) {
  for (Object& object : objects) {
    const std::string name = object.key().name;
    if (object.is("", "PersistentVolumeClaim")) {
      claim_namespaces_.insert(object.key().ns);
      claims_.emplace(name, std::move(object));
    } else if (object.is("", "PersistentVolume")) {
      add_volume(std::move(object));
    } else if (object.is("storage.k8s.io", "StorageClass")) {
      storage_classes_.emplace(name, std::move(object));
    } else if (is_autoscaler(object)) {
      autoscalers_.emplace(scale_target(object).name, std::move(object));
    } else if (object.is("warmgate.dev", "ModelCache")) {
      model_caches_.push_back(std::move(object));
    } else if (const std::string secret = secret_name(object); !secret.empty()) {
      secrets_.emplace(secret, object.key().ns);
    } else if (object.is("", "ConfigMap")) {
      config_maps_.emplace(name, std::move(object));
    } else if (object.key().group == "resource.k8s.io") {
      device_claims_.emplace(name, std::move(object));
    } else if (object.is("coordination.k8s.io", "Lease")) {
      controller_active_ |= name == "warmgate-controller";
    } else if (kinds.is_workload(object)) {
      add_workload(std::move(object), kinds);
    }
  }
}

void BundleFacts::add_volume(Object volume) {
  volumes_of_claims_.emplace(volume.root()["spec"]["claimRef"]["name"].text(), volume);
  const std::string name = volume.key().name;
  volumes_.emplace(name, std::move(volume));
}

void BundleFacts::add_workload(Object workload, const WorkloadKinds& kinds) {
  for (const std::string& claim : kinds.claims_of(workload)) {
    claim_users_.emplace(claim, workload);
  }
  if (std::optional<BorrowedTemplate> borrowed = kinds.borrowed_template(workload)) {
    const std::string owner = borrowed->owner.name;
    template_users_.emplace(owner, TemplateUser{workload, std::move(*borrowed)});
  }
  const std::string name = workload.key().name;
  workloads_.emplace(name, std::move(workload));
}

std::optional<Object> BundleFacts::claim(std::string_view ns, std::string_view name) const {
  return named(claims_, ns, name);
}

bool BundleFacts::has_claims(std::string_view ns) const {
  return ns.empty() ? !claim_namespaces_.empty() : claim_namespaces_.contains(ns) || claim_namespaces_.contains("");
}

// The two names that is_bound_to() goes by.
std::optional<Object> BundleFacts::persistent_volume(const Object& claim) const {
  const std::string wanted = claim.root()["spec"]["volumeName"].text();
  return first_of(wanted.empty() ? volumes_of_claims_ : volumes_, wanted.empty() ? claim.key().name : wanted,
                  [&](const Object& volume) { return is_bound_to(volume, claim); });
}

std::optional<Object> BundleFacts::storage_class(std::string_view name) const {
  return named(storage_classes_, "", name);
}

std::vector<Object> BundleFacts::workloads_on_claim(std::string_view ns, std::string_view claim) const {
  return all_of(claim_users_, claim, [&](const Object& workload) { return same_namespace(workload.key().ns, ns); });
}

std::optional<Object> BundleFacts::workload(const ObjectKey& key) const {
  return first_of(workloads_, key.name, [&](const Object& workload) { return same_object(workload.key(), key); });
}

std::vector<Object> BundleFacts::autoscalers_of(const ObjectKey& target) const {
  return all_of(autoscalers_, target.name, [&](const Object& autoscaler) { return scales(autoscaler, target); });
}

// Of several of one name (the variants of an overlay) the first: only one of them is there.
std::vector<TemplateUser> BundleFacts::template_users(const ObjectKey& owner) const {
  constexpr std::size_t kMaxUsers = 50;  // real templates have one
  std::vector<TemplateUser> out;
  const auto [first, last] = template_users_.equal_range(owner.name);
  for (auto entry = first; entry != last && out.size() < kMaxUsers; ++entry) {
    const TemplateUser& user = entry->second;
    const bool known = std::any_of(out.begin(), out.end(), [&](const TemplateUser& other) {
      return same_object(other.object.key(), user.object.key());
    });
    if (!known && same_object(user.borrowed.owner, owner)) {
      out.push_back(user);
    }
  }
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

std::vector<std::string> BundleFacts::secret_namespaces(std::string_view name) const {
  std::vector<std::string> out;
  const auto [first, last] = secrets_.equal_range(name);
  std::transform(first, last, std::back_inserter(out), [](const auto& entry) { return entry.second; });
  return out;
}

// Several of one name are the variants of an overlay, or those of unrelated applications.
std::optional<Object> BundleFacts::config_map(std::string_view ns, std::string_view name) const {
  std::optional<Object> found;
  const auto [first, last] = config_maps_.equal_range(name);
  for (auto entry = first; entry != last; ++entry) {
    const Object& other = entry->second;
    if (!same_namespace(other.key().ns, ns)) {
      continue;
    }
    const View data = other.root()["data"];
    const View known = found ? found->root()["data"] : data;
    if (!data || !known || *data.json() != *known.json()) {
      return std::nullopt;
    }
    found = found ? std::move(found) : std::optional(other);
  }
  return found;
}

std::optional<Object> BundleFacts::device_claim(const ObjectKey& key) const {
  return first_of(device_claims_, key.name, [&](const Object& claim) { return same_object(claim.key(), key); });
}

}  // namespace warmgate::kube
