// The emergency switch: takes the gate warmgate.dev/model-cache off Pods. It needs nothing of Warmgate in the cluster
// and no right but to list and patch Pods.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::cli {

struct GateRelease {
  std::string ns;                 // "": all namespaces
  std::vector<std::string> pods;  // empty: every gated Pod
  bool dry_run = false;
  std::size_t at_once = 8;  // calls; an API server takes 200 that write (--max-mutating-requests-inflight)
};

struct GatesReleased {
  std::size_t released = 0;
  std::size_t gone = 0;               // deleted meanwhile
  std::vector<std::string> failures;  // "llm/server-1: why"
  std::vector<std::string> unknown;   // of the Pods that were named: those that do not wait with our gate
  bool given_up = false;              // the API server does not answer any more: the rest was not tried
};

// `tell` gets "llm/server-1" for each Pod that is released, in the order of the list, in the caller's thread. Goes on
// after single failures; fails only when the Pods cannot be listed at all.
base::Result<GatesReleased> release_gates(cluster::KubeApi& api, const GateRelease& what,
                                          const std::function<void(const std::string& pod)>& tell);

}  // namespace warmgate::cli
