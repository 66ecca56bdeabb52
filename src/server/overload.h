// The bounds that stand between many connections and the machine: how many handlers run at once and on how many bytes,
// and how many bytes of request bodies are held. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

namespace warmgate::server {

// More verdicts at once than a few per core only make each of them later; kube-apiserver would rather be told to retry.
// Large ones take memory besides, many times their size each, so they wait for each other while small ones pass.
class HandlerGate {
 public:
  HandlerGate(std::size_t places, std::size_t max_bytes, std::function<void(double)> running);

  // For a body of `bytes`; a single one may be larger than max_bytes. False: no place became free in `limit`.
  [[nodiscard]] bool enter(std::size_t bytes, std::chrono::milliseconds limit);
  void leave(std::size_t bytes);

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  const std::size_t places_;
  const std::size_t max_bytes_;
  std::size_t running_ = 0;
  std::size_t bytes_ = 0;
  const std::function<void(double)> report_;
};

// Counts what has arrived, not what Content-Length announces: announcing costs a client nothing.
class ByteBudget {
 public:
  explicit ByteBudget(std::size_t limit) : limit_(limit) {}

  [[nodiscard]] bool take(std::size_t bytes) {
    if (used_.fetch_add(bytes) + bytes <= limit_) {
      return true;
    }
    used_ -= bytes;
    return false;
  }
  void give_back(std::size_t bytes) { used_ -= bytes; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace warmgate::server
