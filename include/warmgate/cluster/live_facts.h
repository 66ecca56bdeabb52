// LiveFacts: ClusterFacts of a running cluster. One reflector each for PersistentVolumeClaims, PersistentVolumes,
// StorageClasses, ModelCaches, HorizontalPodAutoscalers and the Pods that mount claims, trimmed to what rules read, and
// one for the controller's Lease; no question of a rule leads to a call. Thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/cluster/reflector.h"
#include "warmgate/kube/facts.h"

namespace warmgate::cluster {

struct LiveFactsOptions {
  // Where the controller's Lease is; without a name nobody looks, and no controller is active.
  std::string lease_ns;
  std::string lease_name;
  // Facts that the API server has not confirmed for longer are in doubt. A watch that works is renewed without a gap,
  // so this is the time that an API server may take to restart before anybody hears of it.
  std::chrono::seconds max_age{60};
  std::uint32_t seed = 0;                                // of the pauses after failures
  std::function<void(const ReflectorState&)> on_change;  // see ReflectorOptions
};

class ControllerLease;

class LiveFacts {
 public:
  // Starts the reflectors. `api` and `clock` must outlive it.
  LiveFacts(KubeApi& api, Clock& clock, const LiveFactsOptions& options);
  ~LiveFacts();
  LiveFacts(const LiveFacts&) = delete;
  LiveFacts& operator=(const LiveFacts&) = delete;

  // What is known now, unchanged for as long as it is held. Costs O(1).
  [[nodiscard]] std::shared_ptr<const kube::ClusterFacts> snapshot() const;
  [[nodiscard]] std::vector<ReflectorState> states() const;
  // The resources that have never been listed, with the reason where there is one: "pods (forbidden: …)"; "" when every
  // one has been. Nobody waits for the Lease: without it Pods are not held back, and verdicts are the same.
  [[nodiscard]] std::string waiting_for() const;

 private:
  Clock& clock_;
  const std::chrono::seconds max_age_;
  std::unique_ptr<ControllerLease> lease_;
  std::vector<std::unique_ptr<Reflector>> reflectors_;  // by FactType, then that of the Lease
};

// The same facts by one list of each, for commands that end at once. The error says what could not be read and, where
// a right is missing, how to get it.
base::Result<std::shared_ptr<const kube::ClusterFacts>> read_facts(KubeApi& api, bool controller_active = false);

// Whether the controller renews its Lease, by one GET. What cannot be read is no Lease.
bool read_controller_active(KubeApi& api, const Clock& clock, const std::string& ns, const std::string& name);

// The workload of that name as the API server has it now, by one GET; nullopt when there is none, or the kind is none
// that Warmgate judges.
base::Result<std::optional<kube::Object>> read_workload(KubeApi& api, const kube::ObjectKey& key);

}  // namespace warmgate::cluster
