#include "warmgate/kube/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "kube/objects.h"
#include "warmgate/kube/facts.h"
#include "warmgate/kube/workload_kinds.h"

namespace warmgate::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const WorkloadKinds& kinds() {
  static const WorkloadKinds built_in = WorkloadKinds::built_in().value();
  return built_in;
}

std::string spec(const std::string& members) { return R"("spec": {)" + members + "}"; }

std::string template_spec(const std::string& members) {
  return spec(R"("template": {"spec": {}})" + std::string(members.empty() ? "" : ", ") + members);
}

Object autoscaler(const std::string& kind, const std::string& limits) {
  return object(
      "autoscaling/v2", "HorizontalPodAutoscaler", R"({"name": "scaler"})",
      spec(R"("scaleTargetRef": {"apiVersion": "apps/v1", "kind": ")" + kind + R"(", "name": "w"}, )" + limits));
}

// Of an object with one pod template, which gets one where the case has none.
ReplicaRange replicas_of(const Object& workload, const ClusterFacts& facts) {
  const std::vector<PodTemplate> pods = kinds().pod_templates(workload);
  return pods.empty() ? ReplicaRange{0, 0, "no template", ""} : replicas(workload, pods.at(0), facts);
}

std::string summary(const ReplicaRange& range) {
  std::string out = std::to_string(range.min) + ".." + (range.max ? std::to_string(*range.max) : "every node");
  out += range.pointer.empty() ? "" : " " + range.pointer;
  return out + (range.autoscaler.empty() ? "" : " " + range.autoscaler);
}

TEST(Replicas, TableOfKinds) {
  struct Case {
    const char* api_version;
    const char* kind;
    const char* members;  // of spec
    const char* expected;
  };
  const std::vector<Case> cases = {
      {"v1", "Pod", R"("replicas": 5)", "1..1"},
      {"apps/v1", "Deployment", "", "1..1"},
      {"apps/v1", "Deployment", R"("replicas": 3)", "3..3 /spec/replicas"},
      {"apps/v1", "Deployment", R"("replicas": 0)", "0..0 /spec/replicas"},
      {"apps/v1", "Deployment", R"("replicas": null)", "1..1"},
      {"apps/v1", "StatefulSet", R"("replicas": 2)", "2..2 /spec/replicas"},
      {"apps/v1", "ReplicaSet", R"("replicas": 4)", "4..4 /spec/replicas"},
      {"v1", "ReplicationController", R"("replicas": 2)", "2..2 /spec/replicas"},
      {"apps/v1", "DaemonSet", R"("replicas": 2)", "1..every node"},
      {"batch/v1", "Job", "", "1..1"},
      {"batch/v1", "Job", R"("parallelism": 4)", "4..4 /spec/parallelism"},
      {"batch/v1", "Job", R"("parallelism": 4, "completions": 2)", "2..2 /spec/completions"},
      {"batch/v1", "Job", R"("parallelism": 2, "completions": 9)", "2..2 /spec/parallelism"},
      {"batch/v1", "Job", R"("completions": 9)", "1..1"},
      {"batch/v1", "Job", R"("completions": 0)", "0..0 /spec/completions"},
      {"batch/v1", "CronJob", R"("parallelism": 4, "jobTemplate": {"spec": {"template": {"spec": {}}}})", "1..1"},
      {"batch/v1", "CronJob", R"("jobTemplate": {"spec": {"parallelism": 3, "template": {"spec": {}}}})",
       "3..3 /spec/jobTemplate/spec/parallelism"},
  };
  const BundleFacts none({});
  for (const Case& test : cases) {
    const Object workload = object(test.api_version, test.kind, R"({"name": "w"})", template_spec(test.members));
    EXPECT_EQ(summary(replicas_of(workload, none)), test.expected) << test.kind << " " << test.members;
  }
}

