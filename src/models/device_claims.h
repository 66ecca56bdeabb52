// DeviceClaims: the accelerators that containers get by Dynamic Resource Allocation (resources.claims of a container,
// resourceClaims of its Pod, and the ResourceClaim or its template among the facts, which names a DeviceClass).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "warmgate/kube/facts.h"
#include "warmgate/kube/pod.h"
#include "warmgate/models/accelerators.h"

namespace warmgate::models {

class DeviceClaims {
 public:
  // Reads what the Pod claims. Refers to nothing afterwards.
  DeviceClaims(const Accelerators& accelerators, const kube::PodTemplate& pod, const std::string& ns,
               const kube::ClusterFacts& facts);

  // Adds the device classes that `container` gets, with the number of devices. A claim that is not among the facts
  // adds nothing: only its template says what it asks for.
  void add_requested(const kube::Container& container, std::map<std::string, std::int64_t>& amounts) const;

 private:
  using Devices = std::map<std::string, std::int64_t>;        // by device class
  std::map<std::string, std::map<std::string, Devices>> of_;  // by the claim's name in the Pod, then by request
};

}  // namespace warmgate::models
