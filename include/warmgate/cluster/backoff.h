// Backoff: how long to wait after the next failure: 800 ms, doubled up to 10 s, each stretched by up to itself at
// random so that the replicas of a webhook do not ask together. A value type for one thread.
//
// client-go's reflector (tools/cache/reflector.go) starts from 800 ms too, but goes up to 30 s, stretched to a minute,
// and starts again only after two minutes without a failure: it is made for thousands of kubelets that come back
// together. Warmgate has a few replicas with six watches each, and while it waits its facts are in doubt, which changes
// verdicts; so it waits for 20 s at most and starts again as soon as a watch has held. That a list worked is no reason:
// lists are dear, and where watches fail behind each of them they would be asked for every second. An API server that
// is overloaded says so (Retry-After), and then its word counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace warmgate::cluster {

class Backoff {
 public:
  explicit Backoff(std::uint32_t seed) : random_(seed) {}

  // `at_least`: what the server asked for (Retry-After); more than two minutes is not waited.
  std::chrono::milliseconds next(std::chrono::milliseconds at_least = {});
  // It works: the next failure is a first one.
  void reset() { delay_ = {}; }

 private:
  std::mt19937 random_;
  std::chrono::milliseconds delay_{0};  // the last one before it was stretched
};

}  // namespace warmgate::cluster
