#include "warmgate/controller/download_job.h"

#include <gmock/gmock.h>

#include <map>
#include <vector>

#include "controller/job_input.h"
#include "warmgate/api/names.h"
#include "warmgate/engine/judge.h"

namespace warmgate::controller {
namespace {

using document::Json;
using testing::cache_spec;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::job_input;
using testing::json;
using testing::kCommit;
using ::testing::Not;
using testing::settings;

Json job_of(const std::string& patch) {
  const api::ModelCacheSpec spec = cache_spec(patch);
  return download_job(job_input(spec), settings());
}

const Json& pod_of(const Json& job) { return job["spec"]["template"]["spec"]; }
const Json& container_of(const Json& job) { return pod_of(job)["containers"][0]; }

std::map<std::string, Json> env_of(const Json& job) {
  std::map<std::string, Json> out;
  for (const Json& item : container_of(job)["env"]) {
    EXPECT_EQ(out.count(item["name"]), 0U) << item;
    out[item["name"]] = item.contains("value") ? item["value"] : item["valueFrom"];
  }
  return out;
}

std::string rule_ids(const kube::Object& object, const kube::ClusterFacts& facts) {
  std::string out;
  for (const engine::JudgedFinding& judged :
       engine::judge(object, {facts, settings().knowledge, settings().policy}, engine::Stage::kBeforeInjection)
           .findings) {
    out.append(judged.finding.rule).append(": ").append(judged.finding.message).append("\n");
  }
  return out;
}

TEST(DownloadJob, IsThePatternsJobOfTheCache) {
  const Json job = job_of("{}");
  EXPECT_EQ(job["apiVersion"], "batch/v1");
  EXPECT_EQ(job["kind"], "Job");
  EXPECT_EQ(job["metadata"]["name"], "qwen-9216db57");
  EXPECT_EQ(job["metadata"]["namespace"], "llm");
  EXPECT_EQ(job["metadata"]["ownerReferences"],
            json(R"([{"apiVersion": "warmgate.dev/v1alpha1", "kind": "ModelCache", "name": "qwen", "uid": "cache-uid",
                      "controller": true, "blockOwnerDeletion": true}])"));
  const Json labels = json(R"({"app.kubernetes.io/managed-by": "warmgate", "warmgate.dev/task": "download",
                               "warmgate.dev/model-cache-uid": "cache-uid", "warmgate.dev/claim-uid": "claim-uid"})");
  EXPECT_EQ(job["metadata"]["labels"], labels);
  EXPECT_EQ(job["spec"]["template"]["metadata"]["labels"], labels);
  EXPECT_EQ(job["metadata"]["annotations"]["warmgate.dev/model-cache"], "qwen");
  EXPECT_EQ(job["spec"]["template"]["metadata"]["annotations"]["warmgate.dev/model-cache"], "qwen");
  Json spec = job["spec"];
  spec.erase("template");
  EXPECT_EQ(spec, json(R"({"backoffLimit": 3, "completions": 1, "parallelism": 1, "activeDeadlineSeconds": 21600,
    "podReplacementPolicy": "Failed",
    "podFailurePolicy": {"rules": [
      {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
      {"action": "FailJob", "onExitCodes": {"containerName": "model-cache", "operator": "In",
                                            "values": [71, 72, 73, 74, 75]}}]}})"));
  EXPECT_EQ(container_of(job)["image"], "python:3.10-slim");
  EXPECT_EQ(container_of(job)["command"], json(R"(["sh", "-c"])"));
  EXPECT_EQ(container_of(job)["resources"],
            json(R"({"requests": {"cpu": "2", "memory": "8Gi"}, "limits": {"cpu": "8", "memory": "8Gi"}})"));
  EXPECT_EQ(container_of(job)["volumeMounts"], json(R"([{"name": "model-cache", "mountPath": "/cache/huggingface"},
                     {"name": "work", "mountPath": "/warmgate"}])"));
  EXPECT_EQ(pod_of(job)["volumes"],
            json(R"([{"name": "model-cache", "persistentVolumeClaim": {"claimName": "model-cache"}},
                     {"name": "work", "emptyDir": {"sizeLimit": "2Gi"}}])"));
}

TEST(DownloadJob, SaysWhatToDownloadByVariables) {
  const std::map<std::string, Json> env = env_of(job_of(R"({
    "source": {"huggingFace": {"allowPatterns": ["*.json", "a b/*"], "ignorePatterns": ["original/*"],
                               "endpoint": "https://mirror.corp"}},
    "download": {"maxWorkers": 4}, "verify": false})"));
  const std::map<std::string, Json> expected = {{"MODEL_NAME", "Qwen/Qwen3-32B"},
                                                {"MODEL_REVISION", kCommit},
                                                {"HF_HOME", "/cache/huggingface"},
                                                {"HOME", "/warmgate"},
                                                {"TMPDIR", "/warmgate"},
                                                {"WARMGATE_WORK", "/warmgate"},
                                                {"HF_XET_HIGH_PERFORMANCE", "0"},
                                                {"HF_XET_CACHE", "/warmgate/xet"},
                                                {"HF_HUB_DISABLE_PROGRESS_BARS", "1"},
                                                {"HF_HUB_DISABLE_TELEMETRY", "1"},
                                                {"HF_HUB_DISABLE_UPDATE_CHECK", "1"},
                                                {"HF_HUB_DOWNLOAD_TIMEOUT", "60"},
                                                {"HF_ENDPOINT", "https://mirror.corp"},
                                                {"WARMGATE_ALLOW_PATTERNS", "*.json\na b/*"},
                                                {"WARMGATE_IGNORE_PATTERNS", "original/*"},
                                                {"WARMGATE_MAX_WORKERS", "4"},
                                                {"WARMGATE_VERIFY", "false"}};
  EXPECT_EQ(env, expected);
}

TEST(DownloadJob, TheTokenIsReferredToAndNothingElseIsGivenToThePod) {
  const Json job = job_of(R"({"source": {"huggingFace": {"tokenSecretRef": {"name": "hf", "key": "TOKEN"}}}})");
  EXPECT_EQ(env_of(job)["HF_TOKEN"], json(R"({"secretKeyRef": {"name": "hf", "key": "TOKEN"}})"));
  EXPECT_EQ(pod_of(job)["automountServiceAccountToken"], false);
  EXPECT_EQ(pod_of(job)["enableServiceLinks"], false);
  EXPECT_EQ(container_of(job).count("envFrom"), 0U);
}

TEST(DownloadJob, StartsUnderRestrictedPodSecurityAsAnyUser) {
  Json job = job_of("{}");
  EXPECT_EQ(pod_of(job)["securityContext"],
            json(R"({"runAsUser": 65532, "runAsGroup": 65532, "runAsNonRoot": true, "fsGroup": 65532,
                     "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"}})"));
  EXPECT_EQ(container_of(job)["securityContext"],
            json(R"({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                     "capabilities": {"drop": ["ALL"]}})"));
  job = job_of(R"({"download": {"runAsUser": 1000, "fsGroup": 2000}})");
  EXPECT_EQ(pod_of(job)["securityContext"]["runAsUser"], 1000);
  EXPECT_EQ(pod_of(job)["securityContext"]["runAsGroup"], 2000);
  EXPECT_EQ(pod_of(job)["securityContext"]["fsGroup"], 2000);
  job = job_of(R"({"download": {"runAsUser": 0}})");
  EXPECT_EQ(pod_of(job)["securityContext"]["runAsNonRoot"], false);
  EXPECT_FALSE(pod_of(job)["securityContext"].contains("runAsGroup"));
}