TEST(Replicas, AnAutoscalerRaisesTheMaximumOfKindsThatScale) {
  struct Case {
    const char* kind;
    const char* members;
    const char* limits;
    const char* expected;
  };
  const std::vector<Case> cases = {
      {"Deployment", "", R"("maxReplicas": 8)", "1..8 HorizontalPodAutoscaler/scaler"},
      {"Deployment", R"("replicas": 3)", R"("minReplicas": 2, "maxReplicas": 8)",
       "2..8 HorizontalPodAutoscaler/scaler"},
      {"Deployment", R"("replicas": 9)", R"("minReplicas": 2, "maxReplicas": 4)", "2..9 /spec/replicas"},
      {"StatefulSet", "", R"("minReplicas": 0, "maxReplicas": 2)", "0..2 HorizontalPodAutoscaler/scaler"},
      {"StatefulSet", "", R"("maxReplicas": "2")", "1..1"},
      {"DaemonSet", "", R"("minReplicas": 0, "maxReplicas": 2)", "1..every node"},
  };
  for (const Case& test : cases) {
    const Object workload = object("apps/v1", test.kind, R"({"name": "w"})", template_spec(test.members));
    const BundleFacts facts({autoscaler(test.kind, test.limits)});
    EXPECT_EQ(summary(replicas_of(workload, facts)), test.expected) << test.kind << " " << test.limits;
  }
  const BundleFacts facts({autoscaler("Job", R"("maxReplicas": 8)")});
  EXPECT_EQ(summary(replicas_of(object("batch/v1", "Job", R"({"name": "w"})", template_spec("")), facts)), "1..1");
}

TEST(Workloads, TheKindsAndTheirGroups) {
  for (const char* kind : {"Pod",
                           "Deployment",
                           "StatefulSet",
                           "DaemonSet",
                           "ReplicaSet",
                           "ReplicationController",
                           "Job",
                           "CronJob",
                           "PodTemplate",
                           "LeaderWorkerSet",
                           "JobSet",
                           "RayCluster",
                           "RayJob",
                           "RayService",
                           "InferenceService",
                           "LLMInferenceService",
                           "ServingRuntime",
                           "ClusterServingRuntime",
                           "Rollout",
                           "DynamoGraphDeployment",
                           "NIMService",
                           "NIMCache",
                           "Model"}) {
    EXPECT_THAT(kinds().names(), ::testing::Contains(kind));
  }
  EXPECT_TRUE(kinds().is_workload(object("apps/v1beta1", "Deployment", "{}")));
  EXPECT_TRUE(kinds().is_workload(object("serving.knative.dev/v1", "Service", "{}")));
  EXPECT_FALSE(kinds().is_workload(object("v1", "Deployment", "{}")));
  EXPECT_FALSE(kinds().is_workload(object("serving.knative.dev/v1", "Pod", "{}")));
  EXPECT_FALSE(kinds().is_workload(object("v1", "Service", "{}")));
}

TEST(PodTemplates, StandWhereTheKindKeepsThem) {
  const std::vector<std::pair<Object, std::string>> cases = {
      {object("v1", "Pod", "{}"), "/spec"},
      {object("apps/v1", "Deployment", "{}", spec(R"("template": {"spec": {}})")), "/spec/template/spec"},
      {object("batch/v1", "CronJob", "{}", spec(R"("jobTemplate": {"spec": {"template": {"spec": {}}}})")),
       "/spec/jobTemplate/spec/template/spec"},
  };
  for (const auto& [workload, pointer] : cases) {
    ASSERT_EQ(kinds().pod_templates(workload).size(), 1U) << pointer;
    EXPECT_EQ(kinds().pod_templates(workload)[0].spec.pointer(), pointer);
  }
  for (const char* broken : {"", R"("template": 7)", R"("template": {"spec": []})", R"("template": {"spec": null})"}) {
    EXPECT_THAT(kinds().pod_templates(object("apps/v1", "Deployment", "{}", spec(broken))), IsEmpty()) << broken;
  }
  EXPECT_THAT(kinds().pod_templates(object("v1", "Service", "{}")), IsEmpty());
}

TEST(ClaimsOf, EachClaimOnceAndNoClaimTemplates) {
  const Object set = object("apps/v1", "StatefulSet", "{}", spec(R"(
    "volumeClaimTemplates": [{"metadata": {"name": "own"}}],
    "template": {"spec": {"volumes": [
      {"name": "a", "persistentVolumeClaim": {"claimName": "cache"}},
      {"name": "b", "persistentVolumeClaim": {"claimName": "cache"}},
      {"name": "c", "persistentVolumeClaim": {"claimName": "data"}},
      {"name": "own", "persistentVolumeClaim": {"claimName": "hidden"}},
      {"name": "d", "persistentVolumeClaim": {}},
      {"name": "e", "emptyDir": {}}]}})"));
  EXPECT_THAT(kinds().claims_of(set), ElementsAre("cache", "data"));
  EXPECT_THAT(kinds().claims_of(object("v1", "Service", "{}")), IsEmpty());
}

std::string owned(const std::string& name, const std::string& api_version, const std::string& kind,
                  const std::string& owner, const std::string& more = "") {
  return R"({"name": ")" + name +
         R"(", "labels": {"app": "vllm"}, "ownerReferences": [{"controller": true, "apiVersion": ")" + api_version +
         R"(", "kind": ")" + kind + R"(", "name": ")" + owner + R"("}])" + more + "}";
}

