// What a ConnectionServer knows of its connections: which are open, and which wait for a worker. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>

#include "channel.h"
#include "warmgate/base/unique_fd.h"

namespace warmgate::server {

using Gauge = std::function<void(double)>;

// Accepted connections that no worker has taken yet.
class ConnectionQueue {
 public:
  ConnectionQueue(std::size_t limit, Crowding& crowding, Gauge depth);

  // False: full, and `socket` is still the caller's.
  [[nodiscard]] bool push(base::UniqueFd& socket);
  // Waits. Nothing: closed, and all that was queued has been taken.
  [[nodiscard]] std::optional<base::UniqueFd> pop();
  void close();

 private:
  void report();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<base::UniqueFd> queue_;
  const std::size_t limit_;
  std::size_t idle_workers_ = 0;
  bool closed_ = false;
  Crowding& crowding_;
  const Gauge depth_;
};

// Every open connection, queued ones included. An entry must be removed before its descriptor is closed, so that cut()
// never shuts down a stranger's.
class OpenConnections {
 public:
  explicit OpenConnections(Gauge count);

  void add(int fd);
  void remove(int fd);
  // True: there was a moment without any connection.
  [[nodiscard]] bool wait_until_none(std::chrono::steady_clock::time_point deadline);
  void cut();

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::set<int> open_;
  const Gauge count_;
};

}  // namespace warmgate::server
