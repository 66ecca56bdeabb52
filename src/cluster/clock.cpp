#include "warmgate/cluster/clock.h"

#include <condition_variable>
#include <mutex>

namespace warmgate::cluster {

void SystemClock::sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any condition;
  std::unique_lock lock(mutex);
  condition.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace warmgate::cluster
