// Whether a download to a claim can start, and why not. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache_state.h"
#include "warmgate/controller/observed.h"

namespace warmgate::controller {

struct StorageVerdict {
  bool ready = false;    // a download can start: the claim is bound, or binds when its first Pod is scheduled
  bool trouble = false;  // somebody has to do something
  std::string reason;    // of the condition StorageReady
  std::string message;
  std::vector<std::string> zones = {};     // where the download must run
  std::optional<Write> create_claim = {};  // that is missing and ours to make
};

StorageVerdict check_storage(const CacheState& cache, const ObservedClaim& observed, const Settings& settings);

// The claim was made by us for this cache: it is deleted with it.
bool is_own_claim(const CacheState& cache, const kube::Object& claim);

}  // namespace warmgate::controller
