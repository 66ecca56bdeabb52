// What Warmgate reads from PersistentVolumeClaims and PersistentVolumes. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/kube/object.h"

namespace warmgate::kube {

enum class AccessMode { kReadWriteOnce, kReadOnlyMany, kReadWriteMany, kReadWriteOncePod };

std::optional<AccessMode> parse_access_mode(std::string_view text);

// spec.accessModes; of a bound claim what it really got: status.accessModes, else those of its `volume`.
std::vector<AccessMode> access_modes(const Object& claim, const std::optional<Object>& volume = std::nullopt);

// True when Pods on several nodes can use a claim with these modes at once: ReadWriteMany or ReadOnlyMany.
bool shares_across_nodes(const std::vector<AccessMode>& modes);

// True when the PersistentVolume is the claim's, as either of them says.
bool is_bound_to(const Object& volume, const Object& claim);

}  // namespace warmgate::kube
