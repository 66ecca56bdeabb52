// CachePolicy (warmgate.dev/v1alpha1): what each rule does, and where. A plain value; what rules exist is not known
// here.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/api/field_error.h"
#include "warmgate/document/json.h"
#include "warmgate/kube/object.h"

namespace warmgate::api {

// From harmless to strict, so that the stricter of two is the greater.
enum class Action { kOff, kAudit, kWarn, kDeny };

std::string_view to_string(Action action);
std::optional<Action> parse_action(std::string_view text);

// What is made of a verdict for which the facts about the cluster are missing or out of date.
enum class StaleFacts { kIgnore, kWarn, kDeny };

std::string_view to_string(StaleFacts choice);

// A rule's id or slug and its action, with the place for messages.
struct RuleAction {
  Action action = Action::kOff;
  std::string pointer;
};
using RuleActions = std::map<std::string, RuleAction>;

// A rule's id or slug where only its name stands, with the place for messages.
struct RuleName {
  std::string name;
  std::string pointer;
};
// The rules whose findings an annotation may waive; nullopt where nothing is said about it.
using WaivableRules = std::optional<std::vector<RuleName>>;

struct NamespaceOverride {
  std::vector<std::string> names;  // globs: "team-*"
  RuleActions rules;
  WaivableRules waivable;
  std::shared_ptr<const document::Json> model_caches;  // as in CachePolicy
};

struct CachePolicy {
  std::string name;
  RuleActions rules;
  std::vector<NamespaceOverride> namespaces;  // a later one wins
  WaivableRules waivable;                     // the whole list, not an addition
  std::optional<Action> owned_pods;           // the most that is done to Pods of controllers whose template was judged
  std::optional<StaleFacts> stale_facts;
  std::optional<bool> inject;                          // injection into Pods whose model has a ModelCache
  std::optional<bool> offline;                         // injection also keeps such Pods from asking the Hub
  std::shared_ptr<const document::Json> model_caches;  // for lay_over (cache_rules.h); nullptr: nothing is said
};

bool is_cache_policy(const kube::Object& object);

// Every unknown field is an error too: a typo must not silently disarm a policy.
std::vector<FieldError> validate_cache_policy(const kube::Object& object);

// Requires an object without errors.
CachePolicy read_cache_policy(const kube::Object& object);

}  // namespace warmgate::api
