#include "warmgate/engine/scaling.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "warmgate/kube/layered_facts.h"
#include "warmgate/kube/workload.h"

namespace warmgate::engine {
namespace {

using document::Json;

// What `after` says that `before` did not, another number of Pods included where that matters.
Judgement difference(Judgement after, const Judgement& before) {
  forgive_known(after, before);
  // A workload may have thousands of findings, so each is looked up.
  std::map<rules::Finding::Identity, std::set<std::int64_t>> known;
  for (const JudgedFinding& old : before.findings) {
    known[old.finding.identity()].insert(old.finding.extent);
  }
  std::erase_if(after.findings, [&](const JudgedFinding& judged) {
    const auto old = known.find(judged.finding.identity());
    // Without an extent it does not depend on the number.
    return old != known.end() && (judged.finding.extent == 0 || old->second.contains(judged.finding.extent));
  });
  after.injection = {};
  return after;
}

kube::Object with_member(const kube::Object& object, const std::string& name, std::int64_t value) {
  Json changed = object.document().value();
  if (changed["spec"].is_object()) {
    changed["spec"][name] = value;
  }
  return kube::Object(document::Document(std::move(changed)), object.key().ns);
}

Judgement judge_with(const kube::Object& autoscaler, const kube::Object& workload, const World& world) {
  const kube::BundleFacts only({autoscaler}, false, world.knowledge.kinds);
  const kube::LayeredFacts facts(only, world.facts);
  return judge(workload, {facts, world.knowledge, world.policy, world.readings}, Stage::kBeforeInjection);
}

}  // namespace

Judgement judge_scale(const kube::Object& workload, std::int64_t before, std::int64_t count, const World& world) {
  return difference(judge(with_member(workload, "replicas", count), world, Stage::kBeforeInjection),
                    judge(with_member(workload, "replicas", before), world, Stage::kBeforeInjection));
}

Judgement judge_autoscaler(const kube::Object& autoscaler, const std::optional<kube::Object>& before,
                           const kube::Object& workload, const World& world) {
  const std::string field = kube::limits_of(autoscaler).max_field;
  // The facts may have the new autoscaler already; one that never adds a Pod stands for none.
  const kube::Object old = before.value_or(with_member(autoscaler, field, 1));
  Judgement judgement = difference(judge_with(autoscaler, workload, world), judge_with(old, workload, world));
  for (JudgedFinding& judged : judgement.findings) {
    judged.finding.location = {"/spec/" + field, 0, 0, false};
  }
  return judgement;
}

}  // namespace warmgate::engine