TEST(DownloadJob, WhatPeopleWriteNeverBecomesPartOfTheScript) {
  const Json plain = job_of("{}");
  const Json hostile = job_of(R"~({
    "source": {"huggingFace": {"allowPatterns": ["$(reboot)", "`reboot`", "';reboot", "$(HF_TOKEN)", "a$$b"],
                               "endpoint": "https://mirror/$(HF_TOKEN);reboot"}},
    "mountPath": "/cache/$(HF_TOKEN)/'; reboot"})~");
  EXPECT_EQ(container_of(hostile)["args"], container_of(plain)["args"]);
  EXPECT_EQ(container_of(hostile)["command"], container_of(plain)["command"]);
  // The kubelet makes "$" of "$$" and replaces "$(NAME)".
  EXPECT_EQ(env_of(hostile)["WARMGATE_ALLOW_PATTERNS"], "$$(reboot)\n`reboot`\n';reboot\n$$(HF_TOKEN)\na$$$$b");
  EXPECT_EQ(env_of(hostile)["HF_ENDPOINT"], "https://mirror/$$(HF_TOKEN);reboot");
  EXPECT_EQ(env_of(hostile)["HF_HOME"], "/cache/$$(HF_TOKEN)/'; reboot");
}

TEST(DownloadJob, TheKubeletLeavesTheScriptAsItIs) {
  const Json download = job_of("{}");
  const api::ModelCacheSpec spec = cache_spec();
  for (const Json& job : {download, removal_job(job_input(spec), settings())}) {
    const std::string script = container_of(job)["args"][0];
    EXPECT_THAT(script, Not(HasSubstr("$$")));
    for (const auto& [name, value] : env_of(job)) {
      EXPECT_THAT(script, Not(HasSubstr("$(" + name + ")")));
    }
    EXPECT_THAT(script, Not(HasSubstr("\n#")));
  }
}

