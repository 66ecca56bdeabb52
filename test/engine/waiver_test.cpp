// The waiver annotation: it softens a finding where the policy allows that, hides nothing, and what is wrong with it is
// said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "support/world.h"
#include "warmgate/engine/judge.h"

namespace warmgate::testing {
namespace {

using engine::Judgement;
using engine::Stage;
using ::testing::HasSubstr;

const std::string kPinned = "args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]";
const std::string kAllowed = "{waivers: {allowed: [WG205, WG302]}}";

enum class On { kObject, kTemplate };

kube::Object with_waiver(const std::string& manifest, const std::string& waiver, On on) {
  document::Json value = object(manifest).document().value();
  document::Json& metadata = on == On::kObject ? value["metadata"] : value["spec"]["template"]["metadata"];
  metadata["annotations"]["warmgate.dev/waive"] = waiver;
  return kube::Object(document::Document(value));
}

Judgement judge(const kube::Object& object, const std::string& spec, const std::string& world = "") {
  const kube::BundleFacts known = facts(world);
  const policy::Policy policy = policy_with(spec);
  return engine::judge(object, {known, knowledge(), policy}, Stage::kBeforeInjection);
}

// "WG205 warn waived", one finding per line; of WG008 its message.
std::string summary(const Judgement& judgement) {
  std::string out;
  for (const engine::JudgedFinding& judged : judgement.findings) {
    out += std::string(judged.finding.rule) + " " + std::string(api::to_string(judged.action)) +
           (judged.waived.empty() ? "" : " waived") +
           (judged.finding.rule == "WG008" ? " " + judged.finding.message : "") + "\n";
  }
  return out;
}

TEST(Waiver, OnTheObjectOrItsTemplateTurnsADenialIntoAWarningWithTheReasonInFront) {
  for (const On on : {On::kObject, On::kTemplate}) {
    const Judgement judgement =
        judge(with_waiver(deployment(pod(kPinned)), "WG205=smoke test, the model has 20 MB", on), kAllowed);
    EXPECT_EQ(summary(judgement), "WG205 warn waived\n");
    EXPECT_FALSE(judgement.denied());
    EXPECT_EQ(judgement.findings[0].waived, "smoke test, the model has 20 MB");
    EXPECT_THAT(judgement.findings[0].finding.message,
                ::testing::StartsWith(
                    "waived: smoke test, the model has 20 MB: container \"vllm\" serves Qwen/Qwen3-32B from"));
  }
}

TEST(Waiver, OfAPodsOwnMetadataCountsOnce) {
  EXPECT_EQ(summary(judge(with_waiver(pod(kPinned), "WG205=a; WG302", On::kObject), kAllowed)),
            "WG205 warn waived\nWG008 warn annotation warmgate.dev/waive: the waiver of WG302 has no reason\n");
}

TEST(Waiver, ChangesNothingForTheOtherRules) {
  EXPECT_EQ(
      summary(judge(with_waiver(deployment(pod("args: [--model, Qwen/Qwen3-32B]")), "WG205=a", On::kObject), kAllowed)),
      "WG101 deny\nWG205 warn waived\n");
}

TEST(Waiver, LeavesAnAuditedFindingToTheAuditLog) {
  EXPECT_EQ(summary(judge(with_waiver(deployment(pod(kPinned)), "WG205=a", On::kObject),
                          "{rules: {WG205: audit}, waivers: {allowed: [WG205]}}")),
            "WG205 audit waived\n");
}

TEST(Waiver, IsNotSpentOnWhatInjectionMends) {
  const std::string cache = model_cache();
  const Judgement judgement = judge(with_waiver(deployment(pod(kPinned)), "WG205=a", On::kObject), kAllowed, cache);
  EXPECT_EQ(summary(judgement), "WG205 warn\n");
  EXPECT_TRUE(judgement.findings[0].finding.mended);
}

struct Bad {
  std::string name;
  std::string spec;
  std::string waiver;
  std::string expected;
};
void PrintTo(const Bad& test, std::ostream* out) { *out << test.name; }

class BadWaiver : public ::testing::TestWithParam<Bad> {};

TEST_P(BadWaiver, IsSaidAndChangesNothing) {
  const std::string denied = "WG205 deny\n";
  const std::string expected = denied + "WG008 warn annotation warmgate.dev/waive: " + GetParam().expected + "\n";
  for (const On on : {On::kObject, On::kTemplate}) {
    EXPECT_EQ(summary(judge(with_waiver(deployment(pod(kPinned)), GetParam().waiver, on), GetParam().spec)), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Waivers, BadWaiver,
    ::testing::Values(Bad{"NotAllowed", "{}", "WG205=a", "the policy lets nobody waive WG205 in namespace llm"},
                      Bad{"NotAllowedInThisNamespace",
                          "{waivers: {allowed: [WG205]}, namespaces: [{names: [llm], waivers: {allowed: []}}]}",
                          "WG205=a", "the policy lets nobody waive WG205 in namespace llm"},
                      Bad{"AllowedInAnotherNamespaceOnly",
                          "{namespaces: [{names: [lab], waivers: {allowed: [WG205]}}]}", "WG205=a",
                          "the policy lets nobody waive WG205 in namespace llm"},
                      Bad{"NoReason", kAllowed, "WG205", "the waiver of WG205 has no reason"},
                      Bad{"EmptyReason", kAllowed, "ephemeral-cache = \t", "the waiver of WG205 has no reason"},
                      Bad{"LongReason", kAllowed, "WG205=" + std::string(121, 'x'),
                          "the reason for WG205 has 121 characters; at most 120 are allowed"},
                      Bad{"UnknownRule", kAllowed, "WG250=a", "there is no rule \"WG250\""},
                      Bad{"NoEquals", kAllowed, "WG205: a", "there is no rule \"WG205: a\""},
                      Bad{"InputRule", kAllowed, "WG006=a", "WG006 is about the input itself and cannot be waived"},
                      Bad{"Itself", kAllowed, "bad-waiver=a", "WG008 is about the input itself and cannot be waived"},
                      Bad{"Empty", kAllowed, "", "it waives nothing"},
                      Bad{"OnlySeparators", kAllowed, " ;\n; ", "it waives nothing"},
                      Bad{"Unused", "{waivers: {allowed: [WG302]}}", "WG302=a; WG205=b",
                          "the policy lets nobody waive WG205 in namespace llm\n"
                          "WG008 audit annotation warmgate.dev/waive: nothing here needs the waiver of WG302"}),
    [](const auto& test) { return test.param.name; });

TEST(Waiver, AReasonOfTheGreatestLengthCountsAndSeveralCanStandOnLines) {
  const std::string reason(120, 'x');
  EXPECT_EQ(summary(judge(with_waiver(deployment(pod(kPinned)), "WG402=a\nwg205=" + reason + "\n", On::kObject),
                          "{waivers: {allowed: [WG205, WG402]}}")),
            "WG205 warn waived\nWG008 audit annotation warmgate.dev/waive: nothing here needs the waiver of WG402\n");
}

TEST(Waiver, TheFirstReasonCountsAndASecondInTheSameAnnotationIsSaid) {
  const Judgement judgement =
      judge(with_waiver(deployment(pod(kPinned)), "WG205=first; ephemeral-cache=second", On::kObject), kAllowed);
  EXPECT_EQ(summary(judgement),
            "WG205 warn waived\n"
            "WG008 warn annotation warmgate.dev/waive: a second waiver of WG205; the first one counts\n");
  EXPECT_EQ(judgement.findings[0].waived, "first");
}

TEST(Waiver, TellsOfNoMoreMistakesThanAPersonReads) {
  std::string many;
  for (int i = 0; i < 1000; ++i) {
    many += "nonsense;";
  }
  const Judgement judgement = judge(with_waiver(deployment(pod(kPinned)), many, On::kObject), kAllowed);
  ASSERT_EQ(judgement.findings.size(), 66U);  // WG205, 64 mistakes and the line about the rest
  EXPECT_THAT(judgement.findings.back().finding.message, HasSubstr("more than 64 waivers; the rest is not read"));
}

TEST(Waiver, OnAClaimThatNothingIsWrongWithIsUnused) {
  const std::string claim =
      "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a, namespace: llm}, "
      "spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}}";
  EXPECT_EQ(summary(judge(with_waiver(claim, "WG205=a", On::kObject), kAllowed)),
            "WG008 audit annotation warmgate.dev/waive: nothing here needs the waiver of WG205\n");
}

TEST(Waiver, KeepsHalfATokenOutOfItsMistakes) {
  const std::string name = std::string(30, 'x') + kToken;  // cutting alone would leave a part of it
  const Judgement judgement = judge(with_waiver(deployment(pod(kPinned)), name + "=a", On::kObject), kAllowed);
  EXPECT_THAT(judgement.findings.back().finding.message, ::testing::Not(HasSubstr("hf_")));
}

}  // namespace
}  // namespace warmgate::testing
