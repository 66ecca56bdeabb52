#include "device_claims.h"

#include <algorithm>
#include <optional>

namespace warmgate::models {
namespace {

using document::View;

constexpr const char* kGroup = "resource.k8s.io";

// The class itself is known, or its selectors name the driver of one that is.
bool is_accelerator_class(const Accelerators& accelerators, const std::string& name, const kube::ClusterFacts& facts) {
  if (accelerators.is_device_class(name)) {
    return true;
  }
  const std::optional<kube::Object> device_class = facts.device_claim({kGroup, "DeviceClass", "", name});
  if (!device_class) {
    return false;
  }
  const std::vector<View> selectors = device_class->root()["spec"]["selectors"].items();
  return std::any_of(selectors.begin(), selectors.end(), [&](const View& selector) {
    return accelerators.names_device_class(selector["cel"]["expression"].text());
  });
}

// resource.k8s.io/v1beta1 has the class in the request itself, later versions in `exactly`, or a list to choose from
// (kubernetes/api resource/v1beta2/types.go, DeviceRequest). Of a list the first class is what is wanted.
View asked_for(const View& request) {
  if (View exactly = request["exactly"]) {
    return exactly;
  }
  return request["firstAvailable"].size() > 0 ? request["firstAvailable"].at(0) : request;
}

}  // namespace

DeviceClaims::DeviceClaims(const Accelerators& accelerators, const kube::PodTemplate& pod, const std::string& ns,
                           const kube::ClusterFacts& facts) {
  for (const View& entry : pod.spec["resourceClaims"].items()) {
    const std::string from_template = entry["resourceClaimTemplateName"].text();
    const bool made = !from_template.empty();
    const std::optional<kube::Object> claim =
        facts.device_claim({kGroup, made ? "ResourceClaimTemplate" : "ResourceClaim", ns,
                            made ? from_template : entry["resourceClaimName"].text()});
    if (!claim) {
      continue;
    }
    const View spec = claim->root()["spec"];
    for (const View& request : (made ? spec["spec"] : spec)["devices"]["requests"].items()) {
      const View wanted = asked_for(request);
      const std::string name = wanted["deviceClassName"].text();
      if (is_accelerator_class(accelerators, name, facts)) {
        // Of all devices (allocationMode All) there is at least one.
        of_[entry["name"].text()][request["name"].text()][name] +=
            std::max<std::int64_t>(wanted["count"].integer().value_or(1), 1);
      }
    }
  }
}

void DeviceClaims::add_requested(const kube::Container& container, std::map<std::string, std::int64_t>& amounts) const {
  for (const View& used : container.view["resources"]["claims"].items()) {
    const auto claim = of_.find(used["name"].text());
    if (claim == of_.end()) {
      continue;
    }
    const std::string only = used["request"].text();
    for (const auto& [request, devices] : claim->second) {
      for (const auto& [name, count] : only.empty() || only == request ? devices : Devices()) {
        amounts[name] += count;
      }
    }
  }
}

}  // namespace warmgate::models
