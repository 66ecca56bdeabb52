#include "warmgate/kube/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kube/objects.h"

namespace warmgate::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Environment environment(const std::string& container) { return Environment(OwnedContainer(container).view()); }

// What k8s.io/kubernetes third_party/forked/golang/expansion/expand.go makes of each.
TEST(Expansion, TableOfTexts) {
  const Environment env = environment(R"j({"env": [
    {"name": "A", "value": "a"}, {"name": "B", "value": "b$(A)"}, {"name": "EMPTY", "value": ""}, {"name": "x.y-z", "value": "odd"}
  ]})j");
  struct Case {
    const char* text;
    const char* expected;
  };
  const std::vector<Case> cases = {
      {"", ""},
      {"plain", "plain"},
      {"$(A)", "a"},
      {"--x=$(A)/$(B)", "--x=a/ba"},
      {"$(EMPTY)|", "|"},
      {"$(x.y-z)", "odd"},
      {"$(UNSET)", "$(UNSET)"},
      {"$()", "$()"},
      {"$$(A)", "$(A)"},
      {"$$$(A)", "$a"},
      {"$$$$(A)", "$$(A)"},
      {"$$", "$"},
      {"$", "$"},
      {"a$", "a$"},
      {"$A ${A}", "$A ${A}"},
      {"$(A", "$(A"},
      {"$(A $(A)", "$(A $(A)"},
      {"$(A $$", "$(A $"},
      {"$(A))", "a)"},
      {"$($(A))", "$($(A))"},
      {") $(A", ") $(A"},
      {"$A$(A)", "$Aa"},
      {"$-$(A)$", "$-a$"},
  };
  for (const Case& test : cases) {
    const Expansion expansion = env.expand(test.text);
    EXPECT_EQ(expansion.text, test.expected) << test.text;
    EXPECT_THAT(expansion.unreadable, IsEmpty()) << test.text;
  }
}

TEST(Expansion, ValuesAreNotExpandedTwice) {
  const Environment env = environment(R"j({"env": [
    {"name": "A", "value": "a"}, {"name": "ESCAPED", "value": "$$(A)"}, {"name": "COPY", "value": "$(ESCAPED)"}
  ]})j");
  EXPECT_EQ(env.value("ESCAPED"), "$(A)");
  EXPECT_EQ(env.value("COPY"), "$(A)");
}

TEST(Expansion, WhatNothingClosesIsReadOnce) {
  std::string text;
  for (int i = 0; i < 2'000'000; ++i) {
    text += "$(";
  }
  EXPECT_EQ(Environment().expand(text).text, text);
}

TEST(Environment, AValueSeesOnlyTheVariablesBeforeIt) {
  const Environment env = environment(R"j({"env": [
    {"name": "EARLY", "value": "$(LATE)"}, {"name": "SELF", "value": "$(SELF)"}, {"name": "LATE", "value": "l"}
  ]})j");
  EXPECT_EQ(env.value("EARLY"), "$(LATE)");
  EXPECT_EQ(env.value("SELF"), "$(SELF)");
}

TEST(Environment, ALaterDuplicateWinsAndSeesTheFormerOne) {
  const Environment env = environment(R"j({"env": [
    {"name": "P", "value": "/a"}, {"name": "OLD", "value": "$(P)"}, {"name": "P", "value": "$(P):/b"}
  ]})j");
  EXPECT_EQ(env.value("P"), "/a:/b");
  EXPECT_EQ(env.value("OLD"), "/a");
  EXPECT_EQ(env.find("P")->pointer, "/env/2");
}

TEST(Environment, UnreadableValuesSayWhereTheyComeFrom) {
  const Environment env = environment(R"j({"env": [
    {"name": "S", "valueFrom": {"secretKeyRef": {"name": "hf-token", "key": "t"}}},
    {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "m"}}},
    {"name": "F", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    {"name": "JOINED", "value": "x/$(C)"},
    {"name": "TWICE", "value": "$(JOINED)"},
    {"name": "NOTHING"}
  ]})j");
  const std::vector<std::pair<std::string, std::string>> origins = {{"S", "Secret hf-token"},
                                                                    {"C", "ConfigMap settings"},
                                                                    {"F", "a field of the Pod"},
                                                                    {"JOINED", "ConfigMap settings"},
                                                                    {"TWICE", "ConfigMap settings"}};
  for (const auto& [name, origin] : origins) {
    ASSERT_NE(env.find(name), nullptr) << name;
    EXPECT_EQ(env.find(name)->value, std::nullopt) << name;
    EXPECT_EQ(env.find(name)->origin, origin) << name;
  }
  EXPECT_EQ(env.value("NOTHING"), "");
  const Expansion expansion = env.expand("$(C)/$(S)/$(UNSET)");
  EXPECT_EQ(expansion.text, "$(C)/$(S)/$(UNSET)");
  EXPECT_THAT(expansion.unreadable, ElementsAre("C", "S"));
}

