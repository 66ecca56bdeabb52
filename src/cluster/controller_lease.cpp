#include "controller_lease.h"

#include <algorithm>

#include "warmgate/kube/time.h"

namespace warmgate::cluster {
namespace {

using std::chrono::seconds;

// That of `warmgate controller`, and of client-go's leader election. One that is given back says 1 s (client-go
// leaderelection.go release()).
constexpr seconds kDuration{15};
constexpr seconds kLongest{300};

}  // namespace

void ControllerLease::see(const kube::Object* lease) {
  const std::lock_guard lock(mutex_);
  if (lease == nullptr) {
    active_until_.reset();
    renewed_.clear();
    return;
  }
  const document::View spec = lease->root()["spec"];
  const std::string renewed = spec["renewTime"].text();
  if (renewed.empty() || renewed == renewed_) {
    return;
  }
  renewed_ = renewed;
  const seconds said(spec["leaseDurationSeconds"].integer().value_or(0));
  const seconds fresh = 2 * std::clamp(said, kDuration, kLongest);
  Clock::Wall::duration age{0};
  if (!seen_) {
    const std::optional<kube::WallTime> time = kube::read_time(renewed);
    age = time ? std::clamp<Clock::Wall::duration>(clock_.wall_now() - *time, seconds(0), fresh) : fresh;
  }
  seen_ = true;
  active_until_ = clock_.now() + std::chrono::duration_cast<Clock::Steady::duration>(fresh - age);
}

bool ControllerLease::active() const {
  const std::lock_guard lock(mutex_);
  return active_until_ && clock_.now() < *active_until_;
}

}  // namespace warmgate::cluster
