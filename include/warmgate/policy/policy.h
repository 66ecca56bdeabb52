// Policy: which action each rule has in which namespace. The built-in default (policies/default.yaml) with layers of
// CachePolicy documents over it; a later layer wins where it says something, and what a layer says about a namespace
// wins over what any says about all. A value type; const use is thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/api/cache_policy.h"
#include "warmgate/api/cache_rules.h"
#include "warmgate/base/result.h"
#include "warmgate/document/document.h"

namespace warmgate::policy {

class Policy {
 public:
  static base::Result<Policy> built_in();

  // Lays one CachePolicy over what is there. The error names file:line:col, the field and what to do; nothing is
  // changed then.
  base::Status add_layer(const document::Document& document);

  // No policy reaches input rules: they keep the action they were made with.
  [[nodiscard]] api::Action action(std::string_view rule_id, std::string_view ns) const;
  // Whether the annotation warmgate.dev/waive may waive the rule there. No rule of the built-in policy: the annotation
  // is written by those who are checked, so only the policy's author can open that door.
  [[nodiscard]] bool may_waive(std::string_view rule_id, std::string_view ns) const;
  // The most that is done to Pods whose controller's template was judged already.
  [[nodiscard]] api::Action owned_pods() const { return owned_pods_; }
  // What is made of verdicts for which facts about the cluster are missing or out of date.
  [[nodiscard]] api::StaleFacts stale_facts() const { return stale_facts_; }
  [[nodiscard]] bool inject() const { return inject_; }
  // Whether Pods that have all their models from ModelCaches are kept from asking the Hub.
  [[nodiscard]] bool offline() const { return offline_; }
  // What is done there about ModelCaches and the Pods that wait for them.
  [[nodiscard]] api::CacheRules cache_rules(std::string_view ns) const;

  // The whole effective policy as a CachePolicy manifest, with each rule's slug as a comment.
  [[nodiscard]] std::string to_yaml() const;

 private:
  struct NamespaceLayer {
    std::vector<std::string> names;
    std::map<std::string, api::Action> rules;
    std::optional<std::set<std::string, std::less<>>> waivable;
    std::shared_ptr<const document::Json> model_caches;  // what it says of them; nullptr: nothing
  };
  std::map<std::string, api::Action> rules_;  // by rule id
  std::vector<NamespaceLayer> namespaces_;
  std::set<std::string, std::less<>> waivable_;
  api::Action owned_pods_ = api::Action::kWarn;
  api::StaleFacts stale_facts_ = api::StaleFacts::kWarn;
  bool inject_ = true;
  bool offline_ = false;
  api::CacheRules cache_rules_;
};

}  // namespace warmgate::policy
