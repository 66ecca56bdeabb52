// EventRecorder: tells Notes as Events (core/v1) of the objects that they are about. The name of an Event is made of
// all that the Note says, so that the same Note is one Event whoever tells it, and how often. An Event that cannot be
// told is logged and left: it holds nothing up. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/controller/plan.h"
#include "warmgate/controller/telemetry.h"

namespace warmgate::controller {

class EventRecorder {
 public:
  using OnFailure = std::function<void(const Note& note, const cluster::ApiError& error)>;

  // What it refers to must outlive it. `instance`: which process tells. `on_failure` may be empty.
  EventRecorder(cluster::KubeApi& api, cluster::Clock& clock, Telemetry& telemetry, std::string instance,
                OnFailure on_failure);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  void tell(const Note& note);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The object that tells the Note, first seen at `now`.
document::Json event_of(const Note& note, const std::string& instance, WallTime now);

}  // namespace warmgate::controller
