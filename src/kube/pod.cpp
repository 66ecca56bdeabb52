#include "warmgate/kube/pod.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/write.h"

namespace warmgate::kube {
namespace {

constexpr std::array<std::pair<std::string_view, ContainerKind>, 3> kContainerLists = {{
    {"initContainers", ContainerKind::kInit},
    {"containers", ContainerKind::kMain},
    {"ephemeralContainers", ContainerKind::kEphemeral},
}};

VolumeType volume_type(const View& volume) {
  if (volume["persistentVolumeClaim"]) {
    return VolumeType::kClaim;
  }
  if (volume["emptyDir"]) {
    return VolumeType::kEmptyDir;
  }
  if (volume["hostPath"]) {
    return VolumeType::kHostPath;
  }
  if (volume["csi"]) {
    return VolumeType::kCsi;
  }
  // A volume without a source (`emptyDir:` with nothing behind it, too) is an emptyDir by default
  // (k8s.io/kubernetes pkg/apis/core/v1/defaults.go, SetDefaults_Volume).
  const auto members = volume.members();
  const bool has_source = std::any_of(members.begin(), members.end(),
                                      [](const auto& member) { return member.first != "name" && member.second; });
  return has_source ? VolumeType::kOther : VolumeType::kEmptyDir;
}

}  // namespace

std::string Container::name() const {
  std::string name = view["name"].text();
  return name.empty() && extras ? extras->name : name;
}

std::string Container::image() const {
  const View image = view["image"];
  if (!image.is_object()) {
    return image.text();
  }
  const std::string tag = image["tag"].text();
  return image["repository"].text() + (tag.empty() ? "" : ":" + tag);
}

std::vector<Container> containers(const View& pod_spec) {
  std::vector<Container> out;
  for (const auto& [list, kind] : kContainerLists) {
    for (View& container : pod_spec[list].items()) {
      if (container.is_object()) {
        out.push_back({std::move(container), kind, nullptr});
      }
    }
  }
  return out;
}

std::vector<Container> containers(const PodTemplate& pod) {
  std::vector<Container> out = containers(pod.spec);
  for (Container& container : out) {
    container.extras = pod.of_all;
  }
  const auto first = std::find_if(out.begin(), out.end(),
                                  [](const Container& container) { return container.kind == ContainerKind::kMain; });
  if (first != out.end() && pod.of_first) {
    first->extras = pod.of_first;
  }
  out.insert(out.end(), pod.more_containers.begin(), pod.more_containers.end());
  for (Container& container : out) {
    container.config = pod.config;
  }
  return out;
}

ContainersByName::ContainersByName(const View& pod_spec) : ContainersByName(containers(pod_spec)) {}

ContainersByName::ContainersByName(const PodTemplate& pod) : ContainersByName(containers(pod)) {}

// clang-tidy 14 does not see that the items are moved.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
ContainersByName::ContainersByName(std::vector<Container> all) {
  for (Container& container : all) {
    std::string name = container.name();
    containers_.try_emplace(std::move(name), std::move(container));
  }
}

const Container* ContainersByName::find(std::string_view name) const {
  const auto found = containers_.find(name);
  return found == containers_.end() ? nullptr : &found->second;
}

std::vector<Volume> volumes(const PodTemplate& pod) {
  std::vector<Volume> out;
  for (const View& view : pod.spec["volumes"].items()) {
    Volume volume{view, view["name"].text(), volume_type(view), "", false};
    if (volume.type == VolumeType::kClaim) {
      volume.claim = view["persistentVolumeClaim"]["claimName"].text();
      volume.read_only = view["persistentVolumeClaim"]["readOnly"].boolean().value_or(false);
    }
    out.push_back(std::move(volume));
  }
  out.insert(out.end(), pod.more_volumes.begin(), pod.more_volumes.end());
  // A claim template wins over a volume of the same name (StatefulSet controller, updateStorage).
  std::map<std::string, View> templates;
  for (View& view : pod.claim_templates.items()) {
    std::string name = view["metadata"]["name"].text();
    templates.insert_or_assign(std::move(name), std::move(view));
  }
  std::erase_if(out, [&](const Volume& volume) { return templates.contains(volume.name); });
  for (const auto& [name, view] : templates) {
    out.push_back({view, name, VolumeType::kClaimTemplate, name, false});
  }
  return out;
}

VolumesByName::VolumesByName(const PodTemplate& pod) {
  for (Volume& volume : volumes(pod)) {
    std::string name = volume.name;
    volumes_.try_emplace(std::move(name), std::move(volume));
  }
}

const Volume* VolumesByName::find(std::string_view name) const {
  const auto found = volumes_.find(name);
  return found == volumes_.end() ? nullptr : &found->second;
}

std::vector<Mount> mounts(const Container& container) {
  std::vector<Mount> out;
  for (const View& view : container.view["volumeMounts"].items()) {
    if (view["mountPath"].text().empty()) {
      continue;
    }
    Mount mount;
    mount.view = view;
    mount.volume = view["name"].text();
    mount.path = normalize_path(view["mountPath"].text());
    std::string sub_path = view["subPath"].text();
    if (const std::string expression = view["subPathExpr"].text(); !expression.empty()) {
      sub_path = expression;
      mount.sub_path_known = expression.find("$(") == std::string::npos;
    }
    mount.sub_path = relative_path(normalize_path(sub_path), "/");
    mount.read_only = view["readOnly"].boolean().value_or(false);
    out.push_back(std::move(mount));
  }
  if (container.extras) {
    out.insert(out.end(), container.extras->mounts.begin(), container.extras->mounts.end());
  }
  return out;
}

MountsByPath::MountsByPath(const Container& container) {
  for (Mount& mount : mounts(container)) {
    lengths_.insert(mount.path.size());
    std::string path = mount.path;
    mounts_.insert_or_assign(std::move(path), std::move(mount));
  }
}

const Mount* MountsByPath::holding(std::string_view path) const {
  if (!path.starts_with('/')) {
    return nullptr;
  }
  const std::string wanted = normalize_path(path);
  for (auto length = lengths_.rbegin(); length != lengths_.rend(); ++length) {
    const std::string_view parent = std::string_view(wanted).substr(0, *length);
    if (parent.size() < *length || !path_within(wanted, parent)) {
      continue;
    }
    if (const auto found = mounts_.find(parent); found != mounts_.end()) {
      return &found->second;
    }
  }
  return nullptr;
}

std::map<std::string, std::string> resource_amounts(const Container& container) {
  std::map<std::string, std::string> amounts =
      container.extras ? container.extras->amounts : std::map<std::string, std::string>();
  for (const std::string_view list : {"requests", "limits"}) {
    for (const auto& [name, amount] : container.view["resources"][list].members()) {
      if (const std::optional<std::string> text = amount.string()) {
        amounts[name] = *text;
      } else if (amount.json()->is_number()) {
        amounts[name] = document::to_json(*amount.json());
      }
    }
  }
  return amounts;
}

std::string normalize_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : base::split(path, '/')) {
    if (part == "..") {
      if (!parts.empty()) {
        parts.pop_back();
      }
    } else if (!part.empty() && part != ".") {
      parts.push_back(part);
    }
  }
  std::string out;
  for (const std::string_view part : parts) {
    out += '/';
    out += part;
  }
  return out.empty() ? "/" : out;
}

bool path_within(std::string_view path, std::string_view directory) {
  if (directory == "/") {
    return path.starts_with('/');
  }
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string relative_path(std::string_view path, std::string_view directory) {
  std::string_view rest = path.substr(directory == "/" ? 0 : directory.size());
  if (rest.starts_with('/')) {
    rest.remove_prefix(1);
  }
  return std::string(rest);
}

}  // namespace warmgate::kube
