// LeaderElection: at most one controller writes, the one that holds the Lease. The algorithm is client-go's
// (tools/leaderelection/leaderelection.go): who wants to lead watches the Lease by asking for it, and takes it when it
// has not changed for its duration by the own clock; times written by others are never compared with it.
//
// Expected flow: acquire() until it is ours, hold() while it is, release() at the end so that the next need not wait.
// Guarantees: surely_ours() is false before anybody else can have taken the Lease, as long as clocks run at the same
// speed: it counts from before the last renewal that succeeded was sent, others from after they saw it.
// What it cannot guarantee, nobody can from outside: that a write which was checked and sent arrives in time. So
// writes are given a deadline that the check allows for (fenced_api.h), and preconditions.
//
// acquire(), hold() and release() from one thread; the rest from any.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::controller {

struct LeaseOptions {
  std::string ns;
  std::string name;
  std::string identity;                     // of this process, and of no other one ever
  std::chrono::seconds duration{15};        // kube-controller-manager's
  std::chrono::seconds renew_deadline{10};  // without a renewal for so long it is given up
  std::chrono::milliseconds retry{2000};    // between tries to renew; to acquire, up to 2.2 times as long at random
  std::uint32_t seed = 0;                   // of that
  std::function<void(const std::string& message)> on_trouble;  // a try that failed; may be empty
};

class LeaderElection {
 public:
  enum class End { kStopped, kLost };

  // `api` and `clock` must outlive it. Calls of `api` must end within a few seconds.
  LeaderElection(cluster::KubeApi& api, cluster::Clock& clock, LeaseOptions options);
  ~LeaderElection();
  LeaderElection(const LeaderElection&) = delete;
  LeaderElection& operator=(const LeaderElection&) = delete;

  // Blocks until the Lease is ours; false: stopped before.
  bool acquire(const std::stop_token& stop);
  // Blocks while it is ours.
  End hold(const std::stop_token& stop);
  // Gives it back, if it is ours. Nothing may be written from then on.
  void release();

  // Nobody else has it now, nor within `margin` from now.
  [[nodiscard]] bool surely_ours(std::chrono::milliseconds margin) const;
  [[nodiscard]] std::string holder() const;  // as it was seen last; "" when nobody was
  // Since something was last heard of the Lease, be it a failure: the thread lives.
  [[nodiscard]] std::chrono::milliseconds last_try() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::controller