TEST(SameWorkload, ADeploymentItsReplicaSetsAndTheirPodsAreOne) {
  const std::string selector = spec(R"("selector": {"matchLabels": {"app": "vllm"}})");
  const std::vector<Object> chain = {
      object("apps/v1", "Deployment", R"({"name": "vllm"})", selector),
      object("apps/v1", "ReplicaSet", owned("vllm-7d9f8b6c5d", "apps/v1", "Deployment", "vllm"), selector),
      object("v1", "Pod", owned("vllm-7d9f8b6c5d-x2x4z", "apps/v1", "ReplicaSet", "vllm-7d9f8b6c5d")),
      object("v1", "Pod", owned("vllm-7d9f8b6c5d-b8b9c", "apps/v1", "ReplicaSet", "vllm-7d9f8b6c5d")),
  };
  for (const Object& a : chain) {
    for (const Object& b : chain) {
      EXPECT_TRUE(same_workload(a, b)) << a.display_name() << " and " << b.display_name();
    }
  }
  const Object old_set = object("apps/v1", "ReplicaSet", owned("vllm-66c7", "apps/v1", "Deployment", "vllm"), selector);
  EXPECT_TRUE(same_workload(chain[1], old_set));
}

TEST(SameWorkload, ARolloutIsOneWorkloadThoughItsReplicaSetsAreTwo) {
  const auto pod = [](const char* set, const char* hash) {
    return object("v1", "Pod",
                  owned(std::string(set) + "-p", "apps/v1", "ReplicaSet", set,
                        std::string(R"(, "labels": {"pod-template-hash": ")") + hash + R"("})"));
  };
  const Object old_pod = pod("vllm-66c7", "66c7");
  EXPECT_TRUE(same_workload(pod("vllm-7d9f", "7d9f"), old_pod));
  EXPECT_TRUE(
      same_workload(object("apps/v1", "ReplicaSet", owned("vllm-7d9f", "apps/v1", "Deployment", "vllm")), old_pod));
  EXPECT_FALSE(same_workload(pod("tgi-7d9f", "7d9f"), old_pod));
  EXPECT_FALSE(same_workload(pod("vllm-7d9f", "other"), old_pod)) << "a ReplicaSet of that name without a Deployment";
  EXPECT_FALSE(same_workload(pod("vllm-7d9f", ""), pod("vllm-66c7", "")));
}

TEST(SameWorkload, ARolloutOfArgoHasThePodsOfItsReplicaSets) {
  const Object rollout = object("argoproj.io/v1alpha1", "Rollout", R"({"name": "vllm"})");
  const Object pod = object("v1", "Pod", owned("vllm-7d9f-p", "apps/v1", "ReplicaSet", "vllm-7d9f"));
  EXPECT_TRUE(same_workload(rollout, pod));
  EXPECT_FALSE(same_workload(object("argoproj.io/v1alpha1", "Rollout", R"({"name": "tgi"})"), pod));
}

TEST(SameWorkload, ACronJobItsJobsAndTheirPodsAreOne) {
  const Object cron = object("batch/v1", "CronJob", R"({"name": "fetch"})");
  const Object job = object("batch/v1", "Job", owned("fetch-28395840", "batch/v1", "CronJob", "fetch"));
  const Object pod = object("v1", "Pod", owned("fetch-28395840-abcde", "batch/v1", "Job", "fetch-28395840"));
  EXPECT_TRUE(same_workload(cron, job));
  EXPECT_TRUE(same_workload(job, pod));
  EXPECT_TRUE(same_workload(cron, pod));
}

TEST(SameWorkload, ForgedOrForeignOwnersAreOthers) {
  const std::string selector = spec(R"("selector": {"matchLabels": {"app": "vllm"}})");
  const Object deployment = object("apps/v1", "Deployment", R"({"name": "vllm", "namespace": "a"})", selector);
  const std::vector<std::pair<const char*, Object>> others = {
      {"no owner", object("v1", "Pod", R"({"name": "vllm", "labels": {"app": "vllm"}})")},
      {"another ReplicaSet's name", object("v1", "Pod", owned("p", "apps/v1", "ReplicaSet", "tgi-7d9f"))},
      {"a longer Deployment's name", object("v1", "Pod", owned("p", "apps/v1", "ReplicaSet", "vllm-canary-7d9f"))},
      {"no suffix", object("v1", "Pod", owned("p", "apps/v1", "ReplicaSet", "vllm"))},
      {"an empty suffix", object("v1", "Pod", owned("p", "apps/v1", "ReplicaSet", "vllm-"))},
      {"another group", object("v1", "Pod", owned("p", "example.com/v1", "ReplicaSet", "vllm-7d9f"))},
      {"another group's Deployment",
       object("apps/v1", "ReplicaSet", owned("p", "example.com/v1", "Deployment", "vllm"))},
      {"another namespace",
       object("apps/v1", "ReplicaSet", owned("p", "apps/v1", "Deployment", "vllm", R"(, "namespace": "b")"))},
      {"the Deployment of that name elsewhere",
       object("apps/v1", "Deployment", R"({"name": "vllm", "namespace": "b"})")},
      {"the StatefulSet of that name", object("apps/v1", "StatefulSet", R"({"name": "vllm", "namespace": "a"})")},
      {"labels that the selector does not take",
       object("v1", "Pod", R"({"name": "p", "labels": {"app": "tgi"}, "ownerReferences": [
         {"controller": true, "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "vllm-7d9f"}]})")},
      {"an owner that is no controller", object("v1", "Pod", R"({"name": "p", "ownerReferences": [
         {"apiVersion": "apps/v1", "kind": "Deployment", "name": "vllm"}]})")},
  };
  for (const auto& [what, other] : others) {
    EXPECT_FALSE(same_workload(deployment, other)) << what;
    EXPECT_FALSE(same_workload(other, deployment)) << what;
  }
}

TEST(SameWorkload, WithoutNamesNothingIsTheSame) {
  const Object unnamed = object("apps/v1", "Deployment", R"({"generateName": "vllm-"})");
  EXPECT_FALSE(same_workload(unnamed, unnamed));
  EXPECT_FALSE(same_workload(unnamed, object("apps/v1", "ReplicaSet", owned("r", "apps/v1", "Deployment", ""))));
  const Object pod = object("v1", "Pod", owned("p", "apps/v1", "ReplicaSet", ""));
  const Object other = object("v1", "Pod", owned("q", "apps/v1", "ReplicaSet", ""));
  EXPECT_FALSE(same_workload(pod, other));
}

TEST(SameWorkload, AManifestWithoutNamespaceMayBeInAny) {
  const Object here = object("apps/v1", "Deployment", R"({"name": "vllm", "namespace": "a"})");
  EXPECT_TRUE(same_workload(here, object("apps/v1", "Deployment", R"({"name": "vllm"})")));
  EXPECT_TRUE(same_workload(here, object("apps/v1beta2", "Deployment", R"({"name": "vllm", "namespace": "a"})")));
}

TEST(RunsToCompletion, JobsAndPodsThatAreNotRestarted) {
  const auto completes = [](const Object& workload) { return kinds().pod_templates(workload).at(0).completes; };
  const auto pod = [](const char* members) { return object("v1", "Pod", "{}", spec(members)); };
  EXPECT_TRUE(completes(object("batch/v1", "Job", "{}", template_spec(""))));
  EXPECT_TRUE(
      completes(object("batch/v1", "CronJob", "{}", spec(R"("jobTemplate": {"spec": {"template": {"spec": {}}}})"))));
  EXPECT_TRUE(completes(pod(R"("restartPolicy": "Never")")));
  EXPECT_TRUE(completes(pod(R"("restartPolicy": "OnFailure")")));
  EXPECT_FALSE(completes(pod(R"("restartPolicy": "Always")")));
  EXPECT_FALSE(completes(pod("")));
  EXPECT_FALSE(completes(object("apps/v1", "Deployment", "{}", template_spec(R"("restartPolicy": "Never")"))));
}

TEST(Replicas, AScaledObjectIsAnAutoscalerWithDefaultsOfItsOwn) {
  const auto scaled = [](const std::string& members) {
    const BundleFacts facts({object("keda.sh/v1alpha1", "ScaledObject", R"({"name": "scaler"})",
                                    spec(R"("scaleTargetRef": {"name": "w"})" + members))});
    return summary(replicas_of(object("apps/v1", "Deployment", R"({"name": "w"})", template_spec("")), facts));
  };
  EXPECT_EQ(scaled(""), "0..100 ScaledObject/scaler");
  EXPECT_EQ(scaled(R"(, "minReplicaCount": 1, "maxReplicaCount": 3)"), "1..3 ScaledObject/scaler");
  EXPECT_EQ(scaled(R"(, "maxReplicaCount": 1)"), "0..1");
  EXPECT_EQ(scaled(R"(, "maxReplicaCount": -5)"), "0..1");
}

}  // namespace
}  // namespace warmgate::kube
