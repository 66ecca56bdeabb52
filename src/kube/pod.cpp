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

std::vector<Container> containers(const View& pod_spec) {
  std::vector<Container> out;
  for (const auto& [list, kind] : kContainerLists) {
    for (View& container : pod_spec[list].items()) {
      if (container.is_object()) {
        out.push_back({std::move(container), kind});
      }
    }
  }
  return out;
}

std::optional<Container> container_named(const View& pod_spec, std::string_view name) {
  for (Container& container : containers(pod_spec)) {
    if (container.name() == name) {
      return std::move(container);
    }
  }
  return std::nullopt;
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
  // A claim template wins over a volume of the same name (StatefulSet controller, updateStorage).
  for (const View& view : pod.claim_templates.items()) {
    const std::string name = view["metadata"]["name"].text();
    std::erase_if(out, [&](const Volume& volume) { return volume.name == name; });
    out.push_back({view, name, VolumeType::kClaimTemplate, name, false});
  }
  return out;
}

std::optional<Volume> volume_named(const PodTemplate& pod, std::string_view name) {
  for (Volume& volume : volumes(pod)) {
    if (volume.name == name) {
      return std::move(volume);
    }
  }
  return std::nullopt;
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
  return out;
}

std::optional<Mount> mount_holding(const Container& container, std::string_view path) {
  if (!path.starts_with('/')) {
    return std::nullopt;
  }
  const std::string wanted = normalize_path(path);
  std::optional<Mount> best;
  for (Mount& mount : mounts(container)) {
    if (path_within(wanted, mount.path) && (!best || mount.path.size() >= best->path.size())) {
      best = std::move(mount);
    }
  }
  return best;
}

std::map<std::string, std::string> resource_amounts(const Container& container) {
  std::map<std::string, std::string> amounts;
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
