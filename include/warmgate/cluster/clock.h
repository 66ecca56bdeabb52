// Clock: the seam for time in this room. Thread-safe.
#pragma once

#include <chrono>
#include <stop_token>

namespace warmgate::cluster {

class Clock {
 public:
  using Steady = std::chrono::steady_clock;
  using Wall = std::chrono::system_clock;

  virtual ~Clock() = default;
  [[nodiscard]] virtual Steady::time_point now() const = 0;     // for durations
  [[nodiscard]] virtual Wall::time_point wall_now() const = 0;  // for dates that others wrote
  virtual void sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) = 0;  // less when stopped
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Steady::time_point now() const override { return Steady::now(); }
  [[nodiscard]] Wall::time_point wall_now() const override { return Wall::now(); }
  void sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) override;
};

}  // namespace warmgate::cluster
