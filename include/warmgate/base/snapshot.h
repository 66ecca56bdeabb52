// Snapshot<T>: an immutable value that can be replaced while others use it. Who reads takes the pointer once and has
// one consistent value for as long as it holds it. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace warmgate::base {

template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  [[nodiscard]] std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  void set(std::shared_ptr<const T> value) {
    {
      const std::lock_guard lock(mutex_);
      value_.swap(value);
    }
    // The last value may be destroyed here, outside the lock.
  }

 private:
  // Not std::atomic<std::shared_ptr>: in libstdc++ 12 its load is a data race to ThreadSanitizer (GCC bug 101761).
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace warmgate::base
