// A ModelCache as it is planned for: its spec, and what of its metadata decides. Owns what it holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/api/model_cache_spec.h"
#include "warmgate/controller/plan.h"

namespace warmgate::controller {

struct CacheState {
  kube::Object object;
  api::ModelCacheSpec spec;
  std::string uid = {};
  std::string resource_version = {};
  std::int64_t generation = 0;
  std::string created = {};  // RFC 3339 in UTC, so that text order is time order
  std::optional<WallTime> deleted = {};
  std::optional<std::size_t> finalizer = {};  // the place of ours
  bool forced = false;                        // kForceDeleteAnnotation
  std::string retry = {};                     // value of kRetryAnnotation

  [[nodiscard]] const std::string& name() const { return spec.cache.name; }
  [[nodiscard]] const std::string& ns() const { return spec.cache.ns; }
  [[nodiscard]] std::string label() const { return "ModelCache/" + name(); }
  [[nodiscard]] std::string model() const { return spec.cache.repo + "@" + spec.cache.revision; }
  [[nodiscard]] document::View condition(std::string_view type) const;
  // It was Ready on the claim with this UID, with these files, and that was written down.
  [[nodiscard]] bool ready_on(const std::string& claim_uid) const;
  [[nodiscard]] bool same_model(const CacheState& other) const { return model() == other.model(); }
};

// Those that can be read, the oldest first; of equals by name. The API server refuses others.
std::vector<CacheState> read_caches(const std::vector<kube::Object>& objects);

std::string uid_of(const kube::Object& object);
std::string resource_version_of(const kube::Object& object);
// metadata.creationTimestamp.
std::optional<WallTime> created_at(const kube::Object& object);
bool is_being_deleted(const kube::Object& object);
std::string annotation(const kube::Object& object, std::string_view name);
std::string label_of(const kube::Object& object, std::string_view name);
// The condition of that type of any object has status "True".
bool has_condition(const kube::Object& object, std::string_view type);
document::View find_condition(const kube::Object& object, std::string_view type);

// RFC 6902 operations that put our finalizer on the object, or take it off.
Write add_finalizer(const CacheState& cache);
Write remove_finalizer(const CacheState& cache, const std::string& why);

}  // namespace warmgate::controller