TEST(DownloadJob, ResourcesFollowHighPerformanceAndTheReverse) {
  struct Case {
    const char* download;
    bool nodes_hold_it;
    const char* variable;
    const char* memory;
  };
  const std::vector<Case> cases = {
      {"{}", false, "0", "8Gi"},
      {"{}", true, "1", "64Gi"},
      {R"({"highPerformance": false})", true, "0", "8Gi"},
      {R"({"highPerformance": true})", false, "1", "64Gi"},
      {R"({"resources": {"limits": {"memory": "16Gi"}}})", true, "0", "16Gi"},
      {R"({"resources": {"limits": {"memory": "96Gi"}}})", false, "1", "96Gi"},
      {R"({"resources": {"limits": {"memory": "16Gi"}}, "highPerformance": true})", false, "1", "16Gi"},
  };
  for (const Case& test : cases) {
    const api::ModelCacheSpec spec = cache_spec(R"({"download": )" + std::string(test.download) + "}");
    JobInput input = job_input(spec);
    input.high_performance = test.nodes_hold_it;
    const Json job = download_job(input, settings());
    EXPECT_EQ(env_of(job)["HF_XET_HIGH_PERFORMANCE"], test.variable) << test.download;
    EXPECT_EQ(container_of(job)["resources"]["limits"]["memory"], test.memory) << test.download;
  }
}

TEST(DownloadJob, KeepsOffNodesWithAcceleratorsInEveryTermOfTheAffinity) {
  const api::ModelCacheSpec spec = cache_spec(R"({"download": {"affinity": {
    "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []},
    "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
      {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["cpu"]}]},
      {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}, {}]}}}}})");
  JobInput input = job_input(spec);
  input.zones = {"zone-a", "zone-b"};
  const Json affinity = pod_of(download_job(input, settings()))["affinity"];
  EXPECT_TRUE(affinity.contains("podAntiAffinity"));
  const Json& terms = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
  ASSERT_EQ(terms.size(), 3U);
  const Json zone = json(R"({"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-a", "zone-b"]})");
  const Json gpu = json(R"({"key": "cloud.google.com/gke-accelerator", "operator": "DoesNotExist"})");
  const Json present = json(R"({"key": "nvidia.com/gpu.present", "operator": "NotIn", "values": ["true"]})");
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_THAT(terms[i]["matchExpressions"], ::testing::IsSupersetOf({zone, gpu, present})) << i;
  }
  EXPECT_EQ(terms[0]["matchExpressions"][0]["key"], "pool");
  EXPECT_EQ(terms[1]["matchFields"][0]["key"], "metadata.name");
  EXPECT_EQ(terms[2], Json::object());
  const Json bare = pod_of(job_of("{}"))["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
  ASSERT_EQ(bare["nodeSelectorTerms"].size(), 1U);
  EXPECT_THAT(bare["nodeSelectorTerms"][0]["matchExpressions"], ::testing::Contains(gpu));
}

TEST(DownloadJob, TakesWhatIsAPodsFromTheSpec) {
  const Json job = job_of(R"({"download": {"image": "corp/hf:1", "backoffLimit": 0, "activeDeadlineSeconds": 60,
    "nodeSelector": {"pool": "cpu"}, "tolerations": [{"operator": "Exists"}], "imagePullSecrets": [{"name": "pull"}],
    "env": [{"name": "HTTPS_PROXY", "value": "http://$(HOST):3128"},
            {"name": "HF_HUB_DOWNLOAD_TIMEOUT", "value": "300"}]}})");
  EXPECT_EQ(container_of(job)["image"], "corp/hf:1");
  EXPECT_EQ(job["spec"]["backoffLimit"], 0);
  EXPECT_EQ(job["spec"]["activeDeadlineSeconds"], 60);
  EXPECT_EQ(pod_of(job)["nodeSelector"], json(R"({"pool": "cpu"})"));
  EXPECT_EQ(pod_of(job)["tolerations"], json(R"([{"operator": "Exists"}])"));
  EXPECT_EQ(pod_of(job)["imagePullSecrets"], json(R"([{"name": "pull"}])"));
  EXPECT_EQ(env_of(job)["HTTPS_PROXY"], "http://$(HOST):3128");  // as in a Pod
  EXPECT_EQ(env_of(job)["HF_HUB_DOWNLOAD_TIMEOUT"], "300");
}

