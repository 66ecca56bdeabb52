#include "warmgate/policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "warmgate/base/embedded.h"
#include "warmgate/document/read.h"
#include "warmgate/rules/rule.h"

namespace warmgate::policy {
namespace {

using api::Action;

document::Document document_of(const std::string& text) {
  const auto source = std::make_shared<const document::SourceText>("team.yaml", text);
  return document::read_single(source, {}).value();
}

// A layer whose spec begins on line 5.
document::Document layer(const std::string& spec) {
  return document_of("apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: team}\nspec:\n" + spec);
}

Policy with(const std::vector<std::string>& specs) {
  Policy policy = Policy::built_in().value();
  for (const std::string& spec : specs) {
    const base::Status added = policy.add_layer(layer(spec));
    EXPECT_TRUE(added) << (added ? "" : added.error().message);
  }
  return policy;
}

std::string error_of(const document::Document& document) {
  Policy policy = Policy::built_in().value();
  const std::string before = policy.to_yaml();
  const base::Status added = policy.add_layer(document);
  EXPECT_EQ(policy.to_yaml(), before) << "a layer with a mistake must change nothing";
  return added ? "no error" : added.error().message;
}

TEST(DefaultPolicy, NamesEveryRuleThatAPolicyReachesWithItsDefault) {
  const kube::Object object(document_of(std::string(base::embedded_file("policies/default.yaml").value())));
  const api::CachePolicy written = api::read_cache_policy(object);
  std::size_t count = 0;
  for (const rules::Rule* rule : rules::all_rules()) {
    const std::string id(rule->info.id);
    if (rules::is_input_rule(id) || id == "WG309") {  // WG309 follows modelCaches.missing
      EXPECT_FALSE(written.rules.contains(id)) << id;
      continue;
    }
    ++count;
    ASSERT_TRUE(written.rules.contains(id)) << id << " is missing in policies/default.yaml";
    EXPECT_EQ(written.rules.at(id).action, rule->info.default_action) << id;
  }
  EXPECT_EQ(written.rules.size(), count);
}

TEST(DefaultPolicy, TheCommentBehindEachRuleIsItsSlug) {
  const std::string_view text = base::embedded_file("policies/default.yaml").value();
  for (const rules::Rule* rule : rules::all_rules()) {
    const std::size_t line = text.find("    " + std::string(rule->info.id) + ":");
    if (line != std::string_view::npos) {
      EXPECT_THAT(std::string(text.substr(line, text.find('\n', line) - line)),
                  ::testing::EndsWith("# " + std::string(rule->info.slug)));
    }
  }
}

TEST(DefaultPolicy, IsWhatBuiltInGives) {
  const base::Result<Policy> policy = Policy::built_in();
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->inject());
  EXPECT_EQ(policy->owned_pods(), Action::kWarn);
  EXPECT_EQ(policy->action("WG101", "any"), Action::kDeny);
  EXPECT_EQ(policy->action("WG306", ""), Action::kWarn);
}

TEST(Policy, InputRulesKeepTheirAction) {
  const Policy policy = Policy::built_in().value();
  for (const rules::Rule* rule : rules::all_rules()) {
    if (rules::is_input_rule(rule->info.id)) {
      EXPECT_EQ(policy.action(rule->info.id, "any"), rule->info.id == "WG008" ? Action::kWarn : Action::kDeny)
          << rule->info.id;
    }
  }
}

TEST(Policy, TheBuiltInOneLetsNothingBeWaived) {
  const Policy policy = Policy::built_in().value();
  for (const rules::Rule* rule : rules::all_rules()) {
    EXPECT_FALSE(policy.may_waive(rule->info.id, "any")) << rule->info.id;
  }
}

TEST(Policy, TheLastListOfWaivableRulesIsTheWholeOneAndANamespacesListWins) {
  const Policy policy =
      with({"  waivers: {allowed: [WG101]}\n  namespaces: [{names: [lab-*], waivers: {allowed: [wg301, WG302]}}]\n",
            "  waivers: {allowed: [ephemeral-cache]}\n  namespaces: [{names: [lab-prod], waivers: {allowed: []}}]\n"});
  struct Case {
    const char* rule;
    const char* ns;
    bool allowed;
  };
  const std::vector<Case> cases = {
      {"WG205", "llm", true},   {"WG205", "", true},      {"WG101", "llm", false},   {"WG301", "llm", false},
      {"WG301", "lab-1", true}, {"WG302", "lab-1", true}, {"WG205", "lab-1", false}, {"WG301", "lab-prod", false},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(policy.may_waive(test.rule, test.ns), test.allowed) << test.rule << " in " << test.ns;
  }
}

TEST(Policy, ANamespaceThatSaysNothingOfWaiversKeepsTheListOfAll) {
  const Policy policy = with({"  waivers: {allowed: [WG101]}\n  namespaces: [{names: [lab], rules: {WG301: warn}}]\n"});
  EXPECT_TRUE(policy.may_waive("WG101", "lab"));
}

TEST(Policy, ARuleThatNobodyKnowsIsDenied) {
  EXPECT_EQ(Policy::built_in().value().action("WG999", "any"), Action::kDeny);
}

TEST(Policy, ALaterLayerWinsWhereItSaysSomething) {
  const Policy policy =
      with({"  rules: {WG101: warn, WG301: audit}\n  ownedPods: deny\n", "  rules: {WG101: off}\n  inject: false\n"});
  EXPECT_EQ(policy.action("WG101", "a"), Action::kOff);
  EXPECT_EQ(policy.action("WG301", "a"), Action::kAudit);
  EXPECT_EQ(policy.action("WG501", "a"), Action::kDeny);
  EXPECT_EQ(policy.owned_pods(), Action::kDeny);
  EXPECT_FALSE(policy.inject());
}

TEST(Policy, RulesGoByIdInAnyCaseOrBySlug) {
  const Policy policy = with({"  rules: {wg101: warn, writable-cache-mount: audit}\n"});
  EXPECT_EQ(policy.action("WG101", "a"), Action::kWarn);
  EXPECT_EQ(policy.action("WG301", "a"), Action::kAudit);
}

TEST(Policy, NamespacesOverrideTheRestAndTheLastOneThatMatchesWins) {
  const Policy policy =
      with({"  rules: {WG301: warn}\n"
            "  namespaces:\n"
            "    - {names: [team-*, lab], rules: {WG101: audit, WG301: off}}\n"
            "    - {names: [team-a], rules: {WG101: warn}}\n"});
  struct Case {
    const char* rule;
    const char* ns;
    Action action;
  };
  const std::vector<Case> cases = {
      {"WG101", "team-a", Action::kWarn}, {"WG101", "team-b", Action::kAudit}, {"WG101", "lab", Action::kAudit},
      {"WG101", "lab2", Action::kDeny},   {"WG101", "", Action::kDeny},        {"WG301", "team-a", Action::kOff},
      {"WG301", "other", Action::kWarn},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(policy.action(test.rule, test.ns), test.action) << test.rule << " in " << test.ns;
  }
}

TEST(Policy, ANamespacesOverrideSurvivesLaterRulesForAllAndYieldsToLaterOverrides) {
  const std::string first = "  namespaces: [{names: [lab], rules: {WG101: audit}}]\n";
  EXPECT_EQ(with({first, "  rules: {WG101: warn}\n"}).action("WG101", "lab"), Action::kAudit);
  EXPECT_EQ(with({first, "  namespaces: [{names: ['*'], rules: {WG101: off}}]\n"}).action("WG101", "lab"),
            Action::kOff);
}

TEST(Policy, WhatIsDoneAboutModelCachesIsLaidOverFieldByField) {
  const Policy policy =
      with({"  modelCaches: {missing: warn, maxHold: 2h}\n"
            "  namespaces:\n"
            "    - {names: [team-*], modelCaches: {missing: create, create: {storageClassName: fast}}}\n",
            "  modelCaches: {missing: deny}\n  namespaces: [{names: [team-a], modelCaches: {gates: false}}]\n"});
  const api::CacheRules all = policy.cache_rules("llm");
  EXPECT_TRUE(all.gates);
  EXPECT_EQ(all.missing, api::MissingCache::kDeny);
  EXPECT_EQ(all.max_hold, std::chrono::hours(2));
  const api::CacheRules team_a = policy.cache_rules("team-a");
  EXPECT_FALSE(team_a.gates);
  EXPECT_EQ(team_a.missing, api::MissingCache::kCreate);
  EXPECT_EQ(team_a.create.storage_class, "fast");
  EXPECT_EQ(team_a.max_hold, std::chrono::hours(2));
  EXPECT_TRUE(policy.cache_rules("team-b").gates);
}

TEST(Policy, WhatIsDoneAboutAMissingModelCacheIsTheActionOfItsRule) {
  for (const auto& [missing, action] : std::vector<std::pair<std::string, Action>>{
           {"allow", Action::kOff}, {"warn", Action::kWarn}, {"deny", Action::kDeny}, {"create", Action::kWarn}}) {
    const Policy policy = with({"  namespaces: [{names: [lab], modelCaches: {missing: " + missing + "}}]\n"});
    EXPECT_EQ(policy.action("WG309", "lab"), action) << missing;
    EXPECT_EQ(policy.action("WG309", "other"), Action::kOff);
  }
}

TEST(Policy, TheBuiltInOneSaysOfModelCachesWhatTheirDefaultsAre) {
  EXPECT_EQ(api::to_yaml(Policy::built_in().value().cache_rules("any"), ""), api::to_yaml(api::CacheRules(), ""));
}

TEST(Policy, MistakesNameFileLineColumnAndWhatToDo) {
  struct Case {
    const char* spec;
    const char* error;
  };
  const std::vector<Case> cases = {
      {"  rules:\n    WG110: deny\n", "team.yaml:6:5: there is no rule \"WG110\"; did you mean WG101?"},
      {"  rules:\n    unpinned-revisoin: deny\n",
       "team.yaml:6:5: there is no rule \"unpinned-revisoin\"; did you mean unpinned-revision?"},
      {"  rules:\n    no-latest-tag: deny\n",
       "team.yaml:6:5: there is no rule \"no-latest-tag\"; `warmgate explain` lists the rules"},
      {"  rules:\n    WG101: deny\n    WG001: off\n",
       "team.yaml:7:5: WG001 is about the input itself, which no policy changes; remove it"},
      {"  rules:\n    WG101: deny\n    unpinned-revision: off\n",
       "team.yaml:7:5: unpinned-revision is the second line about WG101; keep one: a rule goes by its id or its slug"},
      {"  namespaces:\n    - names: [lab]\n      rules: {WG001: off}\n",
       "team.yaml:7:15: WG001 is about the input itself, which no policy changes; remove it"},
      {"  waivers:\n    allowed: [WG101, WG250]\n", "team.yaml:6:22: there is no rule \"WG250\"; did you mean WG201?"},
      {"  waivers:\n    allowed:\n      - WG008\n",
       "team.yaml:7:9: WG008 is about the input itself, which no policy changes; remove it"},
      {"  namespaces:\n    - names: [lab]\n      waivers: {allowed: [no-such-rule]}\n",
       "team.yaml:7:27: there is no rule \"no-such-rule\"; `warmgate explain` lists the rules"},
      {"  waivers: {allow: [WG101]}\n",
       "team.yaml:5:13: a CachePolicy has no field /spec/waivers/allow; did you mean allowed?"},
      {"  rules:\n    no-model-cache: deny\n",
       "team.yaml:6:5: no-model-cache follows modelCaches.missing, not rules; set modelCaches: {missing: allow}, or "
       "warn, deny, create"},
      {"  modelCaches:\n    maxHold: tomorrow\n",
       "team.yaml:6:5: /spec/modelCaches/maxHold must be a duration; for example 90m or 24h"},
      {"  rulez: {}\n", "team.yaml:5:3: a CachePolicy has no field /spec/rulez; did you mean rules?"},
      {"  rules:\n    WG101: error\n",
       "team.yaml:6:5: /spec/rules/WG101 is no action; use one of deny, warn, audit, off"},
      {"  inject: sometimes\n", "team.yaml:5:3: inject must be true or false"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(error_of(layer(test.spec)), test.error) << test.spec;
  }
}

TEST(Policy, AnotherKindIsNoLayer) {
  EXPECT_EQ(error_of(document_of("apiVersion: v1\nkind: ConfigMap\n")),
            "team.yaml:1:1: this is no CachePolicy of warmgate.dev/v1alpha1; `warmgate policy show` prints one");
  EXPECT_EQ(error_of(document::Document(document::Json::parse("[]"))),
            "this is no CachePolicy of warmgate.dev/v1alpha1; `warmgate policy show` prints one");
}

TEST(PolicyYaml, ReadsBackToAnEqualPolicy) {
  const std::vector<std::vector<std::string>> layers = {
      {},
      {"  rules: {WG101: off, WG301: audit}\n  inject: false\n  ownedPods: off\n  staleFacts: deny\n"},
      {"  namespaces:\n    - {names: [team-*, lab], rules: {WG101: off, WG301: warn}}\n    - {names: ['*']}\n"},
      {"  waivers: {allowed: [WG301, WG101]}\n  namespaces:\n    - {names: [lab], waivers: {allowed: []}}\n"
       "    - {names: [team-a], rules: {WG101: warn}, waivers: {allowed: [ephemeral-cache]}}\n"},
      {"  modelCaches: {missing: create, create: {size: 2Ti}, deleteUnusedAfter: 720h}\n"
       "  namespaces:\n    - {names: [lab], modelCaches: {gates: false, afterHold: keep}}\n"
       "    - {names: [team-a], modelCaches: {}}\n"},
      {"  namespaces:\n    - {names: [\"quo\\\"te\\\\\", \"line\\nbreak\", \"# no comment\"], rules: {WG101: off}}\n"},
  };
  for (const std::vector<std::string>& specs : layers) {
    const Policy policy = with(specs);
    const std::string text = policy.to_yaml();
    Policy again = Policy::built_in().value();
    const base::Status added = again.add_layer(document_of(text));
    ASSERT_TRUE(added) << added.error().message << "\n" << text;
    EXPECT_EQ(again.to_yaml(), text);
    EXPECT_EQ(again.inject(), policy.inject());
    EXPECT_EQ(again.owned_pods(), policy.owned_pods());
    EXPECT_EQ(again.stale_facts(), policy.stale_facts());
    for (const char* ns : {"", "lab", "team-a"}) {
      EXPECT_EQ(api::to_yaml(again.cache_rules(ns), ""), api::to_yaml(policy.cache_rules(ns), "")) << ns;
    }
    for (const rules::Rule* rule : rules::all_rules()) {
      for (const char* ns : {"", "lab", "team-a", "other", "quo\"te\\", "line\nbreak", "# no comment"}) {
        EXPECT_EQ(again.action(rule->info.id, ns), policy.action(rule->info.id, ns)) << rule->info.id << " in " << ns;
        EXPECT_EQ(again.may_waive(rule->info.id, ns), policy.may_waive(rule->info.id, ns))
            << rule->info.id << " in " << ns;
      }
    }
  }
}

TEST(PolicyYaml, ShowsEachRuleWithItsSlug) {
  const std::string text = with({"  rules: {WG101: off}\n"}).to_yaml();
  EXPECT_THAT(text, ::testing::StartsWith(
                        "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata:\n  name: effective\n"
                        "spec:\n  inject: true\n  offline: false\n  ownedPods: warn\n  staleFacts: warn\n  waivers:\n"
                        "    allowed: []\n  modelCaches:\n    gates: true\n    missing: allow\n    create:\n"
                        "      accessModes: [\"ReadWriteMany\"]\n    maxHold: 24h\n    afterHold: release\n"
                        "    images: [\"*\"]\n    endpoints: [\"*\"]\n    deleteUnusedAfter: never\n  rules:\n"
                        "    WG101: \"off\" # unpinned-revision\n"
                        "    WG102: deny  # revision-mismatch\n"));
}

}  // namespace
}  // namespace warmgate::policy
