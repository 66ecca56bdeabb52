#include "connections.h"

#include <sys/socket.h>

#include <utility>

namespace warmgate::server {

ConnectionQueue::ConnectionQueue(std::size_t limit, Crowding& crowding, Gauge depth)
    : limit_(limit), crowding_(crowding), depth_(std::move(depth)) {}

void ConnectionQueue::report() {
  // A connection that an idle worker is about to take does not make a crowd.
  crowding_.waiting = queue_.size() > idle_workers_ ? queue_.size() - idle_workers_ : 0;
  depth_(static_cast<double>(queue_.size()));
}

bool ConnectionQueue::push(base::UniqueFd& socket) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || queue_.size() >= limit_ + idle_workers_) {
      return false;
    }
    queue_.push_back(std::move(socket));
    report();
  }
  changed_.notify_one();
  return true;
}

std::optional<base::UniqueFd> ConnectionQueue::pop() {
  std::unique_lock lock(mutex_);
  ++idle_workers_;
  report();
  changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
  --idle_workers_;
  if (queue_.empty()) {
    return std::nullopt;
  }
  base::UniqueFd socket = std::move(queue_.front());
  queue_.pop_front();
  report();
  return socket;
}

void ConnectionQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

OpenConnections::OpenConnections(Gauge count) : count_(std::move(count)) {}

void OpenConnections::add(int fd) {
  const std::lock_guard lock(mutex_);
  open_.insert(fd);
  count_(static_cast<double>(open_.size()));
}

void OpenConnections::remove(int fd) {
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
  count_(static_cast<double>(open_.size()));
  if (open_.empty()) {
    none_.notify_all();
  }
}

bool OpenConnections::wait_until_none(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return none_.wait_until(lock, deadline, [this] { return open_.empty(); });
}

void OpenConnections::cut() {
  const std::lock_guard lock(mutex_);
  for (const int fd : open_) {
    ::shutdown(fd, SHUT_RDWR);
  }
}

}  // namespace warmgate::server
