#include "overload.h"

#include <utility>

namespace warmgate::server {

HandlerGate::HandlerGate(std::size_t places, std::function<void(double)> running)
    : places_(places), report_(std::move(running)) {}

bool HandlerGate::enter(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, limit, [this] { return running_ < places_; })) {
    return false;
  }
  ++running_;
  report_(static_cast<double>(running_));
  return true;
}

void HandlerGate::leave() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
    report_(static_cast<double>(running_));
  }
  freed_.notify_one();
}

}  // namespace warmgate::server
