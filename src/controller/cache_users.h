// Which Pods use which ModelCache of a claim. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cache_state.h"
#include "warmgate/controller/observed.h"

namespace warmgate::controller {

struct CacheUsers {
  std::vector<std::string> all;      // names of Pods, those included that are held back by our gate
  std::vector<std::string> started;  // of those that are not: their files must stay
};

// For each of `caches`, in their order.
std::vector<CacheUsers> users_of(const ObservedClaim& observed, const std::vector<CacheState>& caches,
                                 const Settings& settings);

// "a, b, c and 5 more".
std::string list_names(const std::vector<std::string>& names);

}  // namespace warmgate::controller
