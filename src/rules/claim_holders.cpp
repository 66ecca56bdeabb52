#include "claim_holders.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "node_pinning.h"
#include "warmgate/kube/workload.h"

namespace warmgate::rules {
namespace {

constexpr std::int64_t kEveryNode = std::numeric_limits<std::int64_t>::max();
// Comparing each with each; real objects have a handful.
constexpr std::size_t kMaxCompared = 50;

bool may_run(const kube::ReplicaRange& range) { return !range.max || *range.max > 0; }

bool is_on_one_node(const ClaimHolder& holder) {
  const bool one_pod = holder.replicas.max && *holder.replicas.max <= 1;
  return one_pod || pinned_node(holder.pod) || must_be_beside(holder.pod, holder.pod);
}

bool on_same_node(const ClaimHolder& a, const ClaimHolder& b) {
  const std::optional<std::string> node = pinned_node(a.pod);
  return (node && node == pinned_node(b.pod)) || (must_be_beside(a.pod, b.pod) && is_on_one_node(b)) ||
         (must_be_beside(b.pod, a.pod) && is_on_one_node(a));
}

}  // namespace

std::vector<ClaimHolder> holders_of(const kube::Object& object, const std::string& claim,
                                    const kube::WorkloadKinds& kinds, const kube::ClusterFacts& facts) {
  std::vector<ClaimHolder> holders;
  const std::vector<kube::PodTemplate> pods = kinds.pod_templates(object);
  // Of the only one it is known already, without a look at its volumes.
  const auto mounts_it = [&](const kube::PodTemplate& pod) {
    const std::vector<std::string> claims = pods.size() > 1 ? kube::claims_of(pod) : std::vector{claim};
    return std::find(claims.begin(), claims.end(), claim) != claims.end();
  };
  for (const kube::PodTemplate& pod : pods) {
    kube::ReplicaRange range = kube::replicas(object, pod, facts);
    if (may_run(range) && mounts_it(pod)) {
      holders.push_back({pod, std::move(range)});
    }
  }
  return holders;
}

std::map<std::string, std::vector<ClaimHolder>> own_holders(const RuleContext& context,
                                                            const std::set<std::string>& claims) {
  std::map<std::string, std::vector<ClaimHolder>> holders;
  for (const models::TemplateReading& reading : context.readings) {
    const kube::ReplicaRange range = kube::replicas(context.object, reading.pod, context.facts);
    for (const std::string& claim : may_run(range) ? kube::claims_of(reading.pod) : std::vector<std::string>()) {
      if (claims.contains(claim)) {
        holders[claim].push_back({reading.pod, range});
      }
    }
  }
  return holders;
}

std::int64_t most_pods(const std::vector<ClaimHolder>& holders) {
  std::int64_t pods = 0;
  for (const ClaimHolder& holder : holders) {
    const std::int64_t most = holder.replicas.max.value_or(kEveryNode);
    pods = most > kEveryNode - pods ? kEveryNode : pods + most;
  }
  return pods;
}

bool on_one_node(const std::vector<ClaimHolder>& holders) {
  if (holders.size() <= 1 || holders.size() > kMaxCompared) {
    return holders.empty() || (holders.size() == 1 && is_on_one_node(holders.front()));
  }
  // From the first on, whoever is on the node of one that is reached. Each must be on one node, by itself or beside
  // another.
  std::vector<bool> reached(holders.size());
  std::vector<std::size_t> next = {0};
  reached[0] = true;
  while (!next.empty()) {
    const std::size_t from = next.back();
    next.pop_back();
    for (std::size_t to = 0; to < holders.size(); ++to) {
      if (!reached[to] && on_same_node(holders[from], holders[to])) {
        reached[to] = true;
        next.push_back(to);
      }
    }
  }
  return std::all_of(reached.begin(), reached.end(), [](bool is) { return is; });
}

bool on_one_node(const std::vector<ClaimHolder>& some, const std::vector<ClaimHolder>& others) {
  if (some.size() > kMaxCompared || others.size() > kMaxCompared) {
    return false;
  }
  std::vector<ClaimHolder> all = some;
  all.insert(all.end(), others.begin(), others.end());
  return on_one_node(all);
}

bool all_complete(const std::vector<ClaimHolder>& holders) {
  return std::all_of(holders.begin(), holders.end(), [](const ClaimHolder& holder) { return holder.pod.completes; });
}

}  // namespace warmgate::rules
