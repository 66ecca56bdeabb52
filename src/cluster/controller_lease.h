// ControllerLease: whether somebody renews the Lease of Warmgate's controller. Clocks of nodes differ, so what counts
// is when the Lease was seen to change, as for client-go's leader election; only what a first list finds may be old,
// and its own renewTime tells. Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "warmgate/cluster/clock.h"
#include "warmgate/kube/object.h"

namespace warmgate::cluster {

class ControllerLease {
 public:
  explicit ControllerLease(const Clock& clock) : clock_(clock) {}

  // The Lease as it is now; nullptr: it is gone. For ReflectorOptions::on_object.
  void see(const kube::Object* lease);

  // It was renewed within twice its duration. One that was given back counts as long: when the controller is replaced,
  // the next one takes it within seconds, and Pods of those seconds must not miss their gate.
  [[nodiscard]] bool active() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::string renewed_;  // renewTime as it stands in the Lease
  std::optional<Clock::Steady::time_point> active_until_;
  bool seen_ = false;
};

}  // namespace warmgate::cluster