TEST(DownloadJob, AFolderToWriteInIsNotHiddenByTheClaim) {
  const Json job = job_of(R"({"mountPath": "/warmgate/hf"})");
  EXPECT_EQ(container_of(job)["volumeMounts"][1]["mountPath"], "/work");
  EXPECT_EQ(env_of(job)["WARMGATE_WORK"], "/work");
}

TEST(DownloadJob, IsCleanUnderTheDefaultPolicyAndSoAreItsUsers) {
  const std::string world =
      testing::model_cache() +
      "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: model-cache, namespace: "
      "llm}, spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Ti}}}}\n";
  const api::ModelCacheSpec spec = cache_spec(R"({
    "source": {"huggingFace": {"tokenSecretRef": {"name": "hf", "key": "TOKEN"}}}})");
  for (const bool high : {false, true}) {
    JobInput input = job_input(spec);
    input.high_performance = high;
    const Json job = download_job(input, settings());
    const kube::BundleFacts facts = testing::facts(world + "---\n" + job.dump() + "\n");
    EXPECT_EQ(rule_ids(kube::Object(document::Document(job)), facts), "");
    EXPECT_EQ(rule_ids(kube::Object(document::Document(removal_job(input, settings()))), facts), "");
    const std::string server = testing::deployment(
        testing::pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit +
                         "], env: [{name: HF_HOME, value: /cache/huggingface}], "
                         "volumeMounts: [{name: c, mountPath: /cache/huggingface, readOnly: true}]",
                     "volumes: [{name: c, persistentVolumeClaim: {claimName: model-cache, readOnly: true}}]"));
    EXPECT_EQ(rule_ids(testing::object(server), facts), "");
  }
}

TEST(DownloadJob, IsReadAsTheDownloadOfItsModelOntoTheClaim) {
  const kube::Object job{document::Document(job_of("{}"))};
  std::vector<std::string> uses;
  for (const models::TemplateReading& reading : models::read_workload(job, settings().knowledge)) {
    for (const models::ModelUse& use : reading.uses) {
      EXPECT_EQ(use.verb, models::Verb::kDownload);
      EXPECT_TRUE(use.cache.on_claim());
      uses.push_back(use.repo + "@" + use.revision + " " + use.cache.path);
    }
  }
  EXPECT_THAT(uses, ElementsAre("Qwen/Qwen3-32B@" + kCommit + " /cache/huggingface/hub"));
}

TEST(RemovalJob, RunsTheOtherScriptWithoutATokenForAQuarterOfAnHour) {
  const api::ModelCacheSpec spec =
      cache_spec(R"({"source": {"huggingFace": {"tokenSecretRef": {"name": "hf", "key": "TOKEN"}}}})");
  const Json job = removal_job(job_input(spec), settings());
  EXPECT_EQ(job["metadata"]["name"], "qwen-remove-9216db57");
  EXPECT_EQ(job["metadata"]["labels"]["warmgate.dev/task"], "remove");
  EXPECT_EQ(job["metadata"]["labels"]["warmgate.dev/claim-uid"], "claim-uid");
  EXPECT_EQ(job["spec"]["activeDeadlineSeconds"], 900);
  EXPECT_EQ(job["spec"]["backoffLimit"], 3);
  const std::map<std::string, Json> expected = {{"MODEL_NAME", "Qwen/Qwen3-32B"},  {"MODEL_REVISION", kCommit},
                                                {"HF_HOME", "/cache/huggingface"}, {"HOME", "/warmgate"},
                                                {"TMPDIR", "/warmgate"},           {"WARMGATE_WORK", "/warmgate"}};
  EXPECT_EQ(env_of(job), expected);
  EXPECT_THAT(std::string(container_of(job)["args"][0]), HasSubstr("remove_blobs"));
}

