#include "warmgate/document/view.h"

#include <nlohmann/json.hpp>

#include "warmgate/document/pointer.h"

namespace warmgate::document {

View::operator bool() const { return value_ != nullptr && !value_->is_null(); }
bool View::is_object() const { return value_ != nullptr && value_->is_object(); }
bool View::is_array() const { return value_ != nullptr && value_->is_array(); }
bool View::is_string() const { return value_ != nullptr && value_->is_string(); }

View View::operator[](std::string_view member) const {
  View child;
  child.pointer_ = child_pointer(pointer_, member);
  if (is_object()) {
    const auto found = value_->find(std::string(member));
    if (found != value_->end()) {
      child.value_ = &*found;
    }
  }
  return child;
}

View View::at(std::size_t index) const {
  View child;
  child.pointer_ = child_pointer(pointer_, index);
  if (is_array() && index < value_->size()) {
    child.value_ = &(*value_)[index];
  }
  return child;
}

std::size_t View::size() const { return is_object() || is_array() ? value_->size() : 0; }

std::vector<View> View::items() const {
  std::vector<View> out;
  if (is_array()) {
    out.reserve(value_->size());
    for (std::size_t i = 0; i < value_->size(); ++i) {
      out.push_back(at(i));
    }
  }
  return out;
}

std::vector<std::pair<std::string, View>> View::members() const {
  std::vector<std::pair<std::string, View>> out;
  if (is_object()) {
    for (const auto& [name, value] : value_->items()) {
      out.emplace_back(name, View(value, child_pointer(pointer_, name)));
    }
  }
  return out;
}

std::optional<std::string> View::string() const {
  return is_string() ? std::optional(value_->get<std::string>()) : std::nullopt;
}

std::optional<bool> View::boolean() const {
  return value_ != nullptr && value_->is_boolean() ? std::optional(value_->get<bool>()) : std::nullopt;
}

std::optional<std::int64_t> View::integer() const {
  if (value_ == nullptr || !value_->is_number_integer()) {
    return std::nullopt;
  }
  if (value_->is_number_unsigned() && value_->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    return std::nullopt;
  }
  return value_->get<std::int64_t>();
}

std::vector<std::string> View::strings() const {
  std::vector<std::string> out;
  for (const View& item : items()) {
    if (std::optional<std::string> value = item.string()) {
      out.push_back(std::move(*value));
    }
  }
  return out;
}

}  // namespace warmgate::document
