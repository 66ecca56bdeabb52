#include "owner.h"

#include <array>
#include <string_view>

namespace warmgate::admission {
namespace {

struct ControllerAccount {
  std::string_view group;
  std::string_view kind;
  std::string_view account;
};

// k8s.io/kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go
constexpr std::array<ControllerAccount, 7> kAccounts = {{
    {"apps", "Deployment", "deployment-controller"},
    {"apps", "ReplicaSet", "replicaset-controller"},
    {"apps", "StatefulSet", "statefulset-controller"},
    {"apps", "DaemonSet", "daemon-set-controller"},
    {"batch", "Job", "job-controller"},
    {"batch", "CronJob", "cronjob-controller"},
    {"", "ReplicationController", "replication-controller"},
}};

}  // namespace

bool owned_by_judged_controller(const kube::Object& object, const std::string& user) {
  const std::optional<kube::ControllerRef> owner = object.controller();
  if (!owner) {
    return false;
  }
  for (const ControllerAccount& known : kAccounts) {
    if (known.group == owner->group && known.kind == owner->kind) {
      // Without --use-service-account-credentials all controllers share one identity.
      return user == "system:serviceaccount:kube-system:" + std::string(known.account) ||
             user == "system:kube-controller-manager";
    }
  }
  return false;
}

}  // namespace warmgate::admission
