// Executor: carries out a Plan: its notes, then its writes, each with its preconditions, until one fails. What a write
// returns goes back into the Stores, so that the next look at the key begins where this one ended. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "warmgate/base/log.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/controller/event_recorder.h"
#include "warmgate/controller/plan.h"
#include "warmgate/controller/stores.h"
#include "warmgate/controller/telemetry.h"

namespace warmgate::controller {

struct Outcome {
  enum class Kind {
    kDone,
    kStale,      // the plan rested on what is no longer so: look again
    kFailed,     // look again after a while
    kNotLeader,  // another one's work now
    kStopped,    // before all was written
  };
  Kind kind = Kind::kDone;
  std::string error;
  std::chrono::seconds retry_after{0};
  bool refused = false;  // the API server does not want it: quota, rights, admission
};

class Executor {
 public:
  // What it refers to must outlive it.
  Executor(cluster::KubeApi& api, cluster::Clock& clock, Stores& stores, EventRecorder& events, Telemetry& telemetry,
           base::Log& log)
      : api_(api), clock_(clock), stores_(stores), events_(events), telemetry_(telemetry), log_(log) {}

  // `stop` ends it between two writes, never in the middle of one.
  Outcome carry_out(const Plan& plan, const std::stop_token& stop);

 private:
  Outcome write(const Write& write, const std::stop_token& stop);
  Outcome create(const Write& write);
  Outcome create_job(const Write& write, const std::stop_token& stop);
  Outcome patch(const Write& write);
  Outcome remove(const Write& write);
  Outcome failed(const Write& write, const cluster::ApiError& error);
  void look_afresh(const Write& write);
  void measure(const Write& write, const std::optional<kube::Object>& before, const document::Json& after);
  cluster::ApiResult<std::string> other_writer(const Write& write, bool& exists, const std::stop_token& stop);

  cluster::KubeApi& api_;
  cluster::Clock& clock_;
  Stores& stores_;
  EventRecorder& events_;
  Telemetry& telemetry_;
  base::Log& log_;
};

// Neither complete nor failed: it may write.
bool is_active_job(const document::View& job);

}  // namespace warmgate::controller
