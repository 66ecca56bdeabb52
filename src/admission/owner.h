// Whether a request comes from the controller that owns its object.
#pragma once

#include <string>

#include "warmgate/kube/object.h"

namespace warmgate::admission {

// True when the object's controller is a kind whose template was judged when it was applied, and `user` is that
// controller's own service account: ownerReferences alone can be forged by anybody who may create Pods.
bool owned_by_judged_controller(const kube::Object& object, const std::string& user);

}  // namespace warmgate::admission
