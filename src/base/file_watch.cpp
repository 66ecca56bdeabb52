#include "warmgate/base/file_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>

#include "watched_directories.h"

namespace warmgate::base {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

}  // namespace

struct FileWatch::Impl {
  Impl(FileWatchOptions given, Check given_check)
      : options(std::move(given)), check(std::move(given_check)), directories(options.paths, options.events) {}

  enum class Woken { kTime, kEvent, kBell };

  // Until `deadline`; the bell wins over events.
  Woken wait_until(Clock::time_point deadline) const {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    std::array<pollfd, 2> entries{{{bell, POLLIN, 0}, {directories.fd(), POLLIN, 0}}};  // poll skips an fd of -1
    const int ready = ::poll(entries.data(), entries.size(), static_cast<int>(std::max<long>(0, left.count())));
    if (ready <= 0) {
      return Woken::kTime;
    }
    return entries[0].revents != 0 ? Woken::kBell : Woken::kEvent;
  }

  // Until the burst of events is over.
  void let_settle() {
    const auto last = Clock::now() + options.longest_burst;
    do {
      directories.swallow_events();
    } while (wait_until(std::min(last, Clock::now() + options.quiet)) == Woken::kEvent && Clock::now() < last);
  }

  void run() {
    auto next_poll = Clock::now() + options.poll;
    while (!stopping) {
      Occasion occasion = Occasion::kPoll;
      switch (wait_until(next_poll)) {
        case Woken::kTime:
          if (Clock::now() < next_poll) {
            continue;  // a signal interrupted the wait
          }
          break;
        case Woken::kEvent:
          let_settle();
          // Events without end must not keep the poll away.
          occasion = Clock::now() < next_poll ? Occasion::kEvent : Occasion::kPoll;
          break;
        case Woken::kBell: {
          std::uint64_t rings = 0;
          (void)!::read(bell, &rings, sizeof(rings));
          occasion = Occasion::kAsked;
          break;
        }
      }
      if (stopping) {
        return;
      }
      if (occasion == Occasion::kPoll) {
        next_poll = Clock::now() + options.poll;
      }
      // Before the files are read, so that whatever comes after that is an event.
      directories.refresh();
      check(occasion);
    }
  }

  void ring() const {
    const std::uint64_t one = 1;
    (void)!::write(bell, &one, sizeof(one));
  }

  const FileWatchOptions options;
  const Check check;
  WatchedDirectories directories;
  const int bell = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::atomic<bool> stopping{false};
  std::thread thread;
};

FileWatch::FileWatch(FileWatchOptions options, Check check)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(check))) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

FileWatch::~FileWatch() {
  impl_->stopping = true;
  impl_->ring();
  impl_->thread.join();
  ::close(impl_->bell);
}

void FileWatch::check_now() { impl_->ring(); }

}  // namespace warmgate::base
