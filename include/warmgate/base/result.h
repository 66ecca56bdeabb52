// Result<T>: a value or an Error (Result<T, E>: another kind of failure, where callers tell failures apart). Expected
// failure is a value in Warmgate; exceptions stop at room borders and a programmer's mistake asserts. Result owns what
// it holds and is as thread-safe as T.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace warmgate::base {

// A failure for people: what failed, where, and what to do about it.
struct Error {
  std::string message;
};

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const T* operator->() const { return &value(); }
  const T& operator*() const { return value(); }

  [[nodiscard]] const E& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, E> state_;
};

// The Result of something that has nothing to return.
using Status = Result<std::monostate>;
inline Status ok_status() { return std::monostate{}; }

}  // namespace warmgate::base
