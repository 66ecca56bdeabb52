#include "warmgate/lint/linter.h"

#include <gtest/gtest.h>

#include "lint/texts.h"

namespace warmgate::testing {
namespace {

const std::string kService = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";

TEST(Linter, SaysThatNothingWasCheckedOnlyAboutTheWholeInput) {
  EXPECT_EQ(places(lint_texts({{"a.yaml", kService}}).report), "a.yaml:1:1 error[WG003]\n");
  EXPECT_EQ(places(lint_texts({{"a.yaml", ""}}).report), "a.yaml:1:1 error[WG003]\n");
  EXPECT_EQ(places(lint_texts({}).report), "<input>:1:1 error[WG003]\n");
  EXPECT_EQ(places(lint_texts({{"a.yaml", kService}, {"b.yaml", model_cache()}}).report), "");
  // What could not be read is said already.
  EXPECT_EQ(places(lint_texts({{"a.yaml", "a: [1\n"}}).report).find("WG003"), std::string::npos);
}

TEST(Linter, ShowsWhatIsWaivedAsAWarningAndWaiversThatDoNothingAtTheirPlace) {
  const std::string waived =
      "apiVersion: v1\n"
      "kind: Pod\n"
      "metadata:\n"
      "  name: server\n"
      "  annotations:\n"
      "    warmgate.dev/waive: \"WG101=the branch is ours; WG402=a; WG301=\"\n" +
      kPod.substr(kPod.find("spec:"));
  const Linted linted =
      lint_texts({{"a.yaml", waived}}, {}, {}, "{rules: {WG101: deny}, waivers: {allowed: [WG101, WG402]}}");
  EXPECT_EQ(places(linted.report),
            "a.yaml:6:52 info[WG008]\na.yaml:6:61 warning[WG008]\na.yaml:11:23 warning[WG101]\n");
  EXPECT_EQ(linted.report.diagnostics[2].waived, "the branch is ours");
  EXPECT_EQ(linted.report.diagnostics[2].message,
            "waived: the branch is ours: container \"vllm\" serves Qwen/Qwen3-32B without --revision: whatever the "
            "branch main is that day");
}

TEST(Linter, SaysWhyNothingWasChecked) {
  EXPECT_EQ(lint_texts({{"a.yaml", ""}}).report.diagnostics[0].message,
            "nothing was checked: the input holds no Kubernetes object");
  EXPECT_EQ(lint_texts({{"a.yaml", kService + "---\n" + kService}}).report.diagnostics[0].message,
            "nothing was checked: none of the 2 objects is of a kind that Warmgate judges");
}

TEST(Linter, SaysOfAModelCacheAmongTheFactsThatItCannotBeRead) {
  const std::string branch = "# facts\n" + model_cache("qwen", "main");
  const Linted linted = lint_texts({{"a.yaml", kPod}}, {{"facts.yaml", branch}});
  EXPECT_EQ(places(linted.report).substr(0, places(linted.report).find('\n') + 1), "a.yaml:9:23 error[WG101]\n");
  const lint::Diagnostic& told = linted.report.diagnostics.back();
  EXPECT_EQ(told.file, "facts.yaml");
  EXPECT_EQ(told.begin.line, 3U);
  EXPECT_EQ(told.rule, "WG006");
  EXPECT_EQ(told.severity, lint::Severity::kError);
  EXPECT_EQ(told.object, "ModelCache/qwen");
  EXPECT_EQ(told.pointer, "/spec/source/huggingFace/revision");
  EXPECT_EQ(told.message, "a ModelCache needs the revision as a full commit SHA (40 hex digits)");
  EXPECT_EQ(told.help, "get it with: git ls-remote https://huggingface.co/Qwen/Qwen3-32B HEAD");
  EXPECT_EQ(linted.report.diagnostics.size(), 2U);
  const std::string policy =
      "{apiVersion: warmgate.dev/v1alpha1, kind: CachePolicy, metadata: {name: a}, spec: {rulez: {}}}";
  EXPECT_EQ(places(lint_texts({{"a.yaml", model_cache()}}, {{"facts.yaml", policy}}).report),
            "facts.yaml:1:91 error[WG006]\n");
}

TEST(Linter, SaysOfAModelCacheThatIsCheckedOnlyOnceWhatIsWrong) {
  const std::string branch = model_cache("qwen", "main");
  EXPECT_EQ(lint_texts({{"a.yaml", branch}}, {{"a.yaml", branch}}).report.diagnostics.size(), 1U);
}

TEST(Linter, DoesNotJudgeOtherFacts) {
  EXPECT_EQ(places(lint_texts({{"a.yaml", model_cache()}},
                              {{"facts.yaml", kPod + "---\n{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: 7}"}})
                       .report),
            "");
}

TEST(Linter, OrdersByFileAsGivenThenByPlace) {
  const std::string two = kPod + "---\n" + kPod;
  EXPECT_EQ(places(lint_texts({{"z.yaml", two}, {"a.yaml", kPod}}).report),
            "z.yaml:9:23 error[WG101]\nz.yaml:19:23 error[WG101]\na.yaml:9:23 error[WG101]\n");
}

TEST(Linter, CountsWhatItSaw) {
  const lint::Report report = lint_texts({{"a.yaml", kPod + "---\n" + kService}, {"b.yaml", model_cache()}}).report;
  EXPECT_EQ(report.files, 2U);
  EXPECT_EQ(report.objects, 3U);
  EXPECT_EQ(report.checked, 2U);
  EXPECT_EQ(report.model_uses, 1U);
  EXPECT_EQ(report.count(lint::Severity::kError), 1U);
  EXPECT_EQ(report.count(lint::Severity::kWarning), 0U);
}

TEST(Linter, TurnsActionsIntoSeverities) {
  EXPECT_EQ(places(lint_texts({{"a.yaml", kPod}}, {}, {}, "{rules: {WG101: deny}}").report),
            "a.yaml:9:23 error[WG101]\n");
  EXPECT_EQ(places(lint_texts({{"a.yaml", kPod}}, {}, {}, "{rules: {WG101: warn}}").report),
            "a.yaml:9:23 warning[WG101]\n");
  EXPECT_EQ(places(lint_texts({{"a.yaml", kPod}}, {}, {}, "{rules: {WG101: audit}}").report),
            "a.yaml:9:23 info[WG101]\n");
  EXPECT_EQ(places(lint_texts({{"a.yaml", kPod}}, {}, {}, "{rules: {WG101: \"off\"}}").report), "");
}

TEST(Linter, JudgesTheItemsOfLists) {
  const std::string list =
      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n"
      "  spec:\n    containers:\n    - {name: vllm, image: \"vllm/vllm-openai:v0.11.0\", args: [--model, a/b]}\n";
  const lint::Report report = lint_texts({{"list.yaml", list}}).report;
  EXPECT_EQ(places(report), "list.yaml:9:71 error[WG101]\n");
  EXPECT_EQ(report.diagnostics[0].pointer, "/spec/containers/0/args/1");
  EXPECT_EQ(report.objects, 1U);
}

TEST(Linter, UsesFactsWithoutReportingOnThem) {
  const std::string gpu_pod = pod("args: [--model, Qwen/Qwen3-32B]");
  const std::string with_facts =
      places(lint_texts({{"a.yaml", gpu_pod}}, {{"facts.yaml", model_cache() + "---\n" + kPod}}).report);
  EXPECT_EQ(with_facts.find("facts.yaml"), std::string::npos) << with_facts;
  EXPECT_EQ(with_facts.find("error"), std::string::npos) << with_facts;
  EXPECT_NE(with_facts.find("warning[WG101]"), std::string::npos) << with_facts;
  EXPECT_NE(places(lint_texts({{"a.yaml", gpu_pod}}).report).find("error[WG101]"), std::string::npos);
}

TEST(Linter, ReportsFactsThatCannotBeRead) {
  EXPECT_EQ(places(lint_texts({{"a.yaml", model_cache()}}, {{"facts.yaml", "a: [1\n"}}).report),
            "facts.yaml:2:1 error[WG001]\n");
}

TEST(Linter, PutsObjectsThatNameNoneIntoTheNamespaceGiven) {
  const std::string spec = "{namespaces: [{names: [lab], rules: {WG101: warn}}]}";
  EXPECT_EQ(places(lint_texts({{"a.yaml", kPod}}, {}, {}, spec).report), "a.yaml:9:23 error[WG101]\n");
  EXPECT_EQ(places(lint_texts({{"a.yaml", kPod}}, {}, {.ns = "lab"}, spec).report), "a.yaml:9:23 warning[WG101]\n");
  std::string named = kPod;
  named.insert(named.find("  name: server"), "  namespace: llm\n");
  EXPECT_EQ(places(lint_texts({{"a.yaml", named}}, {}, {.ns = "lab"}, spec).report), "a.yaml:10:23 error[WG101]\n");
}

const std::string kClaim =
    "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: models, namespace: llm}, spec: {accessModes: "
    "[ReadWriteOnce]}}\n";
const std::string kServer = deployment(
    pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit +
            "], env: [{name: HF_HOME, value: /cache}], volumeMounts: [{name: c, mountPath: /cache, readOnly: true}]",
        "volumes: [{name: c, persistentVolumeClaim: {claimName: models}}]"));
const std::string kAutoscaler =
    "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: scaler, namespace: llm}\nspec:\n"
    "  maxReplicas: 8\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: server}\n";

TEST(Linter, FindsAnAutoscalersMistakeOnceWhereItsWorkloadIs) {
  const Linted linted = lint_texts({{"a.yaml", kClaim + kServer + kAutoscaler}});
  EXPECT_EQ(places(linted.report), "a.yaml:4:578 error[WG201]\n");
  EXPECT_EQ(linted.report.diagnostics[0].object, "Deployment/server");
}

TEST(Linter, FindsItAtTheAutoscalerWhenItsWorkloadIsOnlyKnown) {
  const Linted linted = lint_texts({{"a.yaml", kAutoscaler}}, {{"cluster.yaml", kClaim + kServer}});
  EXPECT_EQ(places(linted.report), "a.yaml:6:16 error[WG201]\n");
  EXPECT_EQ(linted.report.diagnostics[0].object, "HorizontalPodAutoscaler/scaler");
  EXPECT_EQ(linted.report.diagnostics[0].message,
            "cache claim \"models\" is ReadWriteOnce, for one node only, but Deployment/server can run 8 Pods "
            "(HorizontalPodAutoscaler/scaler): every Pod on a second node waits for the volume for ever");
  EXPECT_EQ(linted.report.checked, 1U);
}

TEST(Linter, FindsItAtTheAutoscalerOfARolloutThatRunsAnothersTemplate) {
  const std::string rollout =
      "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: roll, namespace: llm}\nspec:\n"
      "  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: server, scaleDown: onsuccess}\n"
      "  strategy: {canary: {maxSurge: 0, maxUnavailable: 1}}\n";
  std::string autoscaler = kAutoscaler;
  const std::string target = "apiVersion: apps/v1, kind: Deployment, name: server";
  autoscaler.replace(autoscaler.find(target), target.size(),
                     "apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: roll");
  const Linted linted = lint_texts({{"a.yaml", autoscaler}}, {{"cluster.yaml", kClaim + kServer + rollout}});
  ASSERT_EQ(places(linted.report), "a.yaml:6:16 error[WG201]\n");
  EXPECT_EQ(linted.report.diagnostics[0].object, "HorizontalPodAutoscaler/scaler");
  EXPECT_EQ(places(lint_texts({{"a.yaml", autoscaler + kClaim + kServer + rollout}}).report),
            "a.yaml:11:578 error[WG201]\n");
}

TEST(Linter, JudgesByTheClusterToo) {
  lint::Options options;
  options.cluster = std::make_shared<const kube::BundleFacts>(facts(kClaim + kAutoscaler));
  EXPECT_EQ(lint_texts({{"a.yaml", kServer}}, {}, options).report.diagnostics[0].rule, "WG201");
  // What will be applied counts, not what is there.
  std::string shared = kClaim;
  shared.replace(shared.find("ReadWriteOnce"), 13, "ReadWriteMany");
  EXPECT_EQ(places(lint_texts({{"a.yaml", shared + kServer}}, {}, options).report), "");
}

}  // namespace
}  // namespace warmgate::testing
