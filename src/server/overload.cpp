#include "overload.h"

#include <utility>

namespace warmgate::server {

HandlerGate::HandlerGate(std::size_t places, std::size_t max_bytes, std::function<void(double)> running)
    : places_(places), max_bytes_(max_bytes), report_(std::move(running)) {}

bool HandlerGate::enter(std::size_t bytes, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const auto fits = [&] { return running_ == 0 || (running_ < places_ && bytes_ + bytes <= max_bytes_); };
  if (!freed_.wait_for(lock, limit, fits)) {
    return false;
  }
  ++running_;
  bytes_ += bytes;
  report_(static_cast<double>(running_));
  return true;
}

void HandlerGate::leave(std::size_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    --running_;
    bytes_ -= bytes;
    report_(static_cast<double>(running_));
  }
  freed_.notify_all();  // the one that is told might be too large, where another would fit
}

}  // namespace warmgate::server
