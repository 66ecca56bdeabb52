#include "node_reach.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "warmgate/kube/quantity.h"

namespace warmgate::controller {
namespace {

using document::View;

std::optional<std::int64_t> whole_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// v1.NodeSelectorRequirement; `value` is nullopt where the node has no such label or field.
bool is_met(const View& requirement, const std::optional<std::string>& value) {
  const std::string kind = requirement["operator"].text();
  const std::vector<std::string> values = requirement["values"].strings();
  const bool listed = value && std::find(values.begin(), values.end(), *value) != values.end();
  if (kind == "In") {
    return listed;
  }
  if (kind == "NotIn") {
    return !listed;
  }
  if (kind == "Exists" || kind == "DoesNotExist") {
    return value.has_value() == (kind == "Exists");
  }
  const std::optional<std::int64_t> number = value ? whole_number(*value) : std::nullopt;
  const std::optional<std::int64_t> bound = values.size() == 1 ? whole_number(values.front()) : std::nullopt;
  return number && bound && ((kind == "Gt" && *number > *bound) || (kind == "Lt" && *number < *bound));
}

bool meets_term(const View& term, const kube::Object& node) {
  const View labels = node.root()["metadata"]["labels"];
  const std::vector<View> expressions = term["matchExpressions"].items();
  const std::vector<View> fields = term["matchFields"].items();
  // A term without requirements matches nothing (v1.NodeSelectorTerm).
  return !(expressions.empty() && fields.empty()) &&
         std::all_of(expressions.begin(), expressions.end(),
                     [&](const View& view) { return is_met(view, labels[view["key"].text()].string()); }) &&
         std::all_of(fields.begin(), fields.end(), [&](const View& view) {
           return view["key"].text() == "metadata.name" && is_met(view, node.key().name);
         });
}

// Ready or not: a node that is restarting is still where its zone is.
bool takes_pods(const kube::Object& node) { return !node.root()["spec"]["unschedulable"].boolean().value_or(false); }

}  // namespace

bool selects_node(const View& node_selector, const kube::Object& node) {
  const std::vector<View> terms = node_selector["nodeSelectorTerms"].items();
  return !node_selector || std::any_of(terms.begin(), terms.end(), [&](const View& t) { return meets_term(t, node); });
}

bool has_accelerators(const kube::Object& node, const models::Accelerators& accelerators) {
  for (const auto& [name, amount] : node.root()["status"]["allocatable"].members()) {
    if (accelerators.is_accelerator(name) && kube::parse_quantity(amount.text()).value_or(0) > 0) {
      return true;
    }
  }
  const auto labels = node.root()["metadata"]["labels"].members();
  return std::any_of(labels.begin(), labels.end(), [&](const auto& label) {
    // Node feature discovery writes nvidia.com/gpu.present=false where there is none.
    return accelerators.is_accelerator_node_label(label.first) && label.second.text() != "false";
  });
}

std::string zone_of(const kube::Object& node) {
  return node.root()["metadata"]["labels"]["topology.kubernetes.io/zone"].text();
}

Zones zones_of(const std::vector<kube::Object>& nodes, const models::Accelerators& accelerators) {
  Zones zones;
  for (const kube::Object& node : nodes) {
    const std::string zone = zone_of(node);
    if (zone.empty()) {
      continue;
    }
    if (has_accelerators(node, accelerators)) {
      zones.accelerated.insert(zone);
    } else if (takes_pods(node)) {
      zones.plain.insert(zone);
    }
  }
  return zones;
}

}  // namespace warmgate::controller
