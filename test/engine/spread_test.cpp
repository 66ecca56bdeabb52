// Which Pods can need a ReadWriteOnce claim on two nodes: every case is a bundle, judged object by object.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "support/world.h"
#include "warmgate/engine/judge.h"

namespace warmgate::testing {
namespace {

const std::string kBeside =
    "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, "
    "labelSelector: {matchLabels: {app: a}}}]}}";
const std::string kRecreate = "strategy: {type: Recreate}, ";

std::string claim(const std::string& modes = "ReadWriteOnce", const std::string& spec = "") {
  return "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: cache}, spec: {accessModes: [" + modes +
         "]" + spec + "}}\n";
}

// A pod template of a server whose cache is on the claim; `label` is its app, `pod` more members of its spec.
std::string server(const std::string& label, const std::string& pod = "") {
  return "{metadata: {labels: {app: " + label +
         "}}, spec: {containers: [{name: vllm, image: \"vllm/vllm-openai:v0.11.0\", args: [--model, Qwen/Qwen3-32B, "
         "--revision, " +
         kCommit +
         "], env: [{name: HF_HOME, value: /cache}], volumeMounts: [{name: cache, mountPath: /cache, readOnly: " +
         "true}]}], volumes: [{name: cache, persistentVolumeClaim: {claimName: cache}}]" +
         (pod.empty() ? "" : ", " + pod) + "}}";
}

std::string workload(const std::string& api_version, const std::string& kind, const std::string& name,
                     const std::string& spec) {
  return "---\n{apiVersion: " + api_version + ", kind: " + kind + ", metadata: {name: " + name + "}, spec: {" + spec +
         "}}\n";
}

std::string deployment_of(const std::string& name, const std::string& spec, const std::string& pod = "") {
  return workload("apps/v1", "Deployment", name, spec + "template: " + server(name, pod));
}

std::string autoscaler(const std::string& spec) {
  return workload("keda.sh/v1alpha1", "ScaledObject", "scaler", "scaleTargetRef: {name: a}" + spec);
}

// "deny Deployment/a can run 2 Pods (replicas)", one finding per line.
std::string spread_of(const std::string& bundle) {
  const kube::BundleFacts known = facts(bundle);
  const policy::Policy policy = policy_with();
  std::string out;
  for (const kube::Object& object : objects(bundle)) {
    const engine::Judgement judgement =
        engine::judge(object, {known, knowledge(), policy}, engine::Stage::kBeforeInjection);
    for (const engine::JudgedFinding& judged : judgement.findings) {
      if (judged.finding.rule == "WG201") {
        const std::string& message = judged.finding.message;
        const std::size_t begin = message.find("only, but ") + std::string("only, but ").size();
        out += std::string(api::to_string(judged.action)) + " " +
               message.substr(begin, message.find(": ", begin) - begin) + "\n";
      }
    }
  }
  return out;
}

struct Case {
  const char* name;
  std::string bundle;
  std::string expected;
};
void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

class Spread : public ::testing::TestWithParam<Case> {};

TEST_P(Spread, IsFoundWhereItIsAndNowhereElse) { EXPECT_EQ(spread_of(GetParam().bundle), GetParam().expected); }

const std::string kSurge = "a rollout of Deployment/a starts the new Pod before the old one ends";

std::vector<Case> replica_cases() {
  return {
      {"OnePodThatIsRecreated", claim() + deployment_of("a", kRecreate), ""},
      {"TwoReplicas", claim() + deployment_of("a", "replicas: 2, "), "deny Deployment/a can run 2 Pods (replicas)\n"},
      {"NoReplicas", claim() + deployment_of("a", "replicas: 0, "), ""},
      {"ReadWriteMany", claim("ReadWriteMany") + deployment_of("a", "replicas: 2, "), ""},
      {"ReadWriteOnceAndReadOnlyMany", claim("ReadWriteOnce, ReadOnlyMany") + deployment_of("a", "replicas: 2, "), ""},
      {"ScaledObject", claim() + deployment_of("a", kRecreate) + autoscaler(", maxReplicaCount: 3"),
       "deny Deployment/a can run 3 Pods (ScaledObject/scaler)\n"},
      {"ScaledObjectWithoutMaximum", claim() + deployment_of("a", kRecreate) + autoscaler(""),
       "deny Deployment/a can run 100 Pods (ScaledObject/scaler)\n"},
      {"ScaledObjectToOne", claim() + deployment_of("a", kRecreate) + autoscaler(", maxReplicaCount: 1"), ""},
      {"ClaimTemplates",
       claim() + workload("apps/v1", "StatefulSet", "a",
                          "replicas: 3, volumeClaimTemplates: [{metadata: {name: cache}}], template: " + server("a")),
       ""},
      {"StatefulSetOnOneClaim",
       claim() + workload("apps/v1", "StatefulSet", "a", "replicas: 3, template: " + server("a")),
       "deny StatefulSet/a can run 3 Pods (replicas)\n"},
      {"StatefulSetOfOne", claim() + workload("apps/v1", "StatefulSet", "a", "template: " + server("a")), ""},
      {"DaemonSet", claim() + workload("apps/v1", "DaemonSet", "a", "template: " + server("a")),
       "deny DaemonSet/a runs a Pod on every node\n"},
      {"DaemonSetOnOneNode",
       claim() + workload("apps/v1", "DaemonSet", "a",
                          "template: " + server("a", "nodeSelector: {kubernetes.io/hostname: n1}")),
       ""},
      {"ParallelJobsComeOneAfterTheOther",
       claim() + workload("batch/v1", "Job", "a", "parallelism: 2, template: " + server("a", "restartPolicy: Never")),
       "warn Job/a can run 2 Pods (parallelism)\n"},
      {"LeaderAndWorkers",
       claim() + workload("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "a",
                          "replicas: 2, leaderWorkerTemplate: {size: 3, leaderTemplate: " + server("l") +
                              ", workerTemplate: " + server("w") + "}"),
       "deny LeaderWorkerSet/a can run 6 Pods that mount it, of 2 pod templates\n"},
      {"OnlyTheLeaderMountsIt",
       claim() + workload("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "a",
                          "leaderWorkerTemplate: {size: 3, leaderTemplate: " + server("l") +
                              ", workerTemplate: {spec: {containers: [{name: w}]}}}"),
       ""},
  };
}

std::vector<Case> place_cases() {
  const std::string other = deployment_of("b", kRecreate);
  return {
      {"NodeName", claim() + deployment_of("a", "replicas: 2, ", "nodeName: n1"), ""},
      {"BesideItself", claim() + deployment_of("a", "replicas: 2, ", kBeside), ""},
      {"BesideAnother", claim() + deployment_of("a", kRecreate) + deployment_of("b", kRecreate, kBeside), ""},
      {"BesideAnotherThatIsOnManyNodes",
       claim() + deployment_of("a", "replicas: 2, ") + deployment_of("b", kRecreate, kBeside),
       "deny Deployment/a can run 2 Pods (replicas)\ndeny Deployment/a mounts it too\n"},
      {"PreferredIsNotRequired",
       claim() +
           deployment_of("a", "replicas: 2, ",
                         "affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, "
                         "podAffinityTerm: {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: "
                         "{app: a}}}}]}}"),
       "deny Deployment/a can run 2 Pods (replicas)\n"},
      {"BesideInAZone",
       claim() +
           deployment_of("a", "replicas: 2, ",
                         "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "
                         "topology.kubernetes.io/zone, labelSelector: {matchLabels: {app: a}}}]}}"),
       "deny Deployment/a can run 2 Pods (replicas)\n"},
      {"TwoWorkloads", claim() + deployment_of("a", kRecreate) + other,
       "deny Deployment/b mounts it too\ndeny Deployment/a mounts it too\n"},
      {"TwoWorkloadsOnOneNode",
       claim() + deployment_of("a", kRecreate, "nodeName: n1") +
           deployment_of("b", kRecreate, "nodeSelector: {kubernetes.io/hostname: n1}"),
       ""},
      {"OnePodEachOnOneNodeIsStillTwoPods",
       claim("ReadWriteOncePod") + deployment_of("a", kRecreate, "nodeName: n1") +
           deployment_of("b", kRecreate, "nodeName: n1"),
       "deny Deployment/b mounts it too\ndeny Deployment/a mounts it too\n"},
      {"AFinishedDownloadHoldsNothing",
       claim() + deployment_of("a", kRecreate) +
           workload("batch/v1", "Job", "fetch", "template: " + server("f", "restartPolicy: Never")),
       ""},
      {"ADiskOfOneNode",
       claim("ReadWriteOnce", ", volumeName: pv") + deployment_of("a", "replicas: 2, ") +
           workload("v1", "PersistentVolume", "pv",
                    "accessModes: [ReadWriteOnce], nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: "
                    "[{key: kubernetes.io/hostname, operator: In, values: [n1]}]}]}}"),
       ""},
      {"BoundToAVolumeThatIsShared",
       claim("ReadWriteOnce", ", volumeName: pv") + deployment_of("a", "replicas: 2, ") +
           workload("v1", "PersistentVolume", "pv", "accessModes: [ReadWriteMany, ReadOnlyMany]"),
       ""},
  };
}

std::vector<Case> surge_cases() {
  const auto rolling = [](const std::string& settings) {
    return claim() + deployment_of("a", "strategy: {rollingUpdate: {" + settings + "}}, ");
  };
  const std::string rollout = "argoproj.io/v1alpha1";
  return {
      {"RollsByDefault", claim() + deployment_of("a", ""), "warn " + kSurge + " (maxSurge 25%, the default)\n"},
      {"RollsWithOneMore", rolling("maxSurge: 1, maxUnavailable: 0"), "warn " + kSurge + " (maxSurge 1)\n"},
      {"RollsInPlace", rolling("maxSurge: 0, maxUnavailable: 1"), ""},
      {"TheOldOneMayGo", rolling("maxSurge: 1, maxUnavailable: 1"), ""},
      {"TheOldOneMayGoByPercent", rolling("maxUnavailable: 100%"), ""},
      {"APercentThatRoundsUp", rolling("maxSurge: 1%"), "warn " + kSurge + " (maxSurge 1%)\n"},
      {"NothingThatCanBeRead", rolling("maxSurge: most"), ""},
      {"OnOneNodeTheSecondMayMount", claim() + deployment_of("a", "", "nodeName: n1"), ""},
      {"BesideItselfToo", claim() + deployment_of("a", "", kBeside), ""},
      {"ForOnePodItIsCertain", claim("ReadWriteOncePod") + deployment_of("a", "", "nodeName: n1"),
       "deny " + kSurge + " (maxSurge 25%, the default)\n"},
      {"ReplicaSetsDoNotRoll", claim() + workload("apps/v1", "ReplicaSet", "a", "template: " + server("a")), ""},
      {"CanaryOfArgo", claim() + workload(rollout, "Rollout", "a", "strategy: {canary: {}}, template: " + server("a")),
       "warn a rollout of Rollout/a starts the new Pod before the old one ends (maxSurge 25%, the default)\n"},
      {"BlueAndGreen",
       claim() + workload(rollout, "Rollout", "a", "strategy: {blueGreen: {}}, template: " + server("a")),
       "warn a rollout of Rollout/a starts the new Pod before the old one ends (strategy blueGreen)\n"},
      {"CanaryInPlace",
       claim() + workload(rollout, "Rollout", "a",
                          "strategy: {canary: {maxSurge: 0, maxUnavailable: 1}}, template: " + server("a")),
       ""},
  };
}

// A Rollout with the pod template of `kind`/a.
std::string rollout_of(const std::string& kind, const std::string& spec, const std::string& more = "") {
  const std::string version = kind == "PodTemplate" ? "v1" : "apps/v1";
  return workload("argoproj.io/v1alpha1", "Rollout", "r",
                  spec + "workloadRef: {apiVersion: " + version + ", kind: " + kind + ", name: a" + more + "}");
}

std::vector<Case> borrowed_cases() {
  const std::string none = deployment_of("a", "replicas: 0, ");
  const std::string scaler = workload("autoscaling/v2", "HorizontalPodAutoscaler", "h",
                                      "scaleTargetRef: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: r}, "
                                      "minReplicas: 1, maxReplicas: 5");
  const std::string surge = "warn a rollout of Rollout/r starts the new Pod before the old one ends (maxSurge 1)\n";
  return {
      {"TheRolloutsReplicasCount", claim() + none + rollout_of("Deployment", "replicas: 4, "),
       "deny Deployment/a can run 4 Pods (Rollout/r)\n"},
      {"OfTwoVariantsOne",
       claim() + none + rollout_of("Deployment", "replicas: 2, ") + rollout_of("Deployment", "replicas: 3, "),
       "deny Deployment/a can run 2 Pods (Rollout/r)\n"},
      {"SoDoesWhatScalesIt", claim() + none + scaler + rollout_of("Deployment", ""),
       "deny Deployment/a can run 5 Pods (HorizontalPodAutoscaler/h)\n"},
      {"TheDeploymentKeepsItsOwn", claim() + deployment_of("a", kRecreate) + rollout_of("Deployment", ""),
       "deny Deployment/a can run 2 Pods (Rollout/r)\n"},
      {"UnlessItIsScaledDown",
       claim() + deployment_of("a", "replicas: 3, ") +
           rollout_of("Deployment", "strategy: {canary: {maxSurge: 0, maxUnavailable: 1}}, ", ", scaleDown: onsuccess"),
       ""},
      {"TheRolloutRolls",
       claim() + none + rollout_of("Deployment", "strategy: {canary: {maxSurge: 1, maxUnavailable: 0}}, "), surge},
      {"APodTemplateRunsNothing",
       claim() + "---\n{apiVersion: v1, kind: PodTemplate, metadata: {name: a}, template: " + server("a") + "}\n", ""},
      {"APodTemplateThatARolloutRuns",
       claim() + "---\n{apiVersion: v1, kind: PodTemplate, metadata: {name: a}, template: " + server("a") + "}\n" +
           rollout_of("PodTemplate", "replicas: 2, "),
       "deny PodTemplate/a can run 2 Pods (Rollout/r)\n"},
      {"ItsPodsAreNoOtherWorkload",
       claim() + none + rollout_of("Deployment", "strategy: {canary: {maxSurge: 0, maxUnavailable: 1}}, ") +
           "---\n{apiVersion: v1, kind: Pod, metadata: {name: r-7d9f-x, ownerReferences: [{controller: true, "
           "apiVersion: apps/v1, kind: ReplicaSet, name: r-7d9f}]}, spec: {containers: [{name: vllm, image: "
           "\"vllm/vllm-openai:v0.11.0\", args: [--model, org/m], env: [{name: HF_HOME, value: /cache}], volumeMounts: "
           "[{name: cache, mountPath: /cache}]}], volumes: [{name: cache, persistentVolumeClaim: {claimName: "
           "cache}}]}}\n",
       ""},
      {"ATemplateThatIsNotThere", claim() + rollout_of("Deployment", "replicas: 4, "), ""},
      {"ATemplateOfAnotherKind", claim() + none + rollout_of("ReplicaSet", "replicas: 4, "), ""},
  };
}

std::string name_of(const ::testing::TestParamInfo<Case>& test) { return test.param.name; }

INSTANTIATE_TEST_SUITE_P(Replicas, Spread, ::testing::ValuesIn(replica_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Places, Spread, ::testing::ValuesIn(place_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Rollouts, Spread, ::testing::ValuesIn(surge_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(BorrowedTemplates, Spread, ::testing::ValuesIn(borrowed_cases()), name_of);

TEST(SpreadMessages, SayWhatToWriteInstead) {
  const kube::BundleFacts known = facts(claim());
  const policy::Policy policy = policy_with();
  const engine::Judgement judgement =
      engine::judge(object(deployment_of("a", "strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}, ")),
                    {known, knowledge(), policy}, engine::Stage::kBeforeInjection);
  ASSERT_EQ(judgement.findings.size(), 1U);
  const rules::Finding& finding = judgement.findings[0].finding;
  EXPECT_EQ(finding.location.pointer, "/spec/strategy/rollingUpdate/maxSurge");
  EXPECT_EQ(finding.help,
            "set spec.strategy.type to Recreate, or make the claim ReadWriteMany (Filestore, EFS, Azure Files, CephFS, "
            "NFS)");
}

}  // namespace
}  // namespace warmgate::testing
