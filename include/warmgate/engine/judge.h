// judge(): the one verdict of Warmgate. The webhooks and the linter both call it, so they cannot differ. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/api/cache_policy.h"
#include "warmgate/inject/inject.h"
#include "warmgate/kube/facts.h"
#include "warmgate/kube/object.h"
#include "warmgate/models/reading.h"
#include "warmgate/policy/policy.h"
#include "warmgate/rules/rule.h"

namespace warmgate::engine {

struct JudgedFinding {
  rules::Finding finding;
  api::Action action;  // never kOff: those are left out
  std::string waived;  // the reason, when an annotation waives it and the policy allows that; the message says it too
};

struct Judgement {
  std::vector<JudgedFinding> findings;
  // What Pods get by injection; empty for other objects and where nothing is to be done.
  inject::Injection injection;
  // It loads models or mounts claims, so what is known of the cluster could have changed the verdict.
  bool asks_cluster = false;

  [[nodiscard]] bool denied() const;
};

// Everything a verdict depends on besides the object.
struct World {
  const kube::ClusterFacts& facts;
  const models::Knowledge& knowledge;
  const policy::Policy& policy;
  // Shared by the verdicts of one thread over the same facts; without it each verdict has its own.
  const models::FactReadings* readings = nullptr;
};

enum class Stage {
  kBeforeInjection,  // a template, or a Pod that will still be mutated: judged as it will run
  kAsIs,             // a Pod that has been through mutation: what is missing now stays missing
};

// Judges any object: workloads and claims by the rules, Warmgate's own kinds and field types by their schema; others
// pass.
Judgement judge(const kube::Object& object, const World& world, Stage stage);

// What the API server would refuse in an object, all of WG006: types of fields, the schemas of Warmgate's own kinds.
std::vector<rules::Finding> check_schema(const kube::Object& object, const kube::WorkloadKinds& kinds);

// True for kinds that judge() looks at.
bool is_judged(const kube::Object& object, const kube::WorkloadKinds& kinds);

// At most `limit` for each finding; kOff removes them.
void limit_actions(Judgement& judgement, api::Action limit);
// Findings that `before` has as well, no milder and no smaller, become warnings: an UPDATE answers for what it brings
// or makes worse.
void forgive_known(Judgement& judgement, const Judgement& before);

}  // namespace warmgate::engine
