// CacheRules: spec.modelCaches of a CachePolicy: what is done about ModelCaches and the Pods that wait for them. A
// plain value; the defaults are those of the built-in policy.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/api/model_cache_spec.h"

namespace warmgate::api {

// What becomes of a GPU inference Pod whose pinned model has no ModelCache in its namespace.
enum class MissingCache { kAllow, kWarn, kDeny, kCreate };

// What becomes of a Pod that has waited for max_hold.
enum class AfterHold { kRelease, kKeep };

struct CacheRules {
  bool gates = true;  // Pods wait for their ModelCache
  MissingCache missing = MissingCache::kAllow;
  NewClaim create;                        // storage of the ModelCaches that kCreate makes
  std::chrono::seconds max_hold{86'400};  // a day
  AfterHold after_hold = AfterHold::kRelease;
  std::vector<std::string> images = {"*"};     // globs: what spec.download.image may be
  std::vector<std::string> endpoints = {"*"};  // globs: what spec.source.huggingFace.endpoint may be
  // A ModelCache that no Pod has used for so long, and that another one of the same repository has replaced, is
  // deleted; nullopt: it is only reported.
  std::optional<std::chrono::seconds> delete_unused_after;
};

}  // namespace warmgate::api
