#include "node_pinning.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "warmgate/kube/selector.h"

namespace warmgate::rules {
namespace {

using document::View;

constexpr std::string_view kHostname = "kubernetes.io/hostname";

// The one hostname that a node selector term allows: its expressions are ANDed, so one of them is enough.
std::optional<std::string> hostname_of(const View& term) {
  for (const std::string_view list : {"matchExpressions", "matchFields"}) {
    const std::string_view wanted_key = list == "matchFields" ? "metadata.name" : kHostname;
    for (const View& expression : term[list].items()) {
      const std::vector<std::string> values = expression["values"].strings();
      if (expression["key"].text() == wanted_key && expression["operator"].text() == "In" && values.size() == 1) {
        return values.front();
      }
    }
  }
  return std::nullopt;
}

std::map<std::string, std::string> labels_of(const kube::PodTemplate& pod) {
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : pod.metadata["labels"].members()) {
    labels[name] = value.text();
  }
  return labels;
}

// Terms are ORed: each must name the same node.
std::optional<std::string> node_of(const View& terms) {
  std::optional<std::string> node;
  for (const View& term : terms.items()) {
    const std::optional<std::string> hostname = hostname_of(term);
    if (!hostname || (node && *node != *hostname)) {
      return std::nullopt;
    }
    node = hostname;
  }
  return node;
}

}  // namespace

std::optional<std::string> pinned_node(const kube::PodTemplate& pod) {
  if (const std::string name = pod.spec["nodeName"].text(); !name.empty()) {
    return name;
  }
  if (const std::string name = pod.spec["nodeSelector"][kHostname].text(); !name.empty()) {
    return name;
  }
  return node_of(
      pod.spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]);
}

bool must_be_beside(const kube::PodTemplate& pod, const kube::PodTemplate& other) {
  const View terms = pod.spec["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
  const std::map<std::string, std::string> labels = labels_of(other);
  const std::vector<View> items = terms.items();
  return std::any_of(items.begin(), items.end(), [&](const View& term) {
    // Other namespaces, and keys whose values a controller fills in, choose Pods that the templates do not tell.
    const bool tells = !term["namespaceSelector"] && term["namespaces"].size() == 0 &&
                       term["matchLabelKeys"].size() == 0 && term["mismatchLabelKeys"].size() == 0;
    return tells && term["topologyKey"].text() == kHostname && kube::selector_matches(term["labelSelector"], labels);
  });
}

std::optional<std::string> pinned_node(const kube::Object& volume) {
  return node_of(volume.root()["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]);
}

}  // namespace warmgate::rules
