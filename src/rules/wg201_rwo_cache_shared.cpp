#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "claim_holders.h"
#include "node_pinning.h"
#include "rollout_surge.h"
#include "rules.h"
#include "warmgate/kube/storage.h"
#include "warmgate/kube/workload.h"

namespace warmgate::rules {
namespace {

constexpr std::string_view kShare = "make the claim ReadWriteMany (Filestore, EFS, Azure Files, CephFS, NFS)";

std::string access_mode_label(const std::vector<kube::AccessMode>& modes) {
  const bool one_pod = std::find(modes.begin(), modes.end(), kube::AccessMode::kReadWriteOncePod) != modes.end();
  return one_pod ? "ReadWriteOncePod" : "ReadWriteOnce";
}

// A claim for one node (or one Pod), and who of this workload mounts it.
struct Claim {
  const std::string& name;
  std::string mode;
  bool one_pod;
  std::vector<ClaimHolder> holders;
};

// Why Pods of this workload alone can need the claim on several nodes; "" when they cannot.
std::string own_spread(const RuleContext& context, const Claim& claim) {
  if (most_pods(claim.holders) <= 1 || (!claim.one_pod && on_one_node(claim.holders))) {
    return "";
  }
  const std::string workload = context.object.display_name();
  const kube::ReplicaRange& range = claim.holders.front().replicas;
  if (std::any_of(claim.holders.begin(), claim.holders.end(), [](const auto& each) { return !each.replicas.max; })) {
    return workload + " runs a Pod on every node";
  }
  const std::string pods = workload + " can run " + std::to_string(most_pods(claim.holders)) + " Pods";
  if (claim.holders.size() > 1) {
    return pods + " that mount it, of " + std::to_string(claim.holders.size()) + " pod templates";
  }
  const std::string by =
      !range.autoscaler.empty() ? range.autoscaler : range.pointer.substr(range.pointer.rfind('/') + 1);
  return pods + (by.empty() ? "" : " (" + by + ")");
}

// `pod` is one of a workload that runs the template of `owner` (Rollout.spec.workloadRef).
bool runs_template_of(const RuleContext& context, const kube::Object& owner, const kube::Object& pod) {
  const std::vector<kube::TemplateUser> users = context.facts.template_users(owner.key());
  return std::any_of(users.begin(), users.end(), [&](const kube::TemplateUser& user) {
    return context.knowledge.kinds.same_workload(user.object, pod);
  });
}

// Another workload that holds the claim at the same time, perhaps on another node.
std::string shared_with(const RuleContext& context, const Claim& claim) {
  if (all_complete(claim.holders)) {
    return "";  // a finished download Job holds no volume
  }
  const kube::WorkloadKinds& kinds = context.knowledge.kinds;
  for (const kube::Object& other : context.facts.workloads_on_claim(context.object.key().ns, claim.name)) {
    if (kinds.same_workload(context.object, other) || runs_template_of(context, context.object, other) ||
        runs_template_of(context, other, context.object)) {
      continue;
    }
    std::vector<ClaimHolder> holders = holders_of(other, claim.name, kinds, context.facts);
    std::erase_if(holders, [](const ClaimHolder& holder) { return holder.pod.completes; });
    if (!holders.empty() && (claim.one_pod || !on_one_node(claim.holders, holders))) {
      return other.display_name() + " mounts it too";
    }
  }
  return "";
}

// Where the workload names the claim.
std::string place_of(const kube::Volume& volume) {
  return volume.view.pointer() + (volume.view.is_object() ? "/persistentVolumeClaim/claimName" : "");
}

Finding new_finding(const Claim& claim, const models::ModelUse& use) {
  std::string help(kShare);
  help += ", or keep it to one Pod at a time";
  return {.rule = "WG201",
          .message = "cache claim \"" + claim.name + "\" is " + claim.mode + ", for one " +
                     (claim.one_pod ? "Pod" : "node") + " only, but ",
          .help = std::move(help),
          .container = "",
          .subject = claim.name,
          .location = {place_of(*use.cache.volume), 0, 0, false},
          .at_most = std::nullopt,
          .extent = most_pods(claim.holders)};
}

Finding spread_finding(const Claim& claim, const models::ModelUse& use, const std::string& spread) {
  Finding finding = new_finding(claim, use);
  finding.message +=
      spread + ": every Pod " + (claim.one_pod ? "after the first" : "on a second node") + " waits " +
      (all_complete(claim.holders) ? "until the one that has the volume ends" : "for the volume for ever");
  if (all_complete(claim.holders)) {
    finding.at_most = api::Action::kWarn;  // Pods that end by themselves come one after the other
  }
  return finding;
}

// Who replaces the Pods of a template, and how.
struct Rolled {
  kube::Object object;
  kube::PodTemplate pod;
};

Rolled rolled_by(const RuleContext& context, const kube::PodTemplate& pod) {
  Rolled rolled{context.object, pod};
  const std::vector<kube::TemplateUser> users = context.facts.template_users(context.object.key());
  if (!users.empty()) {
    rolled.object = users.front().object;
    rolled.pod.strategy = users.front().borrowed.strategy;
  }
  return rolled;
}

// One Pod at a time, but for the time of a rollout.
std::optional<Finding> surge_finding(const RuleContext& context, const Claim& claim, const models::ModelUse& use) {
  if (claim.holders.size() != 1 || most_pods(claim.holders) != 1) {
    return std::nullopt;
  }
  const kube::PodTemplate& pod = claim.holders.front().pod;
  const bool stays = pinned_node(pod) || must_be_beside(pod, pod);
  const Rolled rolled = rolled_by(context, pod);
  const std::optional<Surge> surge = rollout_surge(rolled.object, rolled.pod, 1);
  if (!surge || (stays && !claim.one_pod)) {
    return std::nullopt;
  }
  Finding finding = new_finding(claim, use);
  finding.extent = 0;  // not a matter of how many Pods there are
  finding.message +=
      "a rollout of " + rolled.object.display_name() + " starts the new Pod before the old one ends (" + surge->how +
      "): " +
      (claim.one_pod ? "the new Pod waits for the volume, the old one for the new, for ever"
                     : "on another node the new Pod waits for the volume, the old one for the new, for ever");
  finding.help = surge->mend + ", or " + std::string(kShare);
  if (!surge->pointer.empty() && kube::same_object(rolled.object.key(), context.object.key())) {
    finding.location = {surge->pointer, 0, 0, false};
  }
  if (!claim.one_pod) {
    finding.at_most = api::Action::kWarn;  // the scheduler may find room on the same node
  }
  return finding;
}

void check_use(const RuleContext& context, const models::ModelUse& use, std::vector<ClaimHolder> holders,
               std::vector<Finding>& findings) {
  const std::string& name = use.cache.volume->claim;
  const std::optional<kube::Object> object = context.facts.claim(context.object.key().ns, name);
  if (!object || holders.empty()) {
    return;
  }
  const std::optional<kube::Object> volume = context.facts.persistent_volume(*object);
  const std::vector<kube::AccessMode> modes = kube::access_modes(*object, volume);
  if (modes.empty() || kube::shares_across_nodes(modes)) {
    return;
  }
  Claim claim{name, access_mode_label(modes), false, std::move(holders)};
  claim.one_pod = claim.mode == "ReadWriteOncePod";
  if (volume && pinned_node(*volume) && !claim.one_pod) {
    return;  // the scheduler sends every Pod that mounts a local volume to its node
  }
  std::string spread = own_spread(context, claim);
  if (spread.empty()) {
    spread = shared_with(context, claim);
  }
  if (!spread.empty()) {
    findings.push_back(spread_finding(claim, use, spread));
  } else if (std::optional<Finding> surge = surge_finding(context, claim, use)) {
    findings.push_back(std::move(*surge));
  }
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  // A finding is about the claim, however many use it.
  std::map<std::string, const models::ModelUse*> uses;
  std::set<std::string> claims;
  for (const models::TemplateReading& reading : context.readings) {
    for (const models::ModelUse& use : reading.uses) {
      if (use.cache.on_claim() && uses.emplace(use.cache.volume->claim, &use).second) {
        claims.insert(use.cache.volume->claim);
      }
    }
  }
  std::map<std::string, std::vector<ClaimHolder>> holders = own_holders(context, claims);
  for (const auto& [claim, use] : uses) {
    check_use(context, *use, std::move(holders[claim]), findings);
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
             "storage class cannot keep, and two volumes that are one disk. Pods that are all pinned to one node or "
             "must "
             "be beside each other (podAffinity by kubernetes.io/hostname), and local volumes, are not reported. One "
             "Pod "
             "and its successor in a rollout are a warning at most, Pods that end by themselves too."},
    .check = check,
};

}  // namespace warmgate::rules
