#include "warmgate/kube/storage.h"

#include <algorithm>
#include <array>
#include <utility>

namespace warmgate::kube {

std::optional<AccessMode> parse_access_mode(std::string_view text) {
  // The short forms are what kubectl prints; the API takes the long ones only.
  constexpr std::array<std::pair<std::string_view, AccessMode>, 4> kModes = {{
      {"ReadWriteOnce", AccessMode::kReadWriteOnce},
      {"ReadOnlyMany", AccessMode::kReadOnlyMany},
      {"ReadWriteMany", AccessMode::kReadWriteMany},
      {"ReadWriteOncePod", AccessMode::kReadWriteOncePod},
  }};
  for (const auto& [name, mode] : kModes) {
    if (name == text) {
      return mode;
    }
  }
  return std::nullopt;
}

std::vector<AccessMode> access_modes(const Object& claim) {
  const document::View root = claim.root();
  const document::View bound = root["status"]["accessModes"];
  std::vector<AccessMode> modes;
  for (const std::string& text : (bound.size() > 0 ? bound : root["spec"]["accessModes"]).strings()) {
    if (const std::optional<AccessMode> mode = parse_access_mode(text)) {
      modes.push_back(*mode);
    }
  }
  return modes;
}

bool shares_across_nodes(const Object& claim) {
  const std::vector<AccessMode> modes = access_modes(claim);
  return std::any_of(modes.begin(), modes.end(), [](AccessMode mode) {
    return mode == AccessMode::kReadWriteMany || mode == AccessMode::kReadOnlyMany;
  });
}

}  // namespace warmgate::kube
