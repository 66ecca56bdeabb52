#include "warmgate/kube/selector.h"

#include <algorithm>
#include <vector>

namespace warmgate::kube {
namespace {

bool expression_matches(const document::View& expression, const std::map<std::string, std::string>& labels) {
  const std::string op = expression["operator"].text();
  const auto label = labels.find(expression["key"].text());
  if (op == "Exists") {
    return label != labels.end();
  }
  if (op == "DoesNotExist") {
    return label == labels.end();
  }
  const std::vector<std::string> values = expression["values"].strings();
  if (values.empty()) {
    return false;
  }
  const bool listed = label != labels.end() && std::find(values.begin(), values.end(), label->second) != values.end();
  if (op == "In") {
    return listed;
  }
  return op == "NotIn" && !listed;
}

}  // namespace

bool selector_matches(const document::View& selector, const std::map<std::string, std::string>& labels) {
  if (!selector.is_object()) {
    return false;
  }
  const document::View wanted = selector["matchLabels"];
  const document::View conditions = selector["matchExpressions"];
  if ((wanted && !wanted.is_object()) || (conditions && !conditions.is_array())) {
    return false;
  }
  for (const auto& [name, value] : wanted.members()) {
    const auto label = labels.find(name);
    if (label == labels.end() || label->second != value.string()) {
      return false;
    }
  }
  const std::vector<document::View> expressions = conditions.items();
  return std::all_of(expressions.begin(), expressions.end(),
                     [&](const document::View& expression) { return expression_matches(expression, labels); });
}

}  // namespace warmgate::kube
