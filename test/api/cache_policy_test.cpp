#include "warmgate/api/cache_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "warmgate/document/read.h"

namespace warmgate::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A CachePolicy with this spec, as people write it.
kube::Object policy(const std::string& spec) {
  const auto source = std::make_shared<const document::SourceText>(
      "policy.yaml",
      "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: team}\nspec: " + spec + "\n");
  return kube::Object(document::read_single(source, {}).value());
}

std::vector<std::string> errors_of(const kube::Object& object) {
  std::vector<std::string> out;
  for (const FieldError& error : validate_cache_policy(object)) {
    out.push_back(error.pointer + " | " + error.message + " | " + error.help);
  }
  return out;
}

TEST(Action, NamesBothWaysFromHarmlessToStrict) {
  for (const Action action : {Action::kOff, Action::kAudit, Action::kWarn, Action::kDeny}) {
    EXPECT_EQ(parse_action(to_string(action)), action);
  }
  EXPECT_LT(Action::kOff, Action::kAudit);
  EXPECT_LT(Action::kAudit, Action::kWarn);
  EXPECT_LT(Action::kWarn, Action::kDeny);
  for (const char* text : {"", "Deny", "error", "deny ", "false"}) {
    EXPECT_EQ(parse_action(text), std::nullopt) << text;
  }
}

TEST(CachePolicy, EveryFieldIsRead) {
  const kube::Object object = policy(R"(
  inject: false
  ownedPods: audit
  staleFacts: ignore
  rules: {WG101: warn, literal-token: deny}
  namespaces:
    - names: [sandbox-*, dev]
      rules: {WG101: audit}
    - names: [prod])");
  EXPECT_THAT(errors_of(object), IsEmpty());
  const CachePolicy read = read_cache_policy(object);
  EXPECT_EQ(read.name, "team");
  EXPECT_EQ(read.inject, false);
  EXPECT_EQ(read.stale_facts, StaleFacts::kIgnore);
  EXPECT_EQ(read.owned_pods, Action::kAudit);
  ASSERT_EQ(read.rules.size(), 2U);
  EXPECT_EQ(read.rules.at("WG101").action, Action::kWarn);
  EXPECT_EQ(read.rules.at("literal-token").action, Action::kDeny);
  EXPECT_EQ(read.rules.at("literal-token").pointer, "/spec/rules/literal-token");
  ASSERT_EQ(read.namespaces.size(), 2U);
  EXPECT_THAT(read.namespaces[0].names, ElementsAre("sandbox-*", "dev"));
  EXPECT_EQ(read.namespaces[0].rules.at("WG101").action, Action::kAudit);
  EXPECT_THAT(read.namespaces[1].rules, IsEmpty());
}

TEST(CachePolicy, WhatIsNotSaidStaysOpen) {
  for (const char* spec :
       {"{}", "null", "{rules: , namespaces: , inject: , ownedPods: , staleFacts: , modelCaches: }"}) {
    const kube::Object object = policy(spec);
    EXPECT_THAT(errors_of(object), IsEmpty()) << spec;
    const CachePolicy read = read_cache_policy(object);
    EXPECT_EQ(read.inject, std::nullopt);
    EXPECT_EQ(read.stale_facts, std::nullopt);
    EXPECT_EQ(read.owned_pods, std::nullopt);
    EXPECT_EQ(read.model_caches, nullptr);
    EXPECT_THAT(read.rules, IsEmpty());
    EXPECT_THAT(read.namespaces, IsEmpty());
  }
}

TEST(CachePolicy, ABareOffIsOffAlthoughYamlReadsItAsABoolean) {
  const kube::Object object = policy("{rules: {WG101: off, WG102: 'off', WG103: no}, ownedPods: off}");
  EXPECT_THAT(errors_of(object), IsEmpty());
  const CachePolicy read = read_cache_policy(object);
  EXPECT_EQ(read.rules.at("WG101").action, Action::kOff);
  EXPECT_EQ(read.rules.at("WG102").action, Action::kOff);
  EXPECT_EQ(read.owned_pods, Action::kOff);
}

