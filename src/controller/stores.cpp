#include "warmgate/controller/stores.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/api/names.h"
#include "warmgate/api/waits_for.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using cluster::Collection;
using document::Json;
using document::View;

// How long the watch may lag behind a write before it is believed against it.
constexpr std::chrono::seconds kLag{60};

std::string id_of(const std::string& ns, const std::string& name) { return ns + "/" + name; }

std::string index_key(std::string_view what, const std::string& ns, const std::string& name) {
  return std::string(what).append("/").append(ns).append("/").append(name);
}

std::string uid_of(const kube::Object& object) { return object.root()["metadata"]["uid"].text(); }

// Opaque by the letter; they are numbers that grow, which Kubernetes 1.35 promises (KEP-5504).
std::uint64_t version_of(const kube::Object& object) {
  const std::string text = object.root()["metadata"]["resourceVersion"].text();
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool same_members(const Json& a, const Json& b, std::string_view apart_from) {
  return a.size() == b.size() && std::all_of(a.items().begin(), a.items().end(), [&](const auto& item) {
           const auto other = b.find(item.key());
           return other != b.end() && (item.key() == apart_from || item.value() == *other);
         });
}

// Whether all is the same that planners may read. Copies nothing: every heartbeat of every node comes here.
bool same_but_version(const kube::Object& a, const kube::Object& b) {
  const Json& left = a.document().value();
  const Json& right = b.document().value();
  return same_members(left["metadata"], right["metadata"], "resourceVersion") && same_members(left, right, "metadata");
}

std::optional<StoreType> type_of(const cluster::Resource& resource) {
  for (std::size_t i = 0; i < kStoreTypes; ++i) {
    const cluster::Resource& known = stored_types().at(i).resource;
    if (known.group == resource.group && known.plural == resource.plural) {
      return static_cast<StoreType>(i);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string WorkKey::text() const { return index_key(pod ? "pod" : "claim", ns, name); }

std::optional<WorkKey> read_work_key(std::string_view text) {
  const std::vector<std::string_view> parts = base::split(text, '/');
  if (parts.size() != 3 || (parts[0] != "pod" && parts[0] != "claim")) {
    return std::nullopt;
  }
  return WorkKey{parts[0] == "pod", std::string(parts[1]), std::string(parts[2])};
}

std::string claim_of_cache(const kube::Object& cache) {
  const std::string named = cache.root()["spec"]["storage"]["claimName"].text();
  return named.empty() ? cache.key().name : named;
}

std::vector<std::string> waited_caches(const kube::Object& pod) {
  const std::string text = pod.root()["metadata"]["annotations"][api::kWaitsForAnnotation].text();
  std::vector<std::string> caches;
  for (const api::WaitedFor& one : api::parse_waits_for(text).value_or(std::vector<api::WaitedFor>())) {
    if (std::find(caches.begin(), caches.end(), one.cache) == caches.end()) {
      caches.push_back(one.cache);
    }
  }
  return caches;
}

bool has_gate(const kube::Object& pod) {
  const std::vector<View> gates = pod.root()["spec"]["schedulingGates"].items();
  return std::any_of(gates.begin(), gates.end(), [](const View& gate) { return gate["name"].text() == api::kGate; });
}

Stores::Stores(cluster::Clock& clock, OnDirty on_dirty) : clock_(clock), on_dirty_(std::move(on_dirty)) {
  for (std::size_t i = 0; i < kStoreTypes; ++i) {
    stores_.at(i).objects = Collection(stored_types().at(i).keys);
  }
}

void Stores::tell(const std::vector<std::string>& dirty) const {
  if (on_dirty_) {
    for (const std::string& key : dirty) {
      on_dirty_(key);
    }
  }
}

void Stores::observe(StoreType type, const kube::Object* before, const kube::Object* after) {
  std::vector<std::string> dirty;
  {
    const std::lock_guard lock(mutex_);
    const kube::ObjectKey& key = (after == nullptr ? before : after)->key();
    Store& store = stores_.at(static_cast<std::size_t>(type));
    const kube::Object* known = store.objects.find(key.ns, key.name);
    const std::uint64_t known_version = known == nullptr ? 0 : version_of(*known);
    // What a write returned is newer than this; the watch will come to it.
    const bool old_news =
        known != nullptr && (after == nullptr ? known_version > version_of(*before) && uid_of(*known) != uid_of(*before)
                                              : known_version > version_of(*after));
    if (!old_news) {
      store.learned.erase(id_of(key.ns, key.name));
      change(type, key.ns, key.name, after, dirty);
    }
  }
  tell(dirty);
}

void Stores::learn(const cluster::Resource& resource, const Json& object) {
  const std::optional<StoreType> type = type_of(resource);
  if (!type) {
    return;
  }
  const View metadata = View(object)["metadata"];
  const std::string ns = metadata["namespace"].text();
  const std::string name = metadata["name"].text();
  std::optional<Json> trimmed = stored_types().at(static_cast<std::size_t>(*type)).trim(object);
  const std::optional<kube::Object> fresh =
      trimmed ? std::optional<kube::Object>(document::Document(std::move(*trimmed))) : std::nullopt;
  std::vector<std::string> dirty;
  {
    const std::lock_guard lock(mutex_);
    const kube::Object* known = of(*type).find(ns, name);
    // The write that takes the last finalizer away returns what was there before, in its old version. Not so for
    // Pods, which go on for a while without finalizers.
    const bool ended =
        *type == StoreType::kCaches && metadata["deletionTimestamp"] && metadata["finalizers"].size() == 0;
    if (fresh && !ended && known != nullptr && version_of(*known) >= version_of(*fresh)) {
      return;
    }
    change(*type, ns, name, fresh && !ended ? &*fresh : nullptr, dirty);
    stores_.at(static_cast<std::size_t>(*type)).learned[id_of(ns, name)] = clock_.now();
  }
  tell(dirty);
}

void Stores::learn_deletion(const cluster::Resource& resource, const std::string& ns, const std::string& name) {
  const std::optional<StoreType> type = type_of(resource);
  std::vector<std::string> dirty;
  if (type) {
    const std::lock_guard lock(mutex_);
    const kube::Object* known = of(*type).find(ns, name);
    if (known == nullptr || known->root()["metadata"]["deletionTimestamp"]) {
      return;
    }
    Json going = known->document().value();
    going["metadata"]["deletionTimestamp"] = kube::to_time(clock_.wall_now());
    const kube::Object object{document::Document(std::move(going))};
    change(*type, ns, name, &object, dirty);
    stores_.at(static_cast<std::size_t>(*type)).learned[id_of(ns, name)] = clock_.now();
  }
  tell(dirty);
}

void Stores::learn_absence(const cluster::Resource& resource, const std::string& ns, const std::string& name) {
  const std::optional<StoreType> type = type_of(resource);
  std::vector<std::string> dirty;
  if (type) {
    const std::lock_guard lock(mutex_);
    change(*type, ns, name, nullptr, dirty);
    stores_.at(static_cast<std::size_t>(*type)).learned[id_of(ns, name)] = clock_.now();
  }
  tell(dirty);
}

void Stores::settle(StoreType type, const Collection& watched) {
  std::vector<std::string> dirty;
  {
    const std::lock_guard lock(mutex_);
    auto& learned = stores_.at(static_cast<std::size_t>(type)).learned;
    for (auto entry = learned.begin(); entry != learned.end();) {
      if (clock_.now() - entry->second < kLag) {
        ++entry;
        continue;
      }
      const std::size_t slash = entry->first.find('/');
      const std::string ns = entry->first.substr(0, slash);
      const std::string name = entry->first.substr(slash + 1);
      change(type, ns, name, watched.find(ns, name), dirty);
      entry = learned.erase(entry);
    }
  }
  tell(dirty);
}

void Stores::change(StoreType type, const std::string& ns, const std::string& name, const kube::Object* after,
                    std::vector<std::string>& dirty) {
  Collection& objects = stores_.at(static_cast<std::size_t>(type)).objects;
  const kube::Object* known = objects.find(ns, name);
  const bool same = known != nullptr && after != nullptr && same_but_version(*known, *after);
  if (known != nullptr && !same) {
    mark(type, *known, dirty);
  }
  if (after != nullptr) {
    objects.put(*after);
    if (!same) {
      mark(type, *after, dirty);
    }
  } else {
    objects.remove(ns, name);
  }
}

// The keys that `object` matters to, by the caches that are known now. Caches that come later bring their own.
void Stores::mark(StoreType type, const kube::Object& object, std::vector<std::string>& dirty) const {
  const std::string& ns = object.key().ns;
  const auto mark_claim = [&](const std::string& key) {
    if (!of(StoreType::kCaches).all_at(key).empty()) {
      dirty.push_back(key);
    }
  };
  switch (type) {
    case StoreType::kCaches:
      dirty.push_back(WorkKey{false, ns, claim_of_cache(object)}.text());
      for (const kube::Object& pod : of(StoreType::kPods).all_at(index_key("waits", ns, object.key().name))) {
        if (has_gate(pod)) {
          dirty.push_back(WorkKey{true, ns, pod.key().name}.text());
        }
      }
      break;
    case StoreType::kClaims:
      mark_claim(WorkKey{false, ns, object.key().name}.text());
      break;
    case StoreType::kClasses:
    case StoreType::kNodes:
      for (const kube::Object& cache :
           type == StoreType::kNodes ? of(StoreType::kCaches).all_at(kWaitsForNodes) : of(StoreType::kCaches).all()) {
        dirty.push_back(WorkKey{false, cache.key().ns, claim_of_cache(cache)}.text());
      }
      break;
    case StoreType::kVolumes:
    case StoreType::kJobs:
      for (const std::string& key : stored_types().at(static_cast<std::size_t>(type)).keys(object)) {
        mark_claim(key);
      }
      break;
    case StoreType::kPods:
      for (const std::string& key : stored_types().at(static_cast<std::size_t>(type)).keys(object)) {
        if (key.starts_with("claim/")) {
          mark_claim(key);
        }
      }
      for (const std::string& cache : waited_caches(object)) {
        if (const kube::Object* found = of(StoreType::kCaches).find(ns, cache)) {
          dirty.push_back(WorkKey{false, ns, claim_of_cache(*found)}.text());
        }
      }
      if (has_gate(object)) {
        dirty.push_back(WorkKey{true, ns, object.key().name}.text());
      }
      break;
  }
}

ObservedClaim Stores::observe_claim(const std::string& ns, const std::string& claim) const {
  const std::lock_guard lock(mutex_);
  ObservedClaim seen;
  seen.ns = ns;
  seen.claim_name = claim;
  const std::string key = index_key("claim", ns, claim);
  if (const kube::Object* found = of(StoreType::kClaims).find(ns, claim)) {
    seen.claim = *found;
    const kube::Object* volume = of(StoreType::kVolumes).find("", found->root()["spec"]["volumeName"].text());
    seen.volume = volume == nullptr ? std::nullopt : std::optional(*volume);
  }
  seen.caches = of(StoreType::kCaches).all_at(key);
  seen.jobs = of(StoreType::kJobs).all_at(key);
  std::map<std::string, kube::Object> pods;
  const auto add_pods = [&](const std::string& index) {
    for (kube::Object& pod : of(StoreType::kPods).all_at(index)) {
      pods.try_emplace(pod.key().name, std::move(pod));
    }
  };
  add_pods(key);
  for (const kube::Object& cache : seen.caches) {
    add_pods(index_key("waits", ns, cache.key().name));
  }
  for (const kube::Object& job : seen.jobs) {
    add_pods(index_key("job", ns, job.key().name));
  }
  for (auto& [name, pod] : pods) {
    seen.pods.push_back(std::move(pod));
  }
  seen.classes = of(StoreType::kClasses).all();
  seen.nodes = of(StoreType::kNodes).all();
  return seen;
}

std::optional<ObservedPod> Stores::observe_pod(const std::string& ns, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const kube::Object* pod = of(StoreType::kPods).find(ns, name);
  if (pod == nullptr || !has_gate(*pod)) {
    return std::nullopt;
  }
  ObservedPod seen{*pod, {}};
  for (const std::string& cache : waited_caches(*pod)) {
    if (const kube::Object* found = of(StoreType::kCaches).find(ns, cache)) {
      seen.caches.push_back(*found);
    }
  }
  return seen;
}

std::optional<kube::Object> Stores::find(const cluster::Resource& resource, const std::string& ns,
                                         const std::string& name) const {
  const std::optional<StoreType> type = type_of(resource);
  const std::lock_guard lock(mutex_);
  const kube::Object* found = type ? of(*type).find(ns, name) : nullptr;
  return found == nullptr ? std::nullopt : std::optional(*found);
}

Collection Stores::all(StoreType type) const {
  const std::lock_guard lock(mutex_);
  return of(type);
}

std::vector<std::string> Stores::all_keys() const {
  const Collection caches = all(StoreType::kCaches);
  const Collection waiting = all(StoreType::kPods);
  std::vector<std::string> keys;
  for (const kube::Object& cache : caches.all()) {
    keys.push_back(WorkKey{false, cache.key().ns, claim_of_cache(cache)}.text());
  }
  for (const kube::Object& pod : waiting.all()) {
    if (has_gate(pod)) {
      keys.push_back(WorkKey{true, pod.key().ns, pod.key().name}.text());
    }
  }
  return keys;
}

}  // namespace warmgate::controller
