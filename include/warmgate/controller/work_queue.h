// WorkQueue: keys of what must be looked at. It behaves as client-go's workqueue (util/workqueue/queue.go,
// delaying_queue.go, default_rate_limiters.go): a key waits once however often it is added; one that is added while it
// is worked on is given out again after done(), never to two workers at once; failures wait longer and longer, each key
// for itself, and all together come at a bounded rate.
//
// Owns a thread for what is due later; ends with shut_down() or the destructor. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "warmgate/cluster/clock.h"

namespace warmgate::controller {

struct WorkQueueOptions {
  // After the first failure in a row, doubled with each up to `most_backoff`. client-go: 5 ms and 1000 s. Here what
  // cannot be done is mostly a cluster that someone is about to mend, and who has mended it waits for us.
  std::chrono::milliseconds first_backoff{5};
  std::chrono::milliseconds most_backoff{std::chrono::minutes(5)};
  // Of failures of all keys together: client-go's bucket.
  double failures_per_second = 10;
  double burst = 100;
  std::function<void(double seconds)> on_taken;  // how long a key waited since it was due; may be empty
};

class WorkQueue {
 public:
  // `clock` must outlive it.
  WorkQueue(cluster::Clock& clock, WorkQueueOptions options);
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void add(const std::string& key);
  // Once the time has passed; of several such times of a key the earliest counts.
  void add_after(const std::string& key, std::chrono::milliseconds time);
  // The key failed: after its backoff, the bucket's wait, and `at_least` (Retry-After), whichever is longest.
  void add_failed(const std::string& key, std::chrono::milliseconds at_least = {});
  // The key succeeded: its next failure is a first one.
  void forget(const std::string& key);

  // Blocks until there is one; nullopt after shut_down(). Each must be followed by done().
  std::optional<std::string> take();
  void done(const std::string& key);

  // Nothing is given out any more, and take() returns at once.
  void shut_down();

  [[nodiscard]] std::size_t depth() const;    // keys that wait for a worker
  [[nodiscard]] std::size_t delayed() const;  // keys that are due later
  // How long the key has been worked on that has been for longest; zero when none is.
  [[nodiscard]] std::chrono::milliseconds longest_work() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::controller
