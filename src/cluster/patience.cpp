#include "patience.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace warmgate::cluster {

Wait wait_for(int fd, short events, const Patience& patience) {
  std::array<pollfd, 2> entries{pollfd{fd, events, 0}, pollfd{patience.stop_fd, POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(patience.deadline - SteadyClock::now());
    if (left.count() <= 0) {
      return Wait::kLate;
    }
    // An hour at most, so that the number fits poll's int.
    const auto timeout = std::min(left, std::chrono::milliseconds{3'600'000});
    const int ready = ::poll(entries.data(), entries.size(), static_cast<int>(timeout.count()));
    if (ready > 0) {
      return entries[1].revents != 0 ? Wait::kStopped : Wait::kReady;
    }
    if (ready < 0 && errno != EINTR) {
      return Wait::kReady;
    }
  }
}

void Interrupt::Wake::operator()() const {
  const std::uint64_t one = 1;
  // Cannot fail: the counter of a new eventfd is far from full.
  [[maybe_unused]] const auto written = ::write(fd, &one, sizeof(one));
}

Interrupt::Interrupt(const std::stop_token& stop) {
  if (stop.stop_possible()) {
    event_ = base::UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    callback_.emplace(stop, Wake{event_.get()});
  }
}

}  // namespace warmgate::cluster
