#include "warmgate/kube/access.h"

namespace warmgate::kube {

std::string to_string(const Access& access) {
  std::string out = access.verb + " " + access.resource;
  if (!access.group.empty()) {
    out.append(".").append(access.group);
  }
  return access.name.empty() ? out : out.append("/").append(access.name);
}

}  // namespace warmgate::kube