TEST(JobName, IsTheCachesNameAndTheCommitInAtMostALabelsLength) {
  EXPECT_EQ(job_name(cache_spec()), "qwen-9216db57");
  EXPECT_EQ(job_name(cache_spec("{}", std::string(54, 'a'))), std::string(54, 'a') + "-9216db57");
  const std::string name = std::string(44, 'a') + ".-" + std::string(200, 'b');
  EXPECT_EQ(job_name(cache_spec("{}", name)),
            std::string(44, 'a') + "-" + api::short_hash(name).substr(0, 8) + "-9216db57");
  for (const std::size_t length : {1U, 46U, 47U, 48U, 54U, 55U, 63U, 253U}) {
    const api::ModelCacheSpec spec = cache_spec("{}", std::string(length, 'x'));
    EXPECT_LE(job_name(spec).size(), 63U);
    EXPECT_LE(removal_job_name(spec).size(), 63U);
    EXPECT_NE(job_name(spec), removal_job_name(spec));
  }
}

TEST(SpecHash, ChangesWithWhatAnotherDownloadWouldFollowFrom) {
  const api::ModelCacheSpec plain = cache_spec();
  const std::string hash = spec_hash(job_input(plain));
  for (const char* patch : {R"({"source": {"huggingFace": {"revision": "d47b0d4ae4b48fde975756bf360a63a9cca8d470"}}})",
                            R"({"source": {"huggingFace": {"allowPatterns": ["*"]}}})",
                            R"({"source": {"huggingFace": {"ignorePatterns": ["*"]}}})",
                            R"({"source": {"huggingFace": {"endpoint": "https://mirror"}}})",
                            R"({"source": {"huggingFace": {"tokenSecretRef": {"name": "a", "key": "b"}}}})",
                            R"({"mountPath": "/other"})",
                            R"({"storage": {"claimName": "other"}})",
                            R"({"verify": false})",
                            R"({"download": {"image": "corp/hf:1"}})",
                            R"({"download": {"highPerformance": false}})",
                            R"({"download": {"backoffLimit": 3}})",
                            R"({"download": {"activeDeadlineSeconds": 60}})",
                            R"({"download": {"maxWorkers": 8}})",
                            R"({"download": {"runAsUser": 65532}})",
                            R"({"download": {"fsGroup": 65532}})",
                            R"({"download": {"resources": {"limits": {"cpu": 4}}}})",
                            R"({"download": {"nodeSelector": {"a": "b"}}})",
                            R"({"download": {"tolerations": [{"operator": "Exists"}]}})",
                            R"({"download": {"affinity": {"podAffinity": {}}}})",
                            R"({"download": {"imagePullSecrets": [{"name": "a"}]}})",
                            R"({"download": {"env": [{"name": "A"}]}})"}) {
    const api::ModelCacheSpec spec = cache_spec(patch);
    EXPECT_NE(spec_hash(job_input(spec)), hash) << patch;
  }
  JobInput again = job_input(plain);
  again.retry = "1";
  EXPECT_NE(spec_hash(again), hash);
}

TEST(SpecHash, IsThatOfTheJobAndStaysWhenOnlyTheClusterChanges) {
  const api::ModelCacheSpec plain = cache_spec();
  JobInput input = job_input(plain);
  const std::string hash = spec_hash(input);
  EXPECT_EQ(download_job(input, settings())["metadata"]["annotations"]["warmgate.dev/spec-hash"], hash);
  input.high_performance = true;
  input.zones = {"zone-a"};
  input.claim_uid = "another";
  EXPECT_EQ(spec_hash(input), hash);
  for (const char* patch : {R"({"suspend": true})", R"({"reclaimPolicy": "Delete"})", R"({"verify": true})"}) {
    const api::ModelCacheSpec spec = cache_spec(patch);
    EXPECT_EQ(spec_hash(job_input(spec)), hash) << patch;
  }
}

TEST(ExitReason, IsThatOfTheCodesThatEndTheJob) {
  const std::map<int, std::string> reasons = {{0, ""},
                                              {1, ""},
                                              {71, "GatedRepo"},
                                              {72, "RevisionNotFound"},
                                              {73, "ChecksumMismatch"},
                                              {74, "OutOfSpace"},
                                              {75, "PermissionDenied"},
                                              {137, ""},
                                              {-1, ""}};
  for (const auto& [code, reason] : reasons) {
    EXPECT_EQ(exit_reason(code), reason) << code;
  }
}

}  // namespace
}  // namespace warmgate::controller
