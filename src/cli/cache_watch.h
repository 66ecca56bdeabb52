// Looks at the ModelCaches of a cluster, once or as they change.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cache_table.h"
#include "warmgate/base/result.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::cli {

struct CacheQuery {
  std::string ns;    // "": all namespaces
  std::string name;  // "": all in it
};

// By namespace and name. An error where `name` is given and there is none.
base::Result<std::vector<CacheRow>> read_caches(cluster::KubeApi& api, const CacheQuery& query);

struct CacheWatch {
  cluster::KubeApi& api;
  cluster::Clock& clock;
  CacheQuery query;
  bool until_ready = false;
  // Gets them at first and after each change; false: nobody looks any more.
  std::function<bool(const std::vector<CacheRow>&)> show;
  std::function<void(const std::string&)> warn;  // the API server cannot be asked now; it is asked again
};

enum class WatchEnd { kReady, kFailed, kDeleted, kNobodyLooks };

// Returns when nobody looks any more, or, with until_ready, when all of them are Ready, one has failed, or none is
// left. An error only when they cannot be listed at first, or there are none to wait for.
base::Result<WatchEnd> watch_caches(const CacheWatch& watch);

}  // namespace warmgate::cli
