#include <algorithm>
#include <limits>
#include <set>

#include "node_pinning.h"
#include "rules.h"
#include "warmgate/kube/storage.h"
#include "warmgate/kube/workload.h"

namespace warmgate::rules {
namespace {

std::string access_mode_label(const std::vector<kube::AccessMode>& modes) {
  const bool one_pod = std::find(modes.begin(), modes.end(), kube::AccessMode::kReadWriteOncePod) != modes.end();
  return one_pod ? "ReadWriteOncePod" : "ReadWriteOnce";
}

// Why Pods of this workload alone can need the claim on several nodes; "" when they cannot.
std::string own_spread(const RuleContext& context, const models::TemplateReading& reading, bool one_pod) {
  const kube::ReplicaRange range = kube::replicas(context.object, context.facts);
  if (range.max && *range.max <= 1) {
    return "";
  }
  if (pinned_node(reading.pod) && !one_pod) {
    return "";
  }
  if (!range.max) {
    return context.object.display_name() + " runs a Pod on every node";
  }
  const std::string by =
      !range.autoscaler.empty() ? range.autoscaler : range.pointer.substr(range.pointer.rfind('/') + 1);
  return context.object.display_name() + " can run " + std::to_string(*range.max) + " Pods (" + by + ")";
}

// The most Pods that want the claim: two of this workload are bad, three are worse.
std::int64_t most_pods(const RuleContext& context) {
  return kube::replicas(context.object, context.facts).max.value_or(std::numeric_limits<std::int64_t>::max());
}

// Another workload that holds the claim at the same time, perhaps on another node.
std::string shared_with(const RuleContext& context, const models::TemplateReading& reading, const std::string& claim,
                        bool one_pod) {
  if (kube::runs_to_completion(context.object)) {
    return "";  // a finished download Job holds no volume
  }
  const std::optional<std::string> node = pinned_node(reading.pod);
  for (const kube::Object& other : context.facts.workloads_on_claim(context.object.key().ns, claim)) {
    const kube::ReplicaRange range = kube::replicas(other, context.facts);
    const bool may_run = !range.max || *range.max > 0;
    if (kube::same_workload(context.object, other) || kube::runs_to_completion(other) || !may_run) {
      continue;
    }
    const std::vector<kube::PodTemplate> pods = kube::pod_templates(other);
    const bool same_node = node && std::all_of(pods.begin(), pods.end(),
                                               [&](const kube::PodTemplate& pod) { return pinned_node(pod) == node; });
    if (!same_node || one_pod) {
      return other.display_name() + " mounts it too";
    }
  }
  return "";
}

void check_use(const RuleContext& context, const models::TemplateReading& reading, const models::ModelUse& use,
               std::vector<Finding>& findings) {
  const std::string& name = use.cache.volume->claim;
  const std::optional<kube::Object> claim = context.facts.claim(context.object.key().ns, name);
  if (!claim) {
    return;
  }
  const std::optional<kube::Object> volume = context.facts.persistent_volume(*claim);
  const std::vector<kube::AccessMode> modes = kube::access_modes(*claim, volume);
  if (modes.empty() || kube::shares_across_nodes(modes)) {
    return;
  }
  const std::string mode = access_mode_label(modes);
  const bool one_pod = mode == "ReadWriteOncePod";
  if (volume && pinned_node(*volume) && !one_pod) {
    return;  // the scheduler sends every Pod that mounts a local volume to its node
  }
  std::string spread = own_spread(context, reading, one_pod);
  if (spread.empty()) {
    spread = shared_with(context, reading, name, one_pod);
  }
  if (spread.empty()) {
    return;
  }
  const std::string unit = one_pod ? "Pod" : "node";
  findings.push_back({.rule = "WG201",
                      .message = "cache claim \"" + name + "\" is " + mode + ", for one " + unit + " only, but " +
                                 spread + ": every Pod " + (one_pod ? "after the first" : "on a second node") +
                                 " waits for the volume for ever",
                      .help =
                          "make the claim ReadWriteMany (Filestore, EFS, Azure Files, CephFS, NFS), or keep it to one "
                          "Pod at a time",
                      .container = "",
                      .subject = name,
                      .location = {use.cache.volume->view.pointer() + "/persistentVolumeClaim/claimName", 0, 0, false},
                      .at_most = std::nullopt,
                      .extent = most_pods(context)});
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    std::set<std::string> claims;  // a finding is about the claim, however many use it
    for (const models::ModelUse& use : reading.uses) {
      if (use.cache.on_claim() && claims.insert(use.cache.volume->claim).second) {
        check_use(context, reading, use, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG201_RwoCacheShared = {
    .info =
        {.id = "WG201",
         .slug = "rwo-cache-shared",
         .default_action = api::Action::kDeny,
         .summary = "a ReadWriteOnce cache claim that Pods on more than one node can need",
         .why =
             "Block storage attaches to one node. The first Pod runs, and every Pod that lands on another node hangs "
             "in ContainerCreating with Multi-Attach errors: the second replica, the rollout, the autoscaler's step "
             "at 3 a.m.",
         .bad = "kind: PersistentVolumeClaim\nspec:\n  accessModes: [ReadWriteOnce]\n---\nkind: Deployment\nspec:\n"
                "  replicas: 2\n",
         .good = "kind: PersistentVolumeClaim\nspec:\n  accessModes: [ReadWriteMany]\n---\nkind: Deployment\nspec:\n"
                 "  replicas: 2\n",
         .misses =
             "Claims that are not among the facts, claims that no model is loaded from, and access modes that the "
             "storage class cannot keep. A claim whose Pods are all pinned to one node, by themselves or by a "
             "local volume, is not reported."},
    .check = check,
};

}  // namespace warmgate::rules
