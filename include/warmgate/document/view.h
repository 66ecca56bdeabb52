// View: a JSON value together with the JSON Pointer that leads to it, or nothing. Walking with [] never fails: a member
// that is not there (or sits in something that is no object) is an empty View that still knows its pointer. Does not
// own the value, which must outlive it; immutable, so thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "warmgate/document/json.h"

namespace warmgate::document {

class View {
 public:
  View() = default;
  explicit View(const Json& value, std::string pointer = "") : value_(&value), pointer_(std::move(pointer)) {}

  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  [[nodiscard]] const Json* json() const { return value_; }

  // False for a value that is not there and for null, which the API server treats alike.
  explicit operator bool() const;
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] bool is_string() const;

  View operator[](std::string_view member) const;
  [[nodiscard]] View at(std::size_t index) const;
  [[nodiscard]] std::size_t size() const;                                   // of an array or object, else 0
  [[nodiscard]] std::vector<View> items() const;                            // of an array, else none
  [[nodiscard]] std::vector<std::pair<std::string, View>> members() const;  // of an object, else none

  // The value when it has that type.
  [[nodiscard]] std::optional<std::string> string() const;
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::int64_t> integer() const;

  // "" when it is no string.
  [[nodiscard]] std::string text() const { return string().value_or(""); }
  // The strings of an array; other items are left out.
  [[nodiscard]] std::vector<std::string> strings() const;

 private:
  const Json* value_ = nullptr;
  std::string pointer_;
};

}  // namespace warmgate::document
