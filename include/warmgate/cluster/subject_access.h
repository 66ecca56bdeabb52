// Asking the API server's authorizer what somebody else may do, by one SubjectAccessReview. It changes nothing.
#pragma once

#include <string>

#include "warmgate/base/result.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/kube/access.h"

namespace warmgate::cluster {

// An error: there is no answer.
base::Result<bool> may(KubeApi& api, const kube::Subject& subject, const std::string& ns, const kube::Access& access);

}  // namespace warmgate::cluster