TEST(Environment, WithEnvFromAnUnknownNameMayBeSet) {
  const Environment env = environment(R"j({
    "envFrom": [{"secretRef": {"name": "hf"}}, {"configMapRef": {"name": "settings"}}, {"prefix": "X"}],
    "env": [{"name": "A", "value": "a"}, {"name": "B", "value": "$(FROM)"}]
})j");
  EXPECT_TRUE(env.open());
  EXPECT_THAT(env.sources(), ElementsAre("Secret hf", "ConfigMap settings"));
  EXPECT_EQ(env.value("A"), "a");
  EXPECT_EQ(env.find("B")->value, std::nullopt);
  EXPECT_EQ(env.find("B")->origin, "Secret hf or ConfigMap settings");
  EXPECT_THAT(env.expand("$(A) $(FROM_2) $(nproc) $(cat /x) $()").unreadable, ElementsAre("FROM_2"));
  EXPECT_FALSE(environment(R"j({"env": []})j").open());
}

TEST(Environment, ImageDefaultsYieldAndExportsWin) {
  Environment env = environment(R"j({"env": [{"name": "HF_HOME", "value": "/cache"}]})j");
  env.add_image_default("HF_HOME", "/data");
  env.add_image_default("HOME", "/root");
  EXPECT_EQ(env.value("HF_HOME"), "/cache");
  EXPECT_EQ(env.value("HOME"), "/root");
  EXPECT_EQ(env.find("HOME")->pointer, "");
  env.set("HF_HOME", {"/exported", "", "/command/2"});
  EXPECT_EQ(env.value("HF_HOME"), "/exported");
  EXPECT_EQ(env.find("HF_HOME")->pointer, "/command/2");
}

TEST(Environment, VariablesThatDoubleEachOtherStayBounded) {
  document::Json container = json(R"j({"env": [{"name": "V0", "value": "0123456789"}]})j");
  for (int i = 1; i <= 64; ++i) {
    const std::string before = "$(V" + std::to_string(i - 1) + ")";
    container["env"].push_back({{"name", "V" + std::to_string(i)}, {"value", before + before}});
  }
  const Environment env(Container{View(container), ContainerKind::kMain});
  EXPECT_EQ(env.value("V10")->size(), 10'240U);
  EXPECT_EQ(env.find("V64")->value, std::nullopt);
  EXPECT_EQ(env.find("V64")->origin, "an expansion longer than a process can be given");
  std::size_t total = 0;
  for (const auto& [name, value] : env.all()) {
    total += value.value.value_or("").size();
  }
  EXPECT_LT(total, std::size_t{1024} * 1024);
}

TEST(Environment, ManyCopiesOfALongValueStayBounded) {
  document::Json container = json(R"j({"env": []})j");
  container["env"].push_back({{"name", "LONG"}, {"value", std::string(100'000, 'x')}});
  for (int i = 0; i < 1000; ++i) {
    container["env"].push_back({{"name", "C" + std::to_string(i)}, {"value", "$(LONG)"}});
  }
  const Environment env(Container{View(container), ContainerKind::kMain});
  EXPECT_EQ(env.value("C0")->size(), 100'000U);
  EXPECT_EQ(env.value("C61")->size(), 100'000U);
  EXPECT_EQ(env.value("C999"), std::nullopt);
}

TEST(Environment, AnArgumentDoesNotGrowBeyondWhatLinuxTakes) {
  Environment env;
  env.set("LONG", {std::string(100'000, 'x'), "", ""});
  const Expansion expansion = env.expand("$(LONG)$(LONG)");
  EXPECT_EQ(expansion.text, std::string(100'000, 'x') + "$(LONG)");
  EXPECT_THAT(expansion.unreadable, ElementsAre("LONG"));
}

}  // namespace
}  // namespace warmgate::kube
