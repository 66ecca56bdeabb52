// Views of a PodSpec: containers, volumes, mounts, resources. Thin: each reads the JSON when asked. They do not own the
// JSON, which must outlive them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/document/view.h"
#include "warmgate/kube/field_path.h"

namespace warmgate::kube {

using document::View;

class PodConfig;

enum class ContainerKind { kMain, kInit, kEphemeral };

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

// A shell command line that the controller runs in a container beside the container's own.
struct Submission {
  View script;
  View settings;        // a text of YAML that holds more variables, which win,
  FieldPath variables;  // at this place
  std::string moved;    // the field for which another Pod of the workload may be the one that runs it; "" for none
};

// What a container has beside its own fields, in kinds whose controller writes a part of the Pod (policies/kinds).
struct ContainerExtras {
  std::string name;                            // what the controller calls it, where it has no name
  std::string engine;                          // the engine it runs, where no image tells
  std::vector<View> env;                       // more lists of variables; its own win
  std::vector<Mount> mounts;                   // beside its volumeMounts
  std::map<std::string, std::string> amounts;  // beside its resources
  std::vector<Submission> submissions;
  // Why commands, variables and mounts may be there that the manifest does not show: "RayCluster starts ray in it". ""
  // when what is not written is not there.
  std::string hidden;
};

struct Container {
  View view;
  ContainerKind kind = ContainerKind::kMain;
  std::shared_ptr<const ContainerExtras> extras = nullptr;  // none for most
  std::shared_ptr<const PodConfig> config = nullptr;        // of the ConfigMaps that are known

  [[nodiscard]] std::string name() const;
  // Also written as {repository, tag}.
  [[nodiscard]] std::string image() const;
  // See ContainerExtras.
  [[nodiscard]] std::string hidden() const { return extras ? extras->hidden : std::string(); }
  [[nodiscard]] std::vector<Submission> submissions() const {
    return extras ? extras->submissions : std::vector<Submission>();
  }
};

// How many Pods of a template can run at once. `max` is nullopt for "one on every node" (DaemonSet).
struct ReplicaRange {
  std::int64_t min = 1;
  std::optional<std::int64_t> max = 1;
  std::string pointer;     // the field that says so; "" when it is a default or an autoscaler
  std::string autoscaler;  // "HorizontalPodAutoscaler/vllm", "Rollout/vllm" when another object decides the maximum
};

// The same from the object's own fields alone.
struct PodCount {
  ReplicaRange own;
  bool autoscaled = false;       // it has a scale sub-resource, and its count is this template's
  std::int64_t per_replica = 1;  // Pods of this template in one replica (LeaderWorkerSet)
};

// A pod template of a workload (or the Pod itself).
struct PodTemplate {
  View metadata;
  View spec;
  View claim_templates;  // StatefulSet.spec.volumeClaimTemplates, else nothing

  std::shared_ptr<const ContainerExtras> of_all = nullptr;    // what each container of `spec` has beside its fields
  std::shared_ptr<const ContainerExtras> of_first = nullptr;  // and the first of its main containers
  std::vector<Container> more_containers = {};                // that stand elsewhere
  std::vector<Volume> more_volumes = {};
  PodCount count = {};
  bool completes = false;  // its Pods end by themselves
  View strategy = {};      // how a new version comes, of kinds that start the new Pod before they end the old one
  std::shared_ptr<const PodConfig> config = nullptr;  // of the ConfigMaps that are known; readers with facts set it
  FieldPlace place = {};                              // where the kind's row says that it stands
};

// In the order the kubelet knows them: init containers, containers, ephemeral containers.
std::vector<Container> containers(const View& pod_spec);
// Those of its spec and those that stand elsewhere.
std::vector<Container> containers(const PodTemplate& pod);

std::vector<Volume> volumes(const PodTemplate& pod);

// By name or place, for whoever asks often: a Pod of 3 MB has 20,000 volumes or containers.
class ContainersByName {
 public:
  ContainersByName() = default;
  explicit ContainersByName(const View& pod_spec);
  explicit ContainersByName(const PodTemplate& pod);
  [[nodiscard]] const Container* find(std::string_view name) const;

 private:
  explicit ContainersByName(std::vector<Container> all);
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
