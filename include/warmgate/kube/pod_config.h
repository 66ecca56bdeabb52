// PodConfig: what the ConfigMaps hold that a Pod names, as far as the facts have them: variables, and files in its
// volumes. Immutable, thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"

namespace warmgate::kube {

class ClusterFacts;

// A key of a ConfigMap.
struct ConfigKey {
  std::shared_ptr<const Object> config_map;
  std::string key;

  // nullopt: it is not there, or is no text.
  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::string pointer() const;
};

class PodConfig {
 public:
  // nullptr when the facts have none of the ConfigMaps of the Pod; `ns` is its namespace.
  static std::shared_ptr<const PodConfig> of(const PodTemplate& pod, std::string_view ns, const ClusterFacts& facts);

  // nullptr: not known.
  [[nodiscard]] std::shared_ptr<const Object> find(std::string_view name) const;
  // What stands at the absolute `path`, which lies in `mount`.
  [[nodiscard]] std::optional<ConfigKey> file(const Mount& mount, std::string_view path) const;

 private:
  using Files = std::map<std::string, ConfigKey, std::less<>>;  // by their path in the volume

  void learn(const View& reference, std::string_view ns, const ClusterFacts& facts);
  void add_files(const View& source, Files& files) const;

  std::map<std::string, std::shared_ptr<const Object>, std::less<>> config_maps_;
  std::map<std::string, Files, std::less<>> volumes_;
};

}  // namespace warmgate::kube
