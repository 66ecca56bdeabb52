// The types of objects that ClusterFacts are made of, and what is kept of each: what some rule reads, no more.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "warmgate/cluster/collection.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::cluster {

enum class FactType : std::size_t { kClaims, kVolumes, kStorageClasses, kModelCaches, kAutoscalers, kPods };
inline constexpr std::size_t kFactTypes = 6;

struct WatchedType {
  Resource resource;
  Trim trim = nullptr;
  IndexKeys keys = nullptr;
  bool may_be_absent = false;   // 404 means that the kind is not installed, so there are none
  std::size_t max_objects = 0;  // kept; more is a failure that is said, not a process without memory
};

// By FactType.
const std::array<WatchedType, kFactTypes>& watched_types();

// The index keys of Pods begin with this for all Pods on the claim.
std::string claim_prefix(std::string_view ns, std::string_view claim);
// The index key of autoscalers of that object.
std::string target_key(std::string_view ns, std::string_view kind, std::string_view name);

}  // namespace warmgate::cluster
