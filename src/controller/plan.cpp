#include "warmgate/controller/plan.h"

namespace warmgate::controller {

using cluster::Resource;

const Resource& model_caches() {
  static const Resource resource{"warmgate.dev", "v1alpha1", "modelcaches", "ModelCache", true};
  return resource;
}

const Resource& claims() {
  static const Resource resource{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true};
  return resource;
}

const Resource& jobs() {
  static const Resource resource{"batch", "v1", "jobs", "Job", true};
  return resource;
}

const Resource& pods() {
  static const Resource resource{"", "v1", "pods", "Pod", true};
  return resource;
}

}  // namespace warmgate::controller
