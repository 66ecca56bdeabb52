#include "warmgate/kube/object_name.h"

#include <algorithm>
#include <vector>

#include "warmgate/base/text.h"

namespace warmgate::kube {

bool is_object_name(std::string_view name) {
  constexpr std::size_t kMaxName = 253;
  const auto alphanumeric = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
  const std::vector<std::string_view> labels = base::split(name, '.');
  return name.size() <= kMaxName && std::all_of(labels.begin(), labels.end(), [&](std::string_view label) {
           return !label.empty() && alphanumeric(label.front()) && alphanumeric(label.back()) &&
                  std::all_of(label.begin(), label.end(), [&](char c) { return alphanumeric(c) || c == '-'; });
         });
}

}  // namespace warmgate::kube
