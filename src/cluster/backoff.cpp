#include "warmgate/cluster/backoff.h"

#include <algorithm>

namespace warmgate::cluster {

using std::chrono::milliseconds;

milliseconds Backoff::next(Time now, milliseconds at_least) {
  constexpr milliseconds kFirst{800};
  constexpr milliseconds kMost{30'000};
  constexpr milliseconds kHealthy{120'000};
  const bool healthy = !until_ || now - *until_ >= kHealthy;
  delay_ = healthy ? kFirst : std::min(delay_ * 2, kMost);
  std::uniform_int_distribution<milliseconds::rep> stretch(0, delay_.count() - 1);
  const milliseconds wait = std::max(delay_ + milliseconds(stretch(random_)), std::min(at_least, kHealthy));
  until_ = now + wait;
  return wait;
}

}  // namespace warmgate::cluster
