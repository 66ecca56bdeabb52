#include "warmgate/policy/policy.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/api/model_cache.h"
#include "warmgate/base/text.h"
#include "warmgate/document/embedded.h"
#include "warmgate/document/write.h"
#include "warmgate/rules/rule.h"

namespace warmgate::policy {
namespace {

using api::Action;
using api::FieldError;

// Its action is cache_rules().missing.
constexpr std::string_view kMissingCacheRule = "WG309";

Action action_of(api::MissingCache missing) {
  switch (missing) {
    case api::MissingCache::kDeny:
      return Action::kDeny;
    case api::MissingCache::kAllow:
      return Action::kOff;
    case api::MissingCache::kWarn:
    case api::MissingCache::kCreate:  // found only where none will be made
      return Action::kWarn;
  }
  return Action::kWarn;
}

using RuleIds = std::set<std::string, std::less<>>;

// A name that no rule has, or that no policy reaches, is an error; nullptr then.
const rules::Rule* reachable_rule(const std::string& name, const std::string& pointer,
                                  std::vector<FieldError>& errors) {
  const rules::Rule* rule = rules::find_rule(name);
  if (rule == nullptr) {
    errors.push_back({pointer, "there is no rule \"" + name + "\"", rules::hint_for_unknown_rule(name)});
  } else if (rules::is_input_rule(rule->info.id)) {
    errors.push_back({pointer, name + " is about the input itself, which no policy changes", "remove it"});
    return nullptr;
  }
  return rule;
}

std::map<std::string, Action> by_id(const api::RuleActions& actions, std::vector<FieldError>& errors) {
  std::map<std::string, Action> out;
  for (const auto& [name, entry] : actions) {
    const rules::Rule* rule = reachable_rule(name, entry.pointer, errors);
    if (rule == nullptr) {
      continue;
    }
    if (rule->info.id == kMissingCacheRule) {
      errors.push_back({entry.pointer, name + " follows modelCaches.missing, not rules",
                        "set modelCaches: {missing: allow}, or warn, deny, create"});
      continue;
    }
    if (!out.emplace(rule->info.id, entry.action).second) {
      errors.push_back({entry.pointer, name + " is the second line about " + std::string(rule->info.id),
                        "keep one: a rule goes by its id or its slug"});
    }
  }
  return out;
}

std::optional<RuleIds> by_id(const api::WaivableRules& names, std::vector<FieldError>& errors) {
  if (!names) {
    return std::nullopt;
  }
  RuleIds out;
  for (const api::RuleName& entry : *names) {
    if (const rules::Rule* rule = reachable_rule(entry.name, entry.pointer, errors)) {
      out.emplace(rule->info.id);
    }
  }
  return out;
}

base::Error first_error(const document::Document& document, const FieldError& error) {
  std::string message;
  if (const document::SourceText* source = document.source()) {
    const document::Position at = source->position(document.key_span(error.pointer)->begin);
    message = source->name() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
  }
  message += error.message;
  return {error.help.empty() ? message : message + "; " + error.help};
}

void print_waivable(std::string& out, const RuleIds& ids, const std::string& indent) {
  const std::vector<std::string> list(ids.begin(), ids.end());
  out += indent + "waivers:\n" + indent + "  allowed: [" + base::join(list, ", ") + "]\n";
}

// What a layer says of ModelCaches, and nothing else.
void print_said(std::string& out, const document::Json& section, const std::string& indent) {
  const document::View said(section);
  api::CacheRules rules;
  api::lay_over(rules, said);
  if (const std::string lines = api::to_yaml(rules, indent + "  ", &said); !lines.empty()) {
    out += indent + "modelCaches:\n" + lines;
  }
}

void print_rules(std::string& out, const std::map<std::string, Action>& actions, const std::string& indent) {
  for (const auto& [id, action] : actions) {
    const std::string quoted = action == Action::kOff ? "\"off\"" : std::string(api::to_string(action));
    const std::size_t padding = quoted.size() < 6 ? 6 - quoted.size() : 1;
    out.append(indent).append(id).append(": ").append(quoted).append(padding, ' ');
    out.append("# ").append(rules::find_rule(id)->info.slug).append("\n");
  }
}

}  // namespace

base::Result<Policy> Policy::built_in() {
  const base::Result<document::Document> document = document::embedded_document("policies/default.yaml");
  if (!document) {
    return document.error();
  }
  Policy policy;
  if (const base::Status added = policy.add_layer(*document); !added) {
    return added.error();
  }
  return policy;
}

base::Status Policy::add_layer(const document::Document& document) {
  const kube::Object object(document);
  if (!api::is_cache_policy(object)) {
    return first_error(document,
                       {"", "this is no CachePolicy of warmgate.dev/v1alpha1", "`warmgate policy show` prints one"});
  }
  std::vector<FieldError> errors = api::validate_cache_policy(object);
  if (!errors.empty()) {
    return first_error(document, errors.front());
  }
  const api::CachePolicy layer = api::read_cache_policy(object);
  std::map<std::string, Action> rules = by_id(layer.rules, errors);
  std::vector<NamespaceLayer> namespaces;
  for (const api::NamespaceOverride& item : layer.namespaces) {
    namespaces.push_back({item.names, by_id(item.rules, errors), by_id(item.waivable, errors), item.model_caches});
  }
  std::optional<RuleIds> waivable = by_id(layer.waivable, errors);
  if (!errors.empty()) {
    return first_error(document, errors.front());
  }
  rules.merge(rules_);
  rules_ = std::move(rules);
  std::move(namespaces.begin(), namespaces.end(), std::back_inserter(namespaces_));
  owned_pods_ = layer.owned_pods.value_or(owned_pods_);
  stale_facts_ = layer.stale_facts.value_or(stale_facts_);
  inject_ = layer.inject.value_or(inject_);
  offline_ = layer.offline.value_or(offline_);
  if (waivable) {
    waivable_ = *std::move(waivable);
  }
  if (layer.model_caches != nullptr) {
    api::lay_over(cache_rules_, document::View(*layer.model_caches));
  }
  return base::ok_status();
}

Action Policy::action(std::string_view rule_id, std::string_view ns) const {
  const rules::Rule* rule = rules::find_rule(rule_id);
  Action action = rule == nullptr ? Action::kDeny : rule->info.default_action;
  if (rules::is_input_rule(rule_id)) {
    return action;
  }
  if (rule_id == kMissingCacheRule) {
    return action_of(cache_rules(ns).missing);
  }
  const std::string id(rule_id);
  if (const auto found = rules_.find(id); found != rules_.end()) {
    action = found->second;
  }
  for (const NamespaceLayer& layer : namespaces_) {
    if (const auto found = layer.rules.find(id);
        found != layer.rules.end() && base::matches_any_glob(layer.names, ns)) {
      action = found->second;
    }
  }
  return action;
}

bool Policy::may_waive(std::string_view rule_id, std::string_view ns) const {
  const RuleIds* waivable = &waivable_;
  for (const NamespaceLayer& layer : namespaces_) {
    if (layer.waivable && base::matches_any_glob(layer.names, ns)) {
      waivable = &*layer.waivable;
    }
  }
  return waivable->contains(rule_id);
}

api::CacheRules Policy::cache_rules(std::string_view ns) const {
  api::CacheRules rules = cache_rules_;
  for (const NamespaceLayer& layer : namespaces_) {
    if (layer.model_caches != nullptr && base::matches_any_glob(layer.names, ns)) {
      api::lay_over(rules, document::View(*layer.model_caches));
    }
  }
  return rules;
}

std::string Policy::to_yaml() const {
  std::string out =
      "apiVersion: " + std::string(api::kApiVersion) + "\nkind: CachePolicy\nmetadata:\n  name: effective\nspec:\n";
  out += "  inject: " + std::string(inject_ ? "true" : "false") + "\n";
  out += "  offline: " + std::string(offline_ ? "true" : "false") + "\n";
  out += "  ownedPods: " + (owned_pods_ == Action::kOff ? "\"off\"" : std::string(api::to_string(owned_pods_))) + "\n";
  out += "  staleFacts: " + std::string(api::to_string(stale_facts_)) + "\n";
  print_waivable(out, waivable_, "  ");
  out += "  modelCaches:\n" + api::to_yaml(cache_rules_, "    ");
  out += "  rules:\n";
  print_rules(out, rules_, "    ");
  if (!namespaces_.empty()) {
    out += "  namespaces:\n";
  }
  for (const NamespaceLayer& layer : namespaces_) {
    out += "    - names: " + document::to_json(document::Json(layer.names)) + "\n";
    if (layer.waivable) {
      print_waivable(out, *layer.waivable, "      ");
    }
    if (layer.model_caches != nullptr) {
      print_said(out, *layer.model_caches, "      ");
    }
    out += "      rules:\n";
    print_rules(out, layer.rules, "        ");
  }
  return out;
}

}  // namespace warmgate::policy
