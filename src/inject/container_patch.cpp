#include "container_patch.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "warmgate/document/pointer.h"

namespace warmgate::inject {
namespace {

using document::Json;

constexpr std::string_view kCacheVolume = "warmgate-cache";
constexpr std::string_view kScratchVolume = "warmgate-scratch";
constexpr std::string_view kScratchPath = "/warmgate-scratch";

// `wanted`, or with the first number behind it that makes it none of `taken`.
std::string free_name(std::string_view wanted, const std::vector<std::string>& taken) {
  std::string name(wanted);
  for (int number = 2; std::find(taken.begin(), taken.end(), name) != taken.end(); ++number) {
    name = std::string(wanted) + "-" + std::to_string(number);
  }
  return name;
}

}  // namespace

kube::PodTemplate ContainerPatch::current() const {
  const document::View spec(*document::resolve(builder_.object(), pod_.spec.pointer()), pod_.spec.pointer());
  return {pod_.metadata, spec, pod_.claim_templates};
}

std::string ContainerPatch::volume_for(const api::ModelCache& cache) {
  std::vector<std::string> taken;
  for (const kube::Volume& volume : kube::volumes(current())) {
    if (volume.type == kube::VolumeType::kClaim && volume.claim == cache.claim) {
      return volume.name;
    }
    taken.push_back(volume.name);
  }
  std::string name = free_name(kCacheVolume, taken);
  builder_.append(pod_.spec.pointer() + "/volumes",
                  {{"name", name}, {"persistentVolumeClaim", {{"claimName", cache.claim}, {"readOnly", true}}}});
  return name;
}

void ContainerPatch::add_mount(const std::string& volume, const std::string& path, bool read_only) {
  Json mount = {{"name", volume}, {"mountPath", path}};
  if (read_only) {
    mount["readOnly"] = true;
  }
  builder_.append(container_.view.pointer() + "/volumeMounts", mount);
}

void ContainerPatch::mount(const api::ModelCache& cache) { add_mount(volume_for(cache), cache.mount_path, true); }

std::string ContainerPatch::scratch() {
  const kube::Container container{
      document::View(*document::resolve(builder_.object(), container_.view.pointer()), container_.view.pointer()),
      container_.kind};
  std::vector<std::string> names;
  std::optional<std::string> scratch;
  for (const kube::Volume& volume : kube::volumes(current())) {
    names.push_back(volume.name);
    if (volume.type == kube::VolumeType::kEmptyDir && volume.name.starts_with(kScratchVolume)) {
      scratch = volume.name;
    }
  }
  std::vector<std::string> paths;
  for (const kube::Mount& mount : kube::mounts(container)) {
    if (mount.volume == scratch) {
      return mount.path;
    }
    paths.push_back(mount.path);
  }
  if (!scratch) {
    scratch = free_name(kScratchVolume, names);
    builder_.append(pod_.spec.pointer() + "/volumes", {{"name", *scratch}, {"emptyDir", Json::object()}});
  }
  std::string path = free_name(kScratchPath, paths);
  add_mount(*scratch, path, false);
  return path;
}

void ContainerPatch::set_variable(const std::string& name, const std::string& value) {
  builder_.append(container_.view.pointer() + "/env", {{"name", name}, {"value", value}});
}

void ContainerPatch::append_flag(const std::string& flag, const std::string& value) {
  const bool in_command = container_.view["args"].size() == 0 && container_.view["command"].size() > 0;
  const std::string list = container_.view.pointer() + (in_command ? "/command" : "/args");
  builder_.append(list, flag);
  builder_.append(list, value);
}

}  // namespace warmgate::inject
