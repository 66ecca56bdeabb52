#include "warmgate/kube/pod_config.h"

#include <utility>

#include "warmgate/document/pointer.h"
#include "warmgate/kube/facts.h"

namespace warmgate::kube {

std::optional<std::string> ConfigKey::text() const { return config_map->root()["data"][key].string(); }

std::string ConfigKey::pointer() const { return config_map->root()["data"][key].pointer(); }

std::shared_ptr<const PodConfig> PodConfig::of(const PodTemplate& pod, std::string_view ns, const ClusterFacts& facts) {
  auto config = std::make_shared<PodConfig>();
  for (const Container& container : containers(pod)) {
    for (const View& source : container.view["envFrom"].items()) {
      config->learn(source["configMapRef"], ns, facts);
    }
    for (const View& entry : container.view["env"].items()) {
      config->learn(entry["valueFrom"]["configMapKeyRef"], ns, facts);
    }
  }
  for (const View& volume : pod.spec["volumes"].items()) {
    std::vector<View> sources = {volume["configMap"]};
    for (const View& source : volume["projected"]["sources"].items()) {
      sources.push_back(source["configMap"]);
    }
    Files files;
    for (const View& source : sources) {
      config->learn(source, ns, facts);
      config->add_files(source, files);
    }
    if (!files.empty()) {
      config->volumes_.try_emplace(volume["name"].text(), std::move(files));
    }
  }
  const bool empty = config->config_maps_.empty();
  return empty ? nullptr : std::shared_ptr<const PodConfig>(std::move(config));
}

void PodConfig::learn(const View& reference, std::string_view ns, const ClusterFacts& facts) {
  const std::string name = reference["name"].text();
  if (name.empty() || config_maps_.contains(name)) {
    return;
  }
  if (std::optional<Object> config_map = facts.config_map(ns, name)) {
    config_maps_.emplace(name, std::make_shared<const Object>(std::move(*config_map)));
  }
}

// With `items` only those are files.
void PodConfig::add_files(const View& source, Files& files) const {
  const std::shared_ptr<const Object> config_map = find(source["name"].text());
  if (!config_map) {
    return;
  }
  if (source["items"].size() == 0) {
    for (const auto& [key, value] : config_map->root()["data"].members()) {
      files.insert_or_assign(key, ConfigKey{config_map, key});
    }
  }
  for (const View& item : source["items"].items()) {
    files.insert_or_assign(relative_path(normalize_path(item["path"].text()), "/"),
                           ConfigKey{config_map, item["key"].text()});
  }
}

std::shared_ptr<const Object> PodConfig::find(std::string_view name) const {
  const auto found = config_maps_.find(name);
  return found == config_maps_.end() ? nullptr : found->second;
}

std::optional<ConfigKey> PodConfig::file(const Mount& mount, std::string_view path) const {
  const auto volume = volumes_.find(mount.volume);
  if (volume == volumes_.end() || !mount.sub_path_known || !path_within(path, mount.path)) {
    return std::nullopt;
  }
  std::string wanted = "/";
  wanted.append(mount.sub_path).append("/").append(relative_path(path, mount.path));
  const auto file = volume->second.find(relative_path(normalize_path(wanted), "/"));
  return file == volume->second.end() ? std::nullopt : std::optional(file->second);
}

}  // namespace warmgate::kube
