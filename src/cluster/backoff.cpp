#include "warmgate/cluster/backoff.h"

#include <algorithm>

namespace warmgate::cluster {

std::chrono::milliseconds Backoff::next(std::chrono::milliseconds at_least) {
  using std::chrono::milliseconds;
  constexpr milliseconds kFirst{800};
  constexpr milliseconds kMost{10'000};
  constexpr milliseconds kMostAsked{120'000};
  delay_ = delay_.count() == 0 ? kFirst : std::min(delay_ * 2, kMost);
  std::uniform_int_distribution<milliseconds::rep> stretch(0, delay_.count() - 1);
  return std::max(delay_ + milliseconds(stretch(random_)), std::min(at_least, kMostAsked));
}

}  // namespace warmgate::cluster
