// The one verdict: what injection mends is a warning, the policy decides the rest, and what the API server would refuse
// is not judged further.
#include "warmgate/engine/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "support/world.h"

namespace warmgate::testing {
namespace {

using engine::Judgement;
using engine::Stage;

const std::string kUnpinned = pod("args: [--model, Qwen/Qwen3-32B]");

Judgement judge(const std::string& manifest, const std::string& world = "", const std::string& spec = "{}",
                Stage stage = Stage::kBeforeInjection) {
  const kube::BundleFacts known = facts(world);
  const policy::Policy policy = policy_with(spec);
  return engine::judge(object(manifest), {known, knowledge(), policy}, stage);
}

// "WG101 deny vllm", one finding per line.
std::string summary(const Judgement& judgement) {
  std::string out;
  for (const engine::JudgedFinding& judged : judgement.findings) {
    out += std::string(judged.finding.rule) + " " + std::string(api::to_string(judged.action)) +
           (judged.finding.container.empty() ? "" : " " + judged.finding.container) +
           (judged.finding.mended ? " mended" : "") + "\n";
  }
  return out;
}

TEST(Judge, DeniesADeploymentWithoutAModelCache) {
  const Judgement judgement = judge(deployment(kUnpinned));
  EXPECT_EQ(summary(judgement), "WG101 deny vllm\nWG205 deny vllm\n");
  EXPECT_TRUE(judgement.denied());
  EXPECT_TRUE(judgement.injection.empty());
}

TEST(Judge, OnlyWarnsAboutTheSameDeploymentWithAModelCacheAndNamesIt) {
  const Judgement judgement = judge(deployment(kUnpinned), model_cache());
  EXPECT_EQ(summary(judgement), "WG101 warn vllm mended\nWG205 warn vllm mended\n");
  EXPECT_FALSE(judgement.denied());
  EXPECT_THAT(judgement.findings[0].finding.message,
              ::testing::StartsWith("Warmgate supplies this from ModelCache/qwen at 9216db5781bf (claim model-cache): "
                                    "container \"vllm\" serves Qwen/Qwen3-32B without --revision"));
}

TEST(Judge, DeniesWhatInjectionMendedNothingOf) {
  // The author's HF_HOME conflicts, so nothing is injected and both values are named.
  const Judgement judgement =
      judge(deployment(pod("args: [--model, Qwen/Qwen3-32B], env: [{name: HF_HOME, value: /root/hf}]")), model_cache());
  EXPECT_EQ(summary(judgement), "WG101 deny vllm\nWG302 deny vllm\n");
  EXPECT_EQ(judgement.findings[1].finding.message,
            "container \"vllm\": HF_HOME is /root/hf, but ModelCache/qwen is used at /cache/huggingface");
}

// "rule: message (help)", one finding per line.
std::string told(const Judgement& judgement) {
  std::string out;
  for (const engine::JudgedFinding& judged : judgement.findings) {
    out += std::string(judged.finding.rule) + ": " + judged.finding.message + " (" + judged.finding.help + ")\n";
  }
  return out;
}

TEST(Judge, ExpectsNoInjectionOfWhatOnlyAConfigMapTells) {
  const std::string config =
      "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: s, namespace: llm}, data: {MODEL: "
      "Qwen/Qwen3-32B}}\n";
  const kube::BundleFacts known = facts(model_cache() + config);
  const policy::Policy policy = policy_with();
  const auto judged = [&](const std::string& model) {
    const kube::Object manifest =
        object(deployment(pod("args: [--model, " + model + "], envFrom: [{configMapRef: {name: s}}]")));
    return engine::judge(manifest, {known, knowledge(), policy}, engine::Stage::kBeforeInjection);
  };
  EXPECT_FALSE(judged("Qwen/Qwen3-32B").denied());
  const engine::Judgement unseen = judged("$(MODEL)");
  EXPECT_TRUE(unseen.denied()) << "the webhook does not see the ConfigMap";
  EXPECT_TRUE(unseen.injection.empty());
}

TEST(Judge, NamesBothCommitsWhenTheModelCacheHasAnother) {
  const std::string asked = pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kOtherCommit + "]");
  const std::string expected =
      "WG205: container \"vllm\" serves Qwen/Qwen3-32B from /root/.cache/huggingface/hub (the default) on the "
      "container's own disk, which is gone with every restart: every start downloads it again (about 64 GB, by its "
      "name) on GPU time; "
      "ModelCache/qwen is at 9216db5781bf, but this asks for d47b0d4ae4b4 (give --revision " +
      kCommit + ", or make a ModelCache for the commit you want)\n";
  EXPECT_EQ(told(judge(asked, model_cache())), expected);
  EXPECT_EQ(told(judge(asked, model_cache(), "{}", Stage::kAsIs)), expected) << "the webhook says it after mutation";
  EXPECT_THAT(told(judge(asked, model_cache(), "{inject: false}")), ::testing::Not(::testing::HasSubstr("qwen")));
}

TEST(Judge, NamesTheVolumeThatKeepsTheModelCacheAway) {
  const Judgement judgement = judge(deployment(pod("args: [--model, Qwen/Qwen3-32B], volumeMounts: [{name: scratch, "
                                                   "mountPath: /cache/huggingface}]",
                                                   "volumes: [{name: scratch, emptyDir: {}}]")),
                                    model_cache());
  EXPECT_EQ(summary(judgement), "WG101 deny vllm\nWG205 deny vllm\n");
  const std::string reason =
      "; ModelCache/qwen is not used: volumeMounts \"scratch\" (emptyDir) is mounted at /cache/huggingface";
  for (const engine::JudgedFinding& judged : judgement.findings) {
    EXPECT_THAT(judged.finding.message, ::testing::EndsWith(reason));
  }
  EXPECT_EQ(judgement.findings[0].finding.help, "add --revision " + kCommit + " (the commit of ModelCache/qwen)");
  EXPECT_EQ(judgement.findings[1].finding.help,
            "leave that mount out, or mount claim \"model-cache\" of ModelCache/qwen read-only at /cache/huggingface");
}

TEST(Judge, SaysWhatKeepsTheModelCacheAwayOnlyOfTheContainerThatLacksIt) {
  const std::string server =
      "image: \"vllm/vllm-openai:v0.11.0\", resources: {limits: {nvidia.com/gpu: \"1\"}}, args: "
      "[--model, Qwen/Qwen3-32B]";
  const Judgement judgement = judge(
      "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: llm}, spec: {containers: "
      "[{name: good, " +
          server + "}, {name: bad, " + server +
          ", env: [{name: HF_HOME, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}}",
      model_cache());
  EXPECT_EQ(summary(judgement), "WG101 warn good mended\nWG101 deny bad\nWG205 warn good mended\n");
  EXPECT_THAT(judgement.findings[0].finding.message, ::testing::Not(::testing::HasSubstr("is not used")));
  EXPECT_THAT(judgement.findings[1].finding.message,
              ::testing::EndsWith(
                  "; ModelCache/qwen is not used: HF_HOME comes from Secret s and may not be /cache/huggingface"));
}

TEST(Judge, DeniesAPodThatWentThroughMutationWithoutItsCache) {
  EXPECT_EQ(summary(judge(kUnpinned, model_cache(), "{}", Stage::kAsIs)), "WG101 deny vllm\nWG205 deny vllm\n");
}

TEST(Judge, PromisesNoInjectionThatThePolicySwitchedOff) {
  const Judgement judgement = judge(deployment(kUnpinned), model_cache(), "{inject: false}");
  EXPECT_EQ(summary(judgement), "WG101 deny vllm\nWG205 deny vllm\n");
  EXPECT_TRUE(judgement.injection.empty());
}

TEST(Judge, KeepsAMilderActionOfThePolicyForWhatIsMended) {
  EXPECT_EQ(
      summary(judge(deployment(kUnpinned), model_cache(), "{rules: {WG101: audit, WG205: \"off\", WG306: \"off\"}}")),
      "WG101 audit vllm mended\n");
}

struct PolicyCase {
  std::string name;
  std::string spec;
  std::string expected;
};
void PrintTo(const PolicyCase& test, std::ostream* out) { *out << test.name; }

class PolicyActions : public ::testing::TestWithParam<PolicyCase> {};

TEST_P(PolicyActions, DecideWhatFollowsFromAFinding) {
  EXPECT_EQ(summary(judge(deployment(kUnpinned), "", GetParam().spec)), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Policies, PolicyActions,
    ::testing::Values(PolicyCase{"Deny", "{rules: {WG101: deny}}", "WG101 deny vllm\nWG205 deny vllm\n"},
                      PolicyCase{"Warn", "{rules: {WG101: warn}}", "WG101 warn vllm\nWG205 deny vllm\n"},
                      PolicyCase{"Audit", "{rules: {WG101: audit}}", "WG101 audit vllm\nWG205 deny vllm\n"},
                      PolicyCase{"Off", "{rules: {WG101: \"off\"}}", "WG205 deny vllm\n"},
                      PolicyCase{"BySlug", "{rules: {unpinned-revision: warn}}", "WG101 warn vllm\nWG205 deny vllm\n"},
                      PolicyCase{"InItsNamespace", "{namespaces: [{names: [\"ll*\"], rules: {WG101: warn}}]}",
                                 "WG101 warn vllm\nWG205 deny vllm\n"},
                      PolicyCase{"NotInAnotherNamespace", "{namespaces: [{names: [prod], rules: {WG101: warn}}]}",
                                 "WG101 deny vllm\nWG205 deny vllm\n"},
                      PolicyCase{"TheLastNamespaceWins",
                                 "{namespaces: [{names: [llm], rules: {WG101: warn}}, {names: [\"*\"], rules: {WG101: "
                                 "audit}}]}",
                                 "WG101 audit vllm\nWG205 deny vllm\n"}),
    [](const auto& test) { return test.param.name; });

TEST(Judge, DoesNotJudgeWhatTheApiServerRefuses) {
  const std::string both = pod("args: [--model, Qwen/Qwen3-32B], env: [{name: A, value: 1}]");
  const Judgement judgement = judge(both);
  EXPECT_EQ(summary(judgement), "WG006 deny\n");
  EXPECT_EQ(judgement.findings[0].finding.location.pointer, "/spec/containers/0/env/0/value");
  EXPECT_EQ(summary(judge("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: 7}")), "WG006 deny\n");
  EXPECT_EQ(summary(judge("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: {}}}")), "WG006 deny\n");
}

TEST(Judge, ChecksWarmgatesOwnKindsByTheirSchema) {
  EXPECT_EQ(summary(judge(model_cache())), "");
  EXPECT_EQ(summary(judge(model_cache("qwen", "main"))), "WG006 deny\n");
  EXPECT_EQ(
      summary(judge("{apiVersion: warmgate.dev/v1alpha1, kind: CachePolicy, metadata: {name: a}, spec: {rulez: {}}}")),
      "WG006 deny\n");
}

TEST(Judge, KnowsWhichKindsItLooksAt) {
  const std::string typed = ", metadata: {name: a}}";
  for (const std::string kind :
       {"{apiVersion: v1, kind: Pod", "{apiVersion: apps/v1, kind: Deployment", "{apiVersion: batch/v1, kind: CronJob",
        "{apiVersion: v1, kind: PersistentVolumeClaim", "{apiVersion: storage.k8s.io/v1, kind: StorageClass",
        "{apiVersion: warmgate.dev/v1alpha1, kind: ModelCache",
        "{apiVersion: warmgate.dev/v1alpha1, kind: CachePolicy"}) {
    EXPECT_TRUE(engine::is_judged(object(kind + typed), knowledge().kinds)) << kind;
  }
  for (const std::string kind : {"{apiVersion: v1, kind: Service", "{apiVersion: v1, kind: Secret",
                                 "{apiVersion: other.io/v1, kind: Pod", "{apiVersion: v1, kind: Deployment"}) {
    EXPECT_FALSE(engine::is_judged(object(kind + typed), knowledge().kinds)) << kind;
    EXPECT_EQ(summary(judge(kind + typed)), "") << kind;
  }
}

TEST(LimitActions, CapsEveryFindingAndDropsWhatIsOff) {
  Judgement judgement = judge(kUnpinned);
  engine::limit_actions(judgement, api::Action::kWarn);
  EXPECT_EQ(summary(judgement), "WG101 warn vllm\nWG205 warn vllm\n");
  engine::limit_actions(judgement, api::Action::kDeny);
  EXPECT_EQ(summary(judgement), "WG101 warn vllm\nWG205 warn vllm\n");
  engine::limit_actions(judgement, api::Action::kOff);
  EXPECT_EQ(summary(judgement), "");
}

struct UpdateCase {
  std::string name;
  std::string before;
  std::string after;
  std::string expected;
  std::string world;
};
void PrintTo(const UpdateCase& test, std::ostream* out) { *out << test.name; }

const std::string kGpu = "resources: {limits: {nvidia.com/gpu: \"1\"}}";
const std::string kImage = "image: \"vllm/vllm-openai:v0.11.0\"";
const std::string kServer = "{name: a, " + kImage + ", " + kGpu + ", args: [--model, Qwen/Qwen3-32B]}";
const std::string kSecond = "{name: b, " + kImage + ", " + kGpu + ", args: [--model, Qwen/Qwen3-8B]}";

std::string pod_of(const std::string& containers) {
  return "{apiVersion: v1, kind: Pod, metadata: {name: server, namespace: llm}, spec: {containers: [" + containers +
         "]}}";
}

const std::string kRwoClaim =
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: models, namespace: llm}, spec: {accessModes: "
    "[ReadWriteOnce]}}";

// A pinned server on kRwoClaim.
std::string on_claim(const std::string& kind, int replicas) {
  document::Json workload =
      object(
          deployment(pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit +
                             "], env: [{name: HF_HOME, value: /c}], volumeMounts: [{name: c, mountPath: /c, readOnly: "
                             "true}]",
                         "volumes: [{name: c, persistentVolumeClaim: {claimName: models}}]")))
          .document()
          .value();
  workload["kind"] = kind;
  if (kind == "Deployment") {
    workload["spec"]["replicas"] = replicas;
  }
  return workload.dump();
}

class Update : public ::testing::TestWithParam<UpdateCase> {};

TEST_P(Update, AnswersForWhatItBringsOnly) {
  Judgement judgement = judge(GetParam().after, GetParam().world);
  engine::forgive_known(judgement, judge(GetParam().before, GetParam().world));
  EXPECT_EQ(summary(judgement), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Judge, Update,
    ::testing::Values(
        UpdateCase{"Unchanged", pod_of(kServer), pod_of(kServer), "WG101 warn a\nWG205 warn a\n", ""},
        UpdateCase{"ContainersReordered", pod_of(kServer + ", " + kSecond), pod_of(kSecond + ", " + kServer),
                   "WG101 warn b\nWG101 warn a\nWG205 warn b\nWG205 warn a\n", ""},
        UpdateCase{"AContainerMore", pod_of(kServer), pod_of(kSecond + ", " + kServer),
                   "WG101 deny b\nWG101 warn a\nWG205 deny b\nWG205 warn a\n", ""},
        UpdateCase{"AnotherModel", pod_of(kServer),
                   pod_of("{name: a, " + kImage + ", " + kGpu + ", args: [--model, Qwen/Qwen3-8B]}"),
                   "WG101 deny a\nWG205 deny a\n", ""},
        UpdateCase{"MorePods", on_claim("Deployment", 2), on_claim("Deployment", 3), "WG201 deny\n", kRwoClaim},
        UpdateCase{"AsManyPods", on_claim("Deployment", 2), on_claim("Deployment", 2), "WG201 warn\n", kRwoClaim},
        UpdateCase{"FewerPods", on_claim("Deployment", 3), on_claim("Deployment", 2), "WG201 warn\n", kRwoClaim},
        UpdateCase{"APodOnEveryNode", on_claim("DaemonSet", 1), on_claim("DaemonSet", 1), "WG201 warn\n", kRwoClaim},
        UpdateCase{"FromTwoPodsToOneOnEveryNode", on_claim("Deployment", 2), on_claim("DaemonSet", 1), "WG201 deny\n",
                   kRwoClaim},
        UpdateCase{"Mended", pod_of(kServer + ", " + kSecond), pod_of(kSecond), "WG101 warn b\nWG205 warn b\n", ""},
        // What injection mended before and no longer does was made worse by the update.
        UpdateCase{"InjectionSpoiled", deployment(pod("args: [--model, Qwen/Qwen3-32B]")),
                   deployment(pod("args: [--model, Qwen/Qwen3-32B], env: [{name: HF_HOME, value: /root/hf}]")),
                   "WG101 deny vllm\nWG302 deny vllm\n", model_cache()}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace warmgate::testing
