// Patience: until when a call waits for the network, and what ends the wait at once. Interrupt turns a stop token into
// something that poll() sees. Both are used by the thread of one call.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "warmgate/base/unique_fd.h"

namespace warmgate::cluster {

using SteadyClock = std::chrono::steady_clock;

struct Patience {
  SteadyClock::time_point deadline;
  int stop_fd = -1;  // readable: stop; -1: nothing stops
};

enum class Wait { kReady, kLate, kStopped };

// Waits until `fd` has one of `events` or is broken (kReady: the next read or write tells).
Wait wait_for(int fd, short events, const Patience& patience);

class Interrupt {
 public:
  explicit Interrupt(const std::stop_token& stop);

  [[nodiscard]] int fd() const { return event_.get(); }

 private:
  struct Wake {
    int fd;
    void operator()() const;
  };
  base::UniqueFd event_;
  std::optional<std::stop_callback<Wake>> callback_;
};

}  // namespace warmgate::cluster
