#include "warmgate/controller/work_queue.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

namespace warmgate::controller {
namespace {

using std::chrono::milliseconds;
using Time = cluster::Clock::Steady::time_point;
using Seconds = std::chrono::duration<double>;

// A bucket of tokens that may be in debt: who takes one is told how long to wait for it (golang.org/x/time/rate).
class Bucket {
 public:
  Bucket(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  milliseconds take(Time now) {
    if (filled_at_) {
      tokens_ = std::min(burst_, tokens_ + Seconds(now - *filled_at_).count() * per_second_);
    }
    filled_at_ = now;
    tokens_ -= 1;
    return tokens_ >= 0 ? milliseconds(0) : std::chrono::ceil<milliseconds>(Seconds(-tokens_ / per_second_));
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  std::optional<Time> filled_at_;
};

}  // namespace

struct WorkQueue::Impl {
  Impl(cluster::Clock& the_clock, WorkQueueOptions the_options)
      : clock(the_clock), options(std::move(the_options)), bucket(options.failures_per_second, options.burst) {
    timer = std::jthread([this](const std::stop_token& stop) { run_timer(stop); });
  }

  // Requires the lock.
  void add(const std::string& key) {
    if (down || !dirty.emplace(key, clock.now()).second) {
      return;
    }
    if (!working.contains(key)) {
      ready.push_back(key);
      waiting.notify_one();
    }
  }

  // Requires the lock.
  void add_at(const std::string& key, Time due) {
    const auto known = later.find(key);
    if (down || (known != later.end() && known->second <= due)) {
      return;
    }
    if (known != later.end()) {
      by_time.erase({known->second, key});
    }
    later[key] = due;
    by_time.emplace(due, key);
    if (by_time.begin()->second == key) {
      sleep.request_stop();  // it is due before all that the timer waits for
      changed.notify_all();
    }
  }

  // Sleeps until the next key is due; woken early when an earlier one comes.
  void run_timer(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      const Time now = clock.now();
      while (!by_time.empty() && by_time.begin()->first <= now) {
        const std::string key = by_time.begin()->second;
        by_time.erase(by_time.begin());
        later.erase(key);
        add(key);
      }
      if (by_time.empty()) {
        changed.wait(lock, stop, [&] { return !by_time.empty(); });
        continue;
      }
      const milliseconds left = std::chrono::ceil<milliseconds>(by_time.begin()->first - now);
      sleep = std::stop_source();
      const std::stop_source current = sleep;
      lock.unlock();
      {
        const std::stop_callback forward(stop, [&current] { std::stop_source(current).request_stop(); });
        clock.sleep_for(left, current.get_token());
      }
      lock.lock();
    }
  }

  cluster::Clock& clock;
  const WorkQueueOptions options;
  mutable std::mutex mutex;
  std::condition_variable waiting;      // for a key that is ready
  std::condition_variable_any changed;  // of the timer
  std::deque<std::string> ready;
  std::map<std::string, Time> dirty;    // must be looked at; since when
  std::map<std::string, Time> working;  // since when
  std::map<std::string, Time> later;
  std::set<std::pair<Time, std::string>> by_time;
  std::map<std::string, int> failures;  // in a row
  Bucket bucket;
  std::stop_source sleep;  // of the timer's present sleep
  bool down = false;
  std::jthread timer;  // last: it ends before the rest goes
};

WorkQueue::WorkQueue(cluster::Clock& clock, WorkQueueOptions options)
    : impl_(std::make_unique<Impl>(clock, std::move(options))) {}

WorkQueue::~WorkQueue() { shut_down(); }

void WorkQueue::add(const std::string& key) {
  const std::lock_guard lock(impl_->mutex);
  impl_->add(key);
}

void WorkQueue::add_after(const std::string& key, milliseconds time) {
  const std::lock_guard lock(impl_->mutex);
  if (time.count() <= 0) {
    impl_->add(key);
  } else {
    impl_->add_at(key, impl_->clock.now() + time);
  }
}

void WorkQueue::add_failed(const std::string& key, milliseconds at_least) {
  const std::lock_guard lock(impl_->mutex);
  const Time now = impl_->clock.now();
  constexpr int kMostDoublings = 40;  // beyond any bound, and no overflow
  const int before = std::min(impl_->failures[key]++, kMostDoublings);
  const milliseconds backoff =
      std::min(impl_->options.first_backoff * (std::int64_t{1} << before), impl_->options.most_backoff);
  impl_->add_at(key, now + std::max({backoff, impl_->bucket.take(now), at_least}));
}

void WorkQueue::forget(const std::string& key) {
  const std::lock_guard lock(impl_->mutex);
  impl_->failures.erase(key);
}

std::optional<std::string> WorkQueue::take() {
  std::unique_lock lock(impl_->mutex);
  impl_->waiting.wait(lock, [&] { return impl_->down || !impl_->ready.empty(); });
  if (impl_->down) {
    return std::nullopt;
  }
  std::string key = std::move(impl_->ready.front());
  impl_->ready.pop_front();
  const Time now = impl_->clock.now();
  const Seconds waited = now - impl_->dirty.at(key);
  impl_->dirty.erase(key);
  impl_->working[key] = now;
  lock.unlock();
  if (impl_->options.on_taken) {
    impl_->options.on_taken(waited.count());
  }
  return key;
}

void WorkQueue::done(const std::string& key) {
  const std::lock_guard lock(impl_->mutex);
  impl_->working.erase(key);
  if (impl_->dirty.contains(key) && !impl_->down) {
    impl_->ready.push_back(key);
    impl_->waiting.notify_one();
  }
}

void WorkQueue::shut_down() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->down = true;
    impl_->waiting.notify_all();
  }
  impl_->timer.request_stop();
}

std::size_t WorkQueue::depth() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->ready.size();
}

std::size_t WorkQueue::delayed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->later.size();
}

milliseconds WorkQueue::longest_work() const {
  const std::lock_guard lock(impl_->mutex);
  const Time now = impl_->clock.now();
  Time::duration longest{0};
  for (const auto& [key, since] : impl_->working) {
    longest = std::max(longest, now - since);
  }
  return std::chrono::duration_cast<milliseconds>(longest);
}

}  // namespace warmgate::controller
