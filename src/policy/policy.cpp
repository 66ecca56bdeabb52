#include "warmgate/policy/policy.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/api/model_cache.h"
#include "warmgate/base/embedded.h"
#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/document/write.h"
#include "warmgate/rules/rule.h"

namespace warmgate::policy {
namespace {

using api::Action;
using api::FieldError;

// Turns the names of a policy into rule ids; a name that no rule has, or that no policy reaches, is an error.
std::map<std::string, Action> by_id(const api::RuleActions& actions, std::vector<FieldError>& errors) {
  std::map<std::string, Action> out;
  for (const auto& [name, entry] : actions) {
    const rules::Rule* rule = rules::find_rule(name);
    if (rule == nullptr) {
      std::vector<std::string> names;
      for (const rules::Rule* known : rules::all_rules()) {
        names.emplace_back(known->info.id);
        names.emplace_back(known->info.slug);
      }
      const std::optional<std::string> meant = base::closest_match(name, names);
      errors.push_back({entry.pointer, "there is no rule \"" + name + "\"",
                        meant ? "did you mean " + *meant + "?" : "`warmgate explain` lists the rules"});
    } else if (rules::is_input_rule(rule->info.id)) {
      errors.push_back({entry.pointer, name + " is about the input itself and always an error", "remove the line"});
    } else if (!out.emplace(rule->info.id, entry.action).second) {
      errors.push_back({entry.pointer, name + " is the second line about " + std::string(rule->info.id),
                        "keep one: a rule goes by its id or its slug"});
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
  const std::string path = "policies/default.yaml";
  const auto source = std::make_shared<document::SourceText>(path, std::string(base::embedded_file(path).value_or("")));
  const base::Result<document::Document> document = document::read_single(source, {});
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
    namespaces.push_back({item.names, by_id(item.rules, errors)});
  }
  if (!errors.empty()) {
    return first_error(document, errors.front());
  }
  rules.merge(rules_);
  rules_ = std::move(rules);
  std::move(namespaces.begin(), namespaces.end(), std::back_inserter(namespaces_));
  owned_pods_ = layer.owned_pods.value_or(owned_pods_);
  inject_ = layer.inject.value_or(inject_);
  return base::ok_status();
}

Action Policy::action(std::string_view rule_id, std::string_view ns) const {
  if (rules::is_input_rule(rule_id)) {
    return Action::kDeny;
  }
  const std::string id(rule_id);
  Action action = Action::kDeny;
  if (const auto found = rules_.find(id); found != rules_.end()) {
    action = found->second;
  } else if (const rules::Rule* rule = rules::find_rule(rule_id)) {
    action = rule->info.default_action;
  }
  for (const NamespaceLayer& layer : namespaces_) {
    const bool here = std::any_of(layer.names.begin(), layer.names.end(),
                                  [&](const std::string& name) { return base::glob_match(name, ns); });
    if (const auto found = layer.rules.find(id); here && found != layer.rules.end()) {
      action = found->second;
    }
  }
  return action;
}

std::string Policy::to_yaml() const {
  std::string out =
      "apiVersion: " + std::string(api::kApiVersion) + "\nkind: CachePolicy\nmetadata:\n  name: effective\nspec:\n";
  out += "  inject: " + std::string(inject_ ? "true" : "false") + "\n";
  out += "  ownedPods: " + (owned_pods_ == Action::kOff ? "\"off\"" : std::string(api::to_string(owned_pods_))) + "\n";
  out += "  rules:\n";
  print_rules(out, rules_, "    ");
  if (!namespaces_.empty()) {
    out += "  namespaces:\n";
  }
  for (const NamespaceLayer& layer : namespaces_) {
    out += "    - names: " + document::to_json(document::Json(layer.names)) + "\n      rules:\n";
    print_rules(out, layer.rules, "        ");
  }
  return out;
}

}  // namespace warmgate::policy