TEST(CachePolicy, EachMistakeHasItsPlaceAndAHint) {
  struct Case {
    const char* spec;
    std::string expected;
  };
  const std::string actions = " is no action | use one of deny, warn, audit, off";
  const std::string list = " must list rule ids | for example allowed: [WG205], or [] to allow no waiver";
  const std::vector<Case> cases = {
      {"{rule: {}}", "/spec/rule | a CachePolicy has no field /spec/rule | did you mean rules?"},
      {"{ownedpods: warn}", "/spec/ownedpods | a CachePolicy has no field /spec/ownedpods | did you mean ownedPods?"},
      {"{exceptions: []}",
       "/spec/exceptions | a CachePolicy has no field /spec/exceptions | "
       "known here: rules, namespaces, ownedPods, staleFacts, inject, offline, waivers, modelCaches"},
      {"{namespaces: [{names: [a], rulez: {}}]}",
       "/spec/namespaces/0/rulez | a CachePolicy has no field /spec/namespaces/0/rulez | did you mean rules?"},
      {"[]", "/spec | /spec must be a mapping | "},
      {"{rules: {WG101: error}}", "/spec/rules/WG101 | /spec/rules/WG101" + actions},
      {"{rules: {WG101: on}}", "/spec/rules/WG101 | /spec/rules/WG101" + actions},
      {"{rules: {WG101: }}", "/spec/rules/WG101 | /spec/rules/WG101" + actions},
      {"{rules: {WG101: {action: deny}}}", "/spec/rules/WG101 | /spec/rules/WG101" + actions},
      {"{rules: [WG101]}", "/spec/rules | /spec/rules must map rule ids to actions | for example WG101: deny"},
      {"{ownedPods: never}", "/spec/ownedPods | /spec/ownedPods" + actions},
      {"{staleFacts: off}", "/spec/staleFacts | /spec/staleFacts is no choice | use one of warn, deny, ignore"},
      {"{inject: 'true'}", "/spec/inject | inject must be true or false | "},
      {"{offline: 1}", "/spec/offline | offline must be true or false | "},
      {"{namespaces: {names: [a]}}",
       "/spec/namespaces | namespaces must be a list | each item has names, rules, waivers and modelCaches"},
      {"{waivers: {}}", "/spec/waivers/allowed | /spec/waivers/allowed" + list},
      {"{waivers: {allowed: WG205}}", "/spec/waivers/allowed | /spec/waivers/allowed" + list},
      {"{waivers: {allowed: [WG205, 7]}}", "/spec/waivers/allowed | /spec/waivers/allowed" + list},
      {"{namespaces: [{names: [a], waivers: {allowed: [{}]}}]}",
       "/spec/namespaces/0/waivers/allowed | /spec/namespaces/0/waivers/allowed" + list},
      {"{modelCaches: {missing: no}}",
       "/spec/modelCaches/missing | /spec/modelCaches/missing is no choice | use one of allow, warn, deny, create"},
      {"{namespaces: [{names: [a], modelCaches: {gates: 1}}]}",
       "/spec/namespaces/0/modelCaches/gates | /spec/namespaces/0/modelCaches/gates must be true or false | "},
      {"{namespaces: [{rules: {}}]}",
       "/spec/namespaces/0/names | names must list namespaces | for example names: [\"sandbox-*\"]"},
      {"{namespaces: [{names: dev}]}",
       "/spec/namespaces/0/names | names must list namespaces | for example names: [\"sandbox-*\"]"},
      {"{namespaces: [{names: [a, 5]}]}",
       "/spec/namespaces/0/names | names must list namespaces | for example names: [\"sandbox-*\"]"},
      {"{namespaces: [{names: [a], rules: {WG101: deni}}]}",
       "/spec/namespaces/0/rules/WG101 | /spec/namespaces/0/rules/WG101" + actions},
  };
  for (const Case& test : cases) {
    EXPECT_THAT(errors_of(policy(test.spec)), ElementsAre(test.expected)) << test.spec;
  }
}

TEST(CachePolicy, AnItemThatIsNoMappingIsAnError) {
  EXPECT_THAT(
      errors_of(policy("{namespaces: [dev]}")),
      ElementsAre("/spec/namespaces/0 | /spec/namespaces/0 must be a mapping | ",
                  "/spec/namespaces/0/names | names must list namespaces | for example names: [\"sandbox-*\"]"));
}

TEST(CachePolicy, OtherVersionsAndFieldsAtTheTopAreErrors) {
  const kube::Object object(document::Document(
      document::Json::parse(R"({"apiVersion": "warmgate.dev/v2", "kind": "CachePolicy", "specs": {}})")));
  EXPECT_TRUE(is_cache_policy(object));
  EXPECT_THAT(errors_of(object), ElementsAre("/apiVersion | apiVersion must be warmgate.dev/v1alpha1 | ",
                                             "/specs | a CachePolicy has no field /specs | did you mean spec?"));
  EXPECT_FALSE(is_cache_policy(
      kube::Object(document::Document(document::Json::parse(R"({"apiVersion": "v1", "kind": "CachePolicy"})")))));
}

}  // namespace
}  // namespace warmgate::api
