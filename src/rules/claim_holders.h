// Who mounts a claim: groups of alike Pods, and whether all of them must be on one node.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "warmgate/kube/facts.h"
#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"
#include "warmgate/kube/workload_kinds.h"
#include "warmgate/rules/rule.h"

namespace warmgate::rules {

struct ClaimHolder {
  kube::PodTemplate pod;
  kube::ReplicaRange replicas;
};

// The pod templates of `object`, one that mounts the claim, that do so and may have Pods. They point into `object`.
std::vector<ClaimHolder> holders_of(const kube::Object& object, const std::string& claim,
                                    const kube::WorkloadKinds& kinds, const kube::ClusterFacts& facts);
// Of the workload that is checked, by each of `claims`.
std::map<std::string, std::vector<ClaimHolder>> own_holders(const RuleContext& context,
                                                            const std::set<std::string>& claims);

// The most Pods at once; the largest number there is for "one on every node".
std::int64_t most_pods(const std::vector<ClaimHolder>& holders);

// True when all Pods of all of them are on one node for certain: by pinning, or because they must be beside each other.
bool on_one_node(const std::vector<ClaimHolder>& holders);
// All of both.
bool on_one_node(const std::vector<ClaimHolder>& some, const std::vector<ClaimHolder>& others);

// Their Pods end by themselves and leave the claim.
bool all_complete(const std::vector<ClaimHolder>& holders);

}  // namespace warmgate::rules
