// Backoff: how long to wait after the next failure: client-go's reflector (tools/cache/reflector.go): 800 ms, doubled
// up to 30 s, each stretched by up to itself at random so that the replicas of a webhook do not ask together, and from
// the start again when two minutes passed without one. A value type for one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace warmgate::cluster {

class Backoff {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Backoff(std::uint32_t seed) : random_(seed) {}

  // `now`: when it failed. `at_least`: what the server asked for (Retry-After); more than two minutes is not waited.
  std::chrono::milliseconds next(Time now, std::chrono::milliseconds at_least = {});

 private:
  std::mt19937 random_;
  std::chrono::milliseconds delay_{0};  // the last one before it was stretched
  std::optional<Time> until_;           // when the last wait was over
};

}  // namespace warmgate::cluster
