#include "warmgate/api/cache_policy.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "policy_fields.h"
#include "warmgate/api/cache_rules.h"
#include "warmgate/api/model_cache.h"
#include "warmgate/base/text.h"

namespace warmgate::api {
namespace {

using document::View;

constexpr std::array<std::string_view, 4> kActionNames = {"off", "audit", "warn", "deny"};
constexpr std::array<std::string_view, 3> kStaleFactsNames = {"ignore", "warn", "deny"};

void check_action(const View& value, std::vector<FieldError>& errors) {
  if (parse_action(value.text())) {
    return;
  }
  // YAML 1.1 reads a bare `off` as the boolean false, which is what the author meant.
  if (value.boolean() == std::optional(false)) {
    return;
  }
  errors.push_back({value.pointer(), value.pointer() + " is no action", "use one of deny, warn, audit, off"});
}

Action action_of(const View& value) { return parse_action(value.text()).value_or(Action::kOff); }

std::optional<StaleFacts> parse_stale_facts(std::string_view text) {
  const auto* found = std::find(kStaleFactsNames.begin(), kStaleFactsNames.end(), text);
  return found == kStaleFactsNames.end() ? std::nullopt
                                         : std::optional(static_cast<StaleFacts>(found - kStaleFactsNames.begin()));
}

void check_rules(const View& rules, std::vector<FieldError>& errors) {
  if (rules && !rules.is_object()) {
    errors.push_back({rules.pointer(), rules.pointer() + " must map rule ids to actions", "for example WG101: deny"});
  }
  for (const auto& [rule, action] : rules.members()) {
    check_action(action, errors);
  }
}

void check_waivers(const View& waivers, std::vector<FieldError>& errors) {
  check_members(waivers, std::array<std::string, 1>{"allowed"}, errors);
  const View allowed = waivers["allowed"];
  if (waivers && (!allowed.is_array() || allowed.strings().size() != allowed.size())) {
    errors.push_back({allowed.pointer(), allowed.pointer() + " must list rule ids",
                      "for example allowed: [WG205], or [] to allow no waiver"});
  }
}

WaivableRules read_waivable(const View& waivers) {
  if (!waivers) {
    return std::nullopt;
  }
  std::vector<RuleName> out;
  for (const View& item : waivers["allowed"].items()) {
    out.push_back({item.text(), item.pointer()});
  }
  return out;
}

std::shared_ptr<const document::Json> section_of(const View& section) {
  return section ? std::make_shared<const document::Json>(*section.json()) : nullptr;
}

RuleActions read_rules(const View& rules) {
  RuleActions out;
  for (const auto& [rule, action] : rules.members()) {
    out[rule] = {action_of(action), action.pointer()};
  }
  return out;
}

}  // namespace

void check_members(const document::View& object, std::span<const std::string> known, std::vector<FieldError>& errors) {
  if (object && !object.is_object()) {
    errors.push_back({object.pointer(), object.pointer() + " must be a mapping", ""});
  }
  for (const auto& [name, value] : object.members()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::optional<std::string> meant = base::closest_match(name, known);
      errors.push_back({value.pointer(), "a CachePolicy has no field " + value.pointer(),
                        meant ? "did you mean " + *meant + "?" : "known here: " + base::join(known, ", ")});
    }
  }
}

std::string_view to_string(Action action) { return kActionNames.at(static_cast<std::size_t>(action)); }

std::string_view to_string(StaleFacts choice) { return kStaleFactsNames.at(static_cast<std::size_t>(choice)); }

std::optional<Action> parse_action(std::string_view text) {
  for (std::size_t i = 0; i < kActionNames.size(); ++i) {
    if (kActionNames.at(i) == text) {
      return static_cast<Action>(i);
    }
  }
  return std::nullopt;
}

bool is_cache_policy(const kube::Object& object) { return object.is(kGroup, "CachePolicy"); }

std::vector<FieldError> validate_cache_policy(const kube::Object& object) {
  std::vector<FieldError> errors;
  const View root = object.root();
  if (object.api_version() != kApiVersion) {
    errors.push_back({root["apiVersion"].pointer(), "apiVersion must be " + std::string(kApiVersion), ""});
  }
  check_members(root, std::array<std::string, 4>{"apiVersion", "kind", "metadata", "spec"}, errors);
  const View spec = root["spec"];
  check_members(spec,
                std::array<std::string, 8>{"rules", "namespaces", "ownedPods", "staleFacts", "inject", "offline",
                                           "waivers", "modelCaches"},
                errors);
  check_rules(spec["rules"], errors);
  check_waivers(spec["waivers"], errors);
  check_cache_rules(spec["modelCaches"], errors);
  if (const View owned = spec["ownedPods"]) {
    check_action(owned, errors);
  }
  if (const View stale = spec["staleFacts"]; stale && !parse_stale_facts(stale.text())) {
    errors.push_back({stale.pointer(), stale.pointer() + " is no choice", "use one of warn, deny, ignore"});
  }
  for (const std::string_view name : {"inject", "offline"}) {
    if (const View choice = spec[name]; choice && !choice.boolean()) {
      errors.push_back({choice.pointer(), std::string(name) + " must be true or false", ""});
    }
  }
  if (const View namespaces = spec["namespaces"]; namespaces && !namespaces.is_array()) {
    errors.push_back(
        {namespaces.pointer(), "namespaces must be a list", "each item has names, rules, waivers and modelCaches"});
  }
  for (const View& item : spec["namespaces"].items()) {
    check_members(item, std::array<std::string, 4>{"names", "rules", "waivers", "modelCaches"}, errors);
    if (item["names"].strings().empty() || item["names"].strings().size() != item["names"].size()) {
      errors.push_back({item["names"].pointer(), "names must list namespaces", "for example names: [\"sandbox-*\"]"});
    }
    check_rules(item["rules"], errors);
    check_waivers(item["waivers"], errors);
    check_cache_rules(item["modelCaches"], errors);
  }
  return errors;
}

CachePolicy read_cache_policy(const kube::Object& object) {
  CachePolicy policy;
  const View spec = object.root()["spec"];
  policy.name = object.key().name;
  policy.rules = read_rules(spec["rules"]);
  if (const View owned = spec["ownedPods"]) {
    policy.owned_pods = action_of(owned);
  }
  policy.stale_facts = parse_stale_facts(spec["staleFacts"].text());
  policy.inject = spec["inject"].boolean();
  policy.offline = spec["offline"].boolean();
  policy.waivable = read_waivable(spec["waivers"]);
  policy.model_caches = section_of(spec["modelCaches"]);
  for (const View& item : spec["namespaces"].items()) {
    policy.namespaces.push_back({item["names"].strings(), read_rules(item["rules"]), read_waivable(item["waivers"]),
                                 section_of(item["modelCaches"])});
  }
  return policy;
}

}  // namespace warmgate::api
