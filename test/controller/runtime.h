// What tests of the controller's runtime share: planners that are simple enough to be foreseen, telemetry that counts,
// and a cluster's own controllers, played.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "controller/fake_cluster.h"
#include "warmgate/controller/controller.h"
#include "warmgate/controller/telemetry.h"

namespace warmgate::testing {

class CountingTelemetry final : public controller::Telemetry {
 public:
  void reconciled(std::string_view kind, std::string_view result, double /*seconds*/) override {
    count(std::string(kind) + " " + std::string(result));
  }
  void api_call(std::string_view verb, std::string_view resource, int /*code*/) override {
    count(std::string(verb) + " " + std::string(resource));
  }
  void queue_waited(double /*seconds*/) override { count("taken"); }
  void event(std::string_view result) override { count("event " + std::string(result)); }
  void download(double /*seconds*/) override { count("download"); }
  void gate_released(double /*seconds*/) override { count("gate"); }

  [[nodiscard]] int operator[](const std::string& what) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  void count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++counts_[what];
  }
  mutable std::mutex mutex_;
  std::map<std::string, int> counts_;
};

// One Job for each ModelCache, one at a time on a claim; status.phase is Ready when it is complete. It takes a Job's
// Pod for its own when that waits for the cache, and then lets it go.
controller::Planners simple_planners();

Json cache_on(const std::string& name, const std::string& claim);
Json bound_claim(const std::string& name);
Json gated_pod(const std::string& name, const std::string& cache);

// Completes every Job that is active, as the Job controller would.
void complete_jobs(FakeCluster& cluster);
bool all_ready(const FakeCluster& cluster, std::size_t count);
std::size_t active_jobs(const FakeCluster& cluster, const std::string& claim_uid);

}  // namespace warmgate::testing
