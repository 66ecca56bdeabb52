// Views of a PodSpec: containers, volumes, mounts, resources. Thin: each reads the JSON when asked. They do not own the
// JSON, which must outlive them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/document/view.h"

namespace warmgate::kube {

using document::View;

enum class ContainerKind { kMain, kInit, kEphemeral };

struct Container {
  View view;
  ContainerKind kind = ContainerKind::kMain;
  [[nodiscard]] std::string name() const { return view["name"].text(); }
  [[nodiscard]] std::string image() const { return view["image"].text(); }
};

enum class VolumeType { kClaim, kClaimTemplate, kEmptyDir, kHostPath, kCsi, kOther };

struct Volume {
  View view;  // the volume, or the volumeClaimTemplate
  std::string name;
  VolumeType type = VolumeType::kOther;
  std::string claim;       // of kClaim its PVC, of kClaimTemplate the template's name
  bool read_only = false;  // claim-level readOnly
};

struct Mount {
  View view;
  std::string volume;
  std::string path;            // absolute and normalized
  std::string sub_path;        // normalized, without a slash before it; "" when none
  bool sub_path_known = true;  // false: subPathExpr with variables
  bool read_only = false;
};

// A pod template of a workload (or the Pod itself).
struct PodTemplate {
  View metadata;
  View spec;
  View claim_templates;  // StatefulSet.spec.volumeClaimTemplates, else nothing
};

// In the order the kubelet knows them: init containers, containers, ephemeral containers.
std::vector<Container> containers(const View& pod_spec);

std::vector<Volume> volumes(const PodTemplate& pod);

// By name or place, for whoever asks often: a Pod of 3 MB has 20,000 volumes or containers.
class ContainersByName {
 public:
  ContainersByName() = default;
  explicit ContainersByName(const View& pod_spec);
  [[nodiscard]] const Container* find(std::string_view name) const;

 private:
  std::map<std::string, Container, std::less<>> containers_;
};

class VolumesByName {
 public:
  VolumesByName() = default;
  explicit VolumesByName(const PodTemplate& pod);
  [[nodiscard]] const Volume* find(std::string_view name) const;

 private:
  std::map<std::string, Volume, std::less<>> volumes_;
};

// Those with a mountPath: the API server refuses others.
std::vector<Mount> mounts(const Container& container);

class MountsByPath {
 public:
  MountsByPath() = default;
  explicit MountsByPath(const Container& container);
  // The mount that holds the absolute `path`: of those whose path is a parent the longest; of equals the last.
  [[nodiscard]] const Mount* holding(std::string_view path) const;

 private:
  std::map<std::string, Mount, std::less<>> mounts_;
  std::set<std::size_t> lengths_;  // of the paths: only as many parents of a path are looked up
};

// resources.limits over requests, as the API server defaults requests from limits: the amounts the container may get.
std::map<std::string, std::string> resource_amounts(const Container& container);

// "/a//b/../c/" -> "/a/c". Relative paths are taken from "/".
std::string normalize_path(std::string_view path);
// `path` is `directory` or below it. Both normalized.
bool path_within(std::string_view path, std::string_view directory);
// What is left of `path` below `directory`: "" or "a/b". Requires path_within.
std::string relative_path(std::string_view path, std::string_view directory);

}  // namespace warmgate::kube
