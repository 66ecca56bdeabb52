// Rule: one thing that manifests get wrong. Pure: a rule sees an object (a workload with what it loads, or a
// PersistentVolumeClaim, of which there are no readings) and the facts; it reports only on that object, never throws,
// reads no file and no clock. Everything that is said about a rule (list, explanation, docs page, policy keys) comes
// from its RuleInfo. All immutable, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "warmgate/api/cache_policy.h"
#include "warmgate/kube/facts.h"
#include "warmgate/kube/object.h"
#include "warmgate/models/reading.h"

namespace warmgate::rules {

struct Finding {
  std::string_view rule;  // "WG101"
  std::string message;    // one line: which container, which flag or field, what is wrong with it
  std::string help;       // what to write instead, how to get what is missing
  std::string container;  // "" when it is about the whole object
  std::string subject;    // what it is about (a repository, a claim, a variable): the identity of a finding is rule,
                          // container and subject, so that reordering containers changes nothing
  models::Location location;
  std::optional<api::Action> at_most;  // a milder action than the policy's, where the facts are weak
  bool mended = false;                 // injection will mend it
  std::int64_t extent = 0;             // how far it goes, where a number says that: of one identity the larger is worse

  using Identity = std::tuple<std::string_view, std::string_view, std::string_view>;
  // Points into the finding.
  [[nodiscard]] Identity identity() const { return {rule, container, subject}; }
};

class ClaimContents;

// What a rule may look at.
struct RuleContext {
  const kube::Object& object;
  const std::vector<models::TemplateReading>& readings;
  const kube::ClusterFacts& facts;
  const models::Knowledge& knowledge;
  const models::FactReadings& known;        // what the facts hold, read
  const ClaimContents* contents = nullptr;  // of the claims of `object`; check_workload's own
};

using Check = void (*)(const RuleContext& context, std::vector<Finding>& findings);

struct RuleInfo {
  std::string_view id;    // "WG101"
  std::string_view slug;  // names the bad pattern: "unpinned-revision"
  api::Action default_action;
  std::string_view summary;  // what it finds, one sentence without a full stop
  std::string_view why;      // what it costs
  std::string_view bad;      // YAML
  std::string_view good;     // YAML
  std::string_view misses;   // what it does not see
};

struct Rule {
  RuleInfo info;
  Check check;  // nullptr for rules about the input itself, which readers report
};

// All rules by id.
std::span<const Rule* const> all_rules();
// By id (any case) or slug; nullptr when there is none.
const Rule* find_rule(std::string_view id_or_slug);
// What to say about a name that find_rule does not know: the rule that was meant, or how to list them.
std::string hint_for_unknown_rule(std::string_view name);
// Rules about the input itself, what Warmgate is told by it included: no policy reaches them.
bool is_input_rule(std::string_view id);

// Every finding on the workload or claim, one per mistake (see overlap in src/rules/registry.cpp), ordered by place.
std::vector<Finding> check_workload(const RuleContext& context);

}  // namespace warmgate::rules
