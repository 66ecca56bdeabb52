// What Warmgate reads from PersistentVolumeClaims and StorageClasses. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/kube/object.h"

namespace warmgate::kube {

enum class AccessMode { kReadWriteOnce, kReadOnlyMany, kReadWriteMany, kReadWriteOncePod };

std::optional<AccessMode> parse_access_mode(std::string_view text);

// spec.accessModes; of a bound claim (status.accessModes) what it really got.
std::vector<AccessMode> access_modes(const Object& claim);

// True when Pods on several nodes can use the claim at once: ReadWriteMany or ReadOnlyMany.
bool shares_across_nodes(const Object& claim);

}  // namespace warmgate::kube
