#include "node_pinning.h"

#include <string_view>
#include <vector>

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

std::optional<std::string> pinned_node(const kube::Object& volume) {
  return node_of(volume.root()["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]);
}

}  // namespace warmgate::rules
