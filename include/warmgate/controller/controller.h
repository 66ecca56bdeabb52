// Controller: keeps the cluster as ModelCaches ask for it. Watches feed Stores; each change makes keys dirty; workers
// take a key, look at all that matters to it, let a pure planner decide, and carry its plan out.
//
// Expected flow: constructed, it watches; lead() begins to work once everything has been read; stop() ends that, after
// the write in flight. Level-triggered: what to do follows from what is there, never from what happened, so nothing is
// lost with a process, and each key is looked at again now and then.
// Thread-safe. Owns its threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "warmgate/base/log.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/cluster/reflector.h"
#include "warmgate/controller/observed.h"
#include "warmgate/controller/stores.h"
#include "warmgate/controller/telemetry.h"

namespace warmgate::controller {

// The deciders: plan_claim, plan_pod and read_progress, or those of a test.
struct Planners {
  std::function<Plan(const ObservedClaim&, const Settings&, WallTime)> claim;
  std::function<Plan(const ObservedPod&, const Settings&, WallTime)> pod;
  std::function<std::optional<Progress>(std::string_view log_tail, const std::optional<Progress>& before, WallTime)>
      progress;
};

struct ControllerOptions {
  int workers = 4;
  std::chrono::seconds resync{600};  // within so long each key is looked at once more, at a moment of its own
  std::uint32_t seed = 0;            // of that, and of the pauses after failures
  std::string instance;              // which process tells Events
  std::function<void(const cluster::ReflectorState&)> on_watch;  // see ReflectorOptions::on_change; may be empty
};

class Controller {
 public:
  using SettingsSource = std::function<std::shared_ptr<const Settings>()>;

  // What it refers to must outlive it. Writes go by `api` only: give a FencedApi.
  Controller(cluster::KubeApi& api, cluster::Clock& clock, Planners planners, SettingsSource settings,
             Telemetry& telemetry, base::Log& log, ControllerOptions options);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  void lead();  // once
  void stop();  // for good; blocks until no worker runs

  // The types that have not been read yet, with the reason where there is one; "" when all have been.
  [[nodiscard]] std::string waiting_for() const;
  [[nodiscard]] const Stores& stores() const;
  [[nodiscard]] std::size_t queue_depth() const;
  [[nodiscard]] std::chrono::milliseconds longest_work() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::controller
