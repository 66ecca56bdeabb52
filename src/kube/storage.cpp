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

std::vector<AccessMode> access_modes(const Object& claim, const std::optional<Object>& volume) {
  document::View texts = claim.root()["status"]["accessModes"];
  if (texts.size() == 0 && volume) {
    texts = volume->root()["spec"]["accessModes"];
  }
  if (texts.size() == 0) {
    texts = claim.root()["spec"]["accessModes"];
  }
  std::vector<AccessMode> modes;
  for (const std::string& text : texts.strings()) {
    if (const std::optional<AccessMode> mode = parse_access_mode(text)) {
      modes.push_back(*mode);
    }
  }
  return modes;
}

bool shares_across_nodes(const std::vector<AccessMode>& modes) {
  return std::any_of(modes.begin(), modes.end(), [](AccessMode mode) {
    return mode == AccessMode::kReadWriteMany || mode == AccessMode::kReadOnlyMany;
  });
}

bool is_bound_to(const Object& volume, const Object& claim) {
  const std::string& name = volume.key().name;
  if (const std::string wanted = claim.root()["spec"]["volumeName"].text(); !wanted.empty()) {
    return name == wanted;
  }
  const document::View reference = volume.root()["spec"]["claimRef"];
  return !name.empty() && !claim.key().name.empty() && reference["name"].text() == claim.key().name &&
         same_namespace(reference["namespace"].text(), claim.key().ns);
}

}  // namespace warmgate::kube
