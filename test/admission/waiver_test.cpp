// Waivers as kubectl and the audit log show them, on creation and on update.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admission/answering.h"

namespace warmgate::testing {
namespace {

using admission::Hook;
using document::Json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kPinnedPod = pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]");
const std::string kAllowed = "{waivers: {allowed: [ephemeral-cache]}}";

Json waived(Json object, const std::string& text = "WG205=smoke test") {
  object["metadata"]["annotations"]["warmgate.dev/waive"] = text;
  return object;
}

TEST(Waivers, AreAWarningAnAuditAnnotationAndAMetricOfTheirOwn) {
  const Answering answering("", kAllowed);
  const Json object = waived(manifest(deployment(kPinnedPod)));
  const Json response = answering.validate({.object = object});
  EXPECT_EQ(response["allowed"], true);
  ASSERT_EQ(response["warnings"].size(), 1U);
  EXPECT_THAT(response["warnings"][0].get<std::string>(),
              StartsWith("WG205 ephemeral-cache: waived: smoke test: container \"vllm\" serves Qwen/Qwen3-32B from"));
  EXPECT_THAT(response["auditAnnotations"]["WG205"].get<std::string>(), StartsWith("warn: waived: smoke test: "));
  const admission::Outcome outcome = answering.outcome(Hook::kValidate, review({.object = object}));
  const std::vector<std::pair<std::string, std::string>> rules = {{"WG205", "waived"}};
  EXPECT_EQ(outcome.record.rules, rules);
}

TEST(Waivers, ThatThePolicyDoesNotAllowAreToldBesideTheDenial) {
  const Json response = Answering().validate({.object = waived(manifest(deployment(kPinnedPod)))});
  EXPECT_EQ(response["allowed"], false);
  EXPECT_THAT(response["status"]["message"].get<std::string>(), HasSubstr("1 problem\n1. WG205"));
  EXPECT_EQ(
      response["warnings"],
      Json({"WG008 bad-waiver: annotation warmgate.dev/waive: the policy lets nobody waive WG205 in namespace llm "
            "(mend what it finds, or ask those who keep the policy to list WG205 in spec.waivers.allowed)"}));
  EXPECT_TRUE(response["auditAnnotations"].contains("WG008"));
}

TEST(Waivers, ThatNothingNeedsAreForTheAuditLogOnly) {
  const Json response = Answering("", kAllowed).validate({.object = waived(manifest(pod("image: \"nginx:1.27\"")))});
  EXPECT_EQ(response["allowed"], true);
  EXPECT_FALSE(response.contains("warnings"));
  EXPECT_EQ(response["auditAnnotations"],
            Json({{"WG008", "audit: annotation warmgate.dev/waive: nothing here needs the waiver of WG205"}}));
}

TEST(Waivers, OfATemplateHoldForThePodsMadeFromIt) {
  Json object = manifest(deployment(kPinnedPod));
  object["spec"]["template"] = waived(object["spec"]["template"]);
  const Answering answering("", kAllowed);
  EXPECT_EQ(answering.validate({.object = object})["allowed"], true);
  // As the ReplicaSet controller makes it; from a user who is no controller, so nothing else softens the verdict.
  Json made = manifest(kPinnedPod);
  made["metadata"]["annotations"] = object["spec"]["template"]["metadata"]["annotations"];
  for (const Hook hook : {Hook::kMutate, Hook::kValidate}) {
    const Json response =
        hook == Hook::kMutate ? answering.mutate({.object = made}) : answering.validate({.object = made});
    EXPECT_EQ(response["allowed"], true) << admission::to_string(hook);
  }
  EXPECT_EQ(answering.validate({.object = made})["warnings"].size(), 1U);
  EXPECT_EQ(answering.validate({.object = manifest(kPinnedPod)})["allowed"], false);
}

struct Update {
  std::string name;
  std::string policy;
  std::string before;  // the annotation; "" for none
  std::string after;
  bool allowed;
};
void PrintTo(const Update& test, std::ostream* out) { *out << test.name; }

class WaiverUpdate : public ::testing::TestWithParam<Update> {};

// An update is denied for what it makes worse: a finding that was waived and is not any more is worse.
TEST_P(WaiverUpdate, AnswersForWhatItMakesWorse) {
  const Json plain = manifest(deployment(kPinnedPod));
  const auto with = [&](const std::string& text) { return text.empty() ? plain : waived(plain, text); };
  const Json response =
      Answering("", GetParam().policy)
          .validate({.object = with(GetParam().after), .old_object = with(GetParam().before), .operation = "UPDATE"});
  EXPECT_EQ(response["allowed"], GetParam().allowed) << response.dump();
  // Visible in any case.
  EXPECT_TRUE(response["auditAnnotations"].contains("WG205")) << response.dump();
}

INSTANTIATE_TEST_SUITE_P(Updates, WaiverUpdate,
                         ::testing::Values(Update{"TakingTheWaiverAwayIsDenied", kAllowed, "WG205=a", "", false},
                                           Update{"LosingItsReasonIsDenied", kAllowed, "WG205=a", "WG205", false},
                                           Update{"AnotherReasonIsAllowed", kAllowed, "WG205=a", "WG205=b", true},
                                           Update{"AddingItIsAllowed", kAllowed, "", "WG205=a", true},
                                           Update{"WhatWasThereBeforeIsAllowed", kAllowed, "", "", true},
                                           Update{"AWaiverThatThePolicyNoLongerAllowsDoesNotBlock", "{}", "WG205=a",
                                                  "WG205=a", true}),
                         [](const auto& test) { return test.param.name; });

TEST(Waivers, NeverShowASecretOfTheObject) {
  Json object = manifest(deployment(pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit +
                                        "], env: [{name: HF_TOKEN, value: sesame-open}]")));
  const admission::Outcome outcome =
      Answering("", "{waivers: {allowed: [WG205, WG501]}}")
          .outcome(Hook::kValidate, review({.object = waived(object, "WG205=it is sesame-open; WG501=" + kToken)}));
  EXPECT_THAT(outcome.body, ::testing::Not(HasSubstr("sesame-open")));
  EXPECT_THAT(outcome.body, ::testing::Not(HasSubstr(kToken)));
  EXPECT_THAT(outcome.body, HasSubstr("waived: it is [redacted]"));
}

}  // namespace
}  // namespace warmgate::testing
