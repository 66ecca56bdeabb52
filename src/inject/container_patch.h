// ContainerPatch: what injection adds to one container of a Pod, and to the Pod for it. Only adds. Refers to what it is
// made from, which must outlive it.
#pragma once

#include <string>

#include "patch_builder.h"
#include "warmgate/api/model_cache.h"
#include "warmgate/kube/pod.h"

namespace warmgate::inject {

class ContainerPatch {
 public:
  ContainerPatch(PatchBuilder& builder, const kube::PodTemplate& pod, const kube::Container& container)
      : builder_(builder), pod_(pod), container_(container) {}

  // The cache's claim, read-only at its mount path.
  void mount(const api::ModelCache& cache);
  // A folder of the Pod's own that the container may write to: its path.
  std::string scratch();
  void set_variable(const std::string& name, const std::string& value);
  // Behind the container's args, or its command when it has no args.
  void append_flag(const std::string& flag, const std::string& value);

 private:
  // The pod template as the patch has made it.
  [[nodiscard]] kube::PodTemplate current() const;
  [[nodiscard]] std::string volume_for(const api::ModelCache& cache);
  void add_mount(const std::string& volume, const std::string& path, bool read_only);

  PatchBuilder& builder_;
  const kube::PodTemplate& pod_;
  const kube::Container& container_;
};

}  // namespace warmgate::inject
