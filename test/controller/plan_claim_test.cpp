// The life of the ModelCaches on a claim: one download at a time, Ready that stays, what is adopted, made anew, told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/claim_world.h"
#include "support/world.h"
#include "warmgate/api/names.h"

namespace warmgate::testing {
namespace {

using controller::claims;
using controller::jobs;
using controller::model_caches;
using controller::pods;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kOther = R"({"spec": {"source": {"huggingFace": {"revision": ")" + kOtherCommit + R"("}}}})";
const std::string kOtherJob = "newer-d47b0d4a";
const std::string kOwnClaim =
    R"({"spec": {"storage": {"claimName": null, "create": {"storageClassName": "standard-rwx"}}}})";

TEST(PlanClaim, ACacheGetsItsFinalizerFirstThenItsJobAndIsReadyWhenThatIsComplete) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache("qwen", R"({"metadata": {"finalizers": null}})");
  EXPECT_THAT(world.settle(), ElementsAre("patch modelcaches llm/qwen", "apply modelcaches/status llm/qwen",
                                          "create jobs llm/qwen-9216db57"));
  EXPECT_EQ(world.condition("StorageReady"), "True ClaimBound");
  EXPECT_EQ(world.phase(), "Pending");
  world.run_pod(kJobName, "worker");
  EXPECT_THAT(world.settle(), ElementsAre("apply modelcaches/status llm/qwen"));
  EXPECT_EQ(world.phase(), "Downloading");
  world.complete(kJobName);
  EXPECT_THAT(world.settle(), ElementsAre("apply modelcaches/status llm/qwen", "patch jobs llm/qwen-9216db57"));

  Json told = world.status();
  const std::string claim_uid = world.object(claims(), "model-cache")["metadata"]["uid"];
  told.erase("conditions");
  EXPECT_EQ(told, Json::parse(R"({"observedGeneration": 1, "phase": "Ready", "claimName": "model-cache",
      "claimUID": ")" + claim_uid +
                              R"(", "shortRevision": "9216db5781bf", "users": 0, "jobName": "qwen-9216db57",
      "snapshotPath": "/cache/huggingface/hub/models--Qwen--Qwen3-32B/snapshots/)" +
                              kCommit + R"(",
      "files": 17, "bytes": {"done": 65527000000, "total": 65527000000}, "size": "65.5 GB", "progress": "100%",
      "startedAt": "2026-11-26T12:00:00Z", "completedAt": "2026-11-26T12:08:58Z", "duration": "8m58s", "attempts": 1,
      "refs": true, "unusedSince": "2026-11-26T12:08:58Z"})"));
  EXPECT_EQ(world.condition("Ready"), "True Ready");
  EXPECT_EQ(world.condition("Downloaded"), "True Downloaded");
  EXPECT_EQ(world.condition("Verified"), "True Verified");
  EXPECT_EQ(world.condition("StorageReady"), "True ClaimBound");
  EXPECT_THAT(world.events, ElementsAre("Normal Downloading ModelCache/qwen", "Normal Downloading ModelCache/qwen",
                                        "Normal Ready ModelCache/qwen"));
  EXPECT_EQ(world.object(jobs(), kJobName)["spec"]["ttlSecondsAfterFinished"], 86400);
}

TEST(PlanClaim, AConditionKeepsItsTimeUntilItsStatusChanges) {
  ClaimWorld world;
  world.add_cache();
  world.settle();
  const auto since = [&](std::size_t i) { return world.status()["conditions"][i]["lastTransitionTime"]; };
  EXPECT_EQ(since(3), "2026-11-26T12:00:00Z");
  world.now += std::chrono::minutes(5);
  world.add_claim();
  world.settle();
  EXPECT_EQ(since(0), "2026-11-26T12:05:00Z");  // StorageReady is True now
  EXPECT_EQ(since(3), "2026-11-26T12:00:00Z");  // Ready has another reason, and is False still
}

TEST(PlanClaim, ProgressIsToldAsItIsReadAndNotAgain) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache();
  world.settle();
  world.run_pod(kJobName, "worker");
  world.settle();
  EXPECT_THAT(world.plan().logs_of, ElementsAre("worker"));
  EXPECT_EQ(world.plan().look_again, std::chrono::seconds(10));
  controller::Progress seen;
  seen.bytes_done = 27'500'000'000;
  seen.bytes_total = 65'500'000'000;
  seen.files = 7;
  seen.at = seen.advanced_at = world.now;
  seen.bytes_per_second = 1e8;
  world.progress["worker"] = seen;
  EXPECT_THAT(world.settle(), ElementsAre("apply modelcaches/status llm/qwen"));
  EXPECT_EQ(world.status()["progress"], "41%");
  EXPECT_EQ(world.status()["size"], "65.5 GB");
  EXPECT_EQ(world.status()["bytesPerSecond"], 100'000'000);
  EXPECT_EQ(world.status()["remainingSeconds"], 380);
  world.now += std::chrono::seconds(5);
  EXPECT_THAT(world.settle(), IsEmpty());
  // A controller that has just begun has read no log yet: what was told stays.
  world.progress.clear();
  world.settle();
  EXPECT_EQ(world.status()["progress"], "41%");
  EXPECT_FALSE(world.status().contains("bytesPerSecond"));
}

TEST(PlanClaim, AWaitForFirstConsumerClaimIsNotWaitedForAndTheDownloadGoesWhereTheGpusAre) {
  ClaimWorld world;
  world.add_class("zonal", "pd.csi.storage.gke.io", R"({"volumeBindingMode": "WaitForFirstConsumer"})");
  world.add_claim(R"({"spec": {"volumeName": null, "storageClassName": "zonal", "accessModes": ["ReadWriteOnce"]},
                      "status": {"phase": "Pending", "accessModes": null}})");
  world.add_node("cpu-a", "zone-a", false);
  world.add_node("cpu-b", "zone-b", false);
  world.add_node("gpu-b", "zone-b", true);
  world.add_cache();
  world.settle();
  EXPECT_EQ(world.condition("StorageReady"), "True WaitForFirstConsumer");
  const std::string pod = world.object(jobs(), kJobName)["spec"]["template"]["spec"].dump();
  EXPECT_THAT(pod, HasSubstr(R"({"key":"topology.kubernetes.io/zone","operator":"In","values":["zone-b"]})"));
}

TEST(PlanClaim, WhatTheGpusCannotReachIsATopologyConflictUnlessTheAuthorChoseTheZone) {
  const std::string zonal = R"({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions":
      [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-a"]}]}]}}}, "metadata": {"name": "pv-1"}})";
  for (const bool chosen : {false, true}) {
    ClaimWorld world;
    world.add_claim();
    world.cluster.put(kVolumes, Json::parse(zonal));
    world.add_node("cpu-a", "zone-a", false);
    world.add_node("gpu-b", "zone-b", true);
    world.add_cache(
        "qwen",
        chosen ? R"({"spec": {"download": {"nodeSelector": {"topology.kubernetes.io/zone": "zone-a"}}}})" : "{}");
    world.settle();
    EXPECT_EQ(world.condition("StorageReady"), chosen ? "True ClaimBound" : "False TopologyConflict");
    EXPECT_EQ(world.exists(jobs(), kJobName), chosen);
    if (!chosen) {
      EXPECT_THAT(world.message(),
                  HasSubstr("no node with accelerators (zones: zone-b) can mount the volume \"pv-1\""));
      world.add_node("gpu-a", "zone-a", true);
      world.settle();
      EXPECT_EQ(world.condition("StorageReady"), "True ClaimBound");
    }
  }
  ClaimWorld world;
  world.add_class("zonal", "ebs.csi.aws.com", R"({"volumeBindingMode": "WaitForFirstConsumer"})");
  world.add_claim(R"({"spec": {"volumeName": null, "storageClassName": "zonal", "accessModes": ["ReadWriteOnce"]},
                      "status": {"phase": "Pending", "accessModes": null}})");
  world.add_node("cpu-a", "zone-a", false);
  world.add_node("gpu-b", "zone-b", true);
  world.add_cache();
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "False TopologyConflict");
  EXPECT_THAT(world.message(),
              HasSubstr("no zone has both nodes with accelerators (zones: zone-b) and nodes without (zones: zone-a)"));
}

TEST(PlanClaim, AClaimIsMadeWhereTheSpecSaysSoAndAllOnItWaitForIt) {
  ClaimWorld world;
  world.add_cache("model-cache", kOwnClaim);
  world.add_cache("newer", kOther);
  world.settle();
  const Json claim = world.object(claims(), "model-cache");
  EXPECT_EQ(claim["spec"]["accessModes"], Json::array({"ReadWriteMany"}));
  EXPECT_EQ(claim["metadata"]["labels"]["app.kubernetes.io/managed-by"], "warmgate");
  EXPECT_EQ(world.condition("Ready", "model-cache"), "False ClaimPending");
  EXPECT_EQ(world.condition("Ready", "newer"), "False ClaimPending");
  EXPECT_THAT(world.events, Not(Contains("Warning ClaimNotFound ModelCache/newer")));
  world.edit(claims(), "model-cache", R"({"status": {"phase": "Bound"}})");
  world.settle();
  EXPECT_TRUE(world.exists(jobs(), "model-cache-9216db57"));
  EXPECT_EQ(world.condition("Ready", "newer"), "False Waiting");
}

TEST(PlanClaim, TheCachesOfAClaimDownloadOneAfterTheOtherTheOldestFirst) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache("qwen");
  world.add_cache("newer", kOther);
  world.settle();
  EXPECT_TRUE(world.exists(jobs(), kJobName));
  EXPECT_FALSE(world.exists(jobs(), kOtherJob));
  EXPECT_EQ(world.condition("Ready", "newer"), "False Waiting");
  EXPECT_THAT(world.message("Ready", "newer"), HasSubstr("waits for Job/qwen-9216db57"));
  world.complete(kJobName);
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "True Ready");
  EXPECT_TRUE(world.exists(jobs(), kOtherJob));
  EXPECT_EQ(world.condition("Ready", "newer"), "False Downloading");
}

TEST(PlanClaim, AJobOfOursThatAQueueHoldsKeepsItsTurn) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache("qwen");
  world.settle();
  world.edit(jobs(), kJobName, R"({"spec": {"suspend": true}})");
  world.add_cache("newer", kOther);
  world.settle();
  EXPECT_FALSE(world.exists(jobs(), kOtherJob));
  EXPECT_EQ(world.condition("Ready", "newer"), "False Waiting");
}

TEST(PlanClaim, ThePodOfADeletedJobIsAWriterUntilItHasEnded) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache();
  world.settle();
  world.run_pod(kJobName, "worker");
  world.edit(pods(), "worker", R"({"metadata": {"ownerReferences": [{"uid": "of the Job that is gone"}]}})");
  world.cluster.erase(jobs(), "llm", kJobName);
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "False Waiting");
  EXPECT_THAT(world.message(), HasSubstr("waits for Pod/worker"));
  EXPECT_THAT(world.message(), HasSubstr("unless its node is lost"));
  EXPECT_FALSE(world.exists(jobs(), kJobName));
  world.edit(pods(), "worker", R"({"status": {"phase": "Failed"}})");
  world.settle();
  EXPECT_TRUE(world.exists(jobs(), kJobName));
}

TEST(PlanClaim, TwoThatDoNotFitOnOneClaimAreToldApart) {
  const std::string same_model = "{}";
  const std::string other_path =
      R"({"spec": {"mountPath": "/models", "source": {"huggingFace": {"revision": ")" + kOtherCommit + R"("}}}})";
  for (const std::string& patch : {same_model, other_path}) {
    ClaimWorld world;
    world.add_claim();
    world.add_cache("qwen");
    world.add_cache("also", patch);
    world.make_ready();
    EXPECT_EQ(world.condition("StorageReady", "also"), "False DestinationConflict");
    EXPECT_EQ(world.condition("Ready", "also"), "False DestinationConflict");
    EXPECT_THAT(world.message("Ready", "also"), HasSubstr("ModelCache/qwen"));
    EXPECT_EQ(world.cluster.all(jobs()).size(), 1U);
    EXPECT_THAT(world.events, Contains("Warning DestinationConflict ModelCache/also"));
  }
}

TEST(PlanClaim, ASuspendedOneStartsNothingAndEndsWhatRuns) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache("qwen", R"({"spec": {"suspend": true}})");
  world.settle();
  EXPECT_EQ(world.phase(), "Suspended");
  EXPECT_EQ(world.condition("Ready"), "False Suspended");
  EXPECT_FALSE(world.exists(jobs(), kJobName));
  world.edit(model_caches(), "qwen", R"({"spec": {"suspend": false}})");
  world.settle();
  EXPECT_TRUE(world.exists(jobs(), kJobName));
  world.edit(model_caches(), "qwen", R"({"spec": {"suspend": true}})");
  world.settle();
  EXPECT_FALSE(world.exists(jobs(), kJobName));
  EXPECT_EQ(world.phase(), "Suspended");
}

TEST(PlanClaim, AChangedSpecMakesTheJobAnewUntilReadyAndNotAfter) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache();
  world.settle();
  const std::string uid = world.object(jobs(), kJobName)["metadata"]["uid"];
  world.edit(model_caches(), "qwen", R"({"spec": {"download": {"maxWorkers": 2}}})");
  world.settle();
  EXPECT_NE(world.object(jobs(), kJobName)["metadata"]["uid"], uid);
  world.complete(kJobName);
  world.settle();
  const std::string last = world.object(jobs(), kJobName)["metadata"]["uid"];
  world.edit(model_caches(), "qwen", R"({"spec": {"download": {"maxWorkers": 3}}})");
  world.settle();
  EXPECT_EQ(world.object(jobs(), kJobName)["metadata"]["uid"], last);
  EXPECT_EQ(world.condition("Ready"), "True Ready");
  EXPECT_EQ(world.status()["observedGeneration"], 3);
}

TEST(PlanClaim, AFailedDownloadIsTriedAgainByTheRetryAnnotationOnly) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache();
  world.settle();
  const std::string uid = world.object(jobs(), kJobName)["metadata"]["uid"];
  world.run_pod(kJobName, "worker");
  world.end_pod("worker", 71, "");
  world.end_job(kJobName, "Failed", "PodFailurePolicy");
  world.settle();
  EXPECT_EQ(world.phase(), "Failed");
  world.now += std::chrono::hours(30);
  EXPECT_THAT(world.settle(), IsEmpty());
  world.edit(model_caches(), "qwen", R"({"metadata": {"annotations": {"warmgate.dev/retry": "1"}}})");
  world.settle();
  EXPECT_NE(world.object(jobs(), kJobName)["metadata"]["uid"], uid);
  EXPECT_EQ(world.phase(), "Pending");
}

TEST(PlanClaim, AJobThatSomebodyDeletedIsMadeAgainBeforeReadyAndNotAfter) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache();
  world.settle();
  world.cluster.erase(jobs(), "llm", kJobName);
  EXPECT_THAT(world.settle(), ElementsAre("create jobs llm/qwen-9216db57"));
  world.make_ready();
  world.cluster.erase(jobs(), "llm", kJobName);
  world.cluster.erase(pods(), "llm", kJobName + "-worker");
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_EQ(world.condition("Ready"), "True Ready");
  EXPECT_EQ(world.status()["files"], 17);
}

TEST(PlanClaim, AClaimThatWasMadeAnewStartsEverythingAgain) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache();
  world.make_ready();
  const std::string uid = world.object(jobs(), kJobName)["metadata"]["uid"];
  world.cluster.erase(claims(), "llm", "model-cache");
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "False ClaimNotFound");
  EXPECT_FALSE(world.exists(jobs(), kJobName)) << "it is about a claim that is gone";
  EXPECT_FALSE(world.status().contains("claimUID"));
  EXPECT_FALSE(world.status().contains("refs"));
  world.add_claim();
  world.settle();
  EXPECT_NE(world.object(jobs(), kJobName)["metadata"]["uid"], uid);
  EXPECT_FALSE(world.status().contains("files"));
  world.make_ready();
  world.cluster.erase(claims(), "llm", "model-cache");
  world.add_claim();
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "False Downloading") << "also when nobody saw that there was none";
}

TEST(PlanClaim, AJobOfAnEarlierCacheOfThatNameGoesFirst) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache();
  world.settle();
  world.complete(kJobName);
  world.edit(jobs(), kJobName, R"({"metadata": {"labels": {"warmgate.dev/model-cache-uid": "of the earlier one"}}})");
  const std::string uid = world.object(jobs(), kJobName)["metadata"]["uid"];
  world.settle();
  EXPECT_NE(world.object(jobs(), kJobName)["metadata"]["uid"], uid);
  EXPECT_EQ(world.condition("Ready"), "False Downloading") << "its files may have been removed";
}

TEST(PlanClaim, AReadyCacheThatDoesNotTellOfRefsYetTellsByWhomItWasDownloaded) {
  for (const bool ours : {true, false}) {
    ClaimWorld world;
    world.add_claim();
    world.add_cache();
    if (ours) {
      world.make_ready();
    } else {
      world.add_foreign_job("model-download", kCommit);
      world.end_job("model-download", "Complete");
      world.settle();
    }
    world.edit(controller::model_caches(), "qwen", R"({"status": {"refs": null}})");
    EXPECT_THAT(world.settle(), ElementsAre("apply modelcaches/status llm/qwen"));
    EXPECT_EQ(world.status()["refs"], ours);
  }
}

TEST(PlanClaim, VerificationIsTrueOnlyWhenTheDownloadTellsSo) {
  const auto verified = [](const std::string& cache, const std::string& result) {
    ClaimWorld world;
    world.add_claim();
    world.add_cache("qwen", cache);
    world.settle();
    world.run_pod(kJobName, "worker");
    world.end_pod("worker", 0, result, "Completed");
    world.end_job(kJobName, "Complete");
    world.settle();
    EXPECT_EQ(world.condition("Ready"), "True Ready");
    return world.condition("Verified");
  };
  EXPECT_EQ(verified("{}", R"({"result":"done","files":1,"bytes":2,"verified":true})"), "True Verified");
  EXPECT_EQ(verified("{}", R"({"result":"done","files":1,"bytes":2,"verified":false})"), "Unknown ResultUnknown");
  EXPECT_EQ(verified("{}", ""), "Unknown ResultUnknown");
  EXPECT_EQ(verified(R"({"spec": {"verify": false}})", R"({"result":"done","files":1,"bytes":2,"verified":false})"),
            "False VerifySkipped");
}

TEST(PlanClaim, AReadyCacheTellsWhoUsesItByAnnotationGateCommandOrMount) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache();
  world.make_ready();
  world.add_pod("by-mount", R"({"spec": {"containers": [{"name": "own", "image": "acme/server:1"}]}})");
  world.add_pod("ended", R"({"status": {"phase": "Succeeded"}})");
  world.add_pod("elsewhere", R"({"spec": {"volumes": []}})");
  world.settle();
  EXPECT_EQ(world.status()["referencedBy"], Json::array({"by-mount"}));
  EXPECT_EQ(world.status()["users"], 1);
  EXPECT_FALSE(world.status().contains("unusedSince"));

  world.add_cache("newer", kOther);
  world.make_ready("newer", kOtherJob);
  const std::string model = "Qwen/Qwen3-32B@";
  world.add_pod("annotated",
                R"({"metadata": {"annotations": {"warmgate.dev/models": "vllm=)" + model + kOtherCommit + R"("}}})");
  world.add_pod("by-command", R"({"spec": {"containers": [{"name": "vllm", "image": "vllm/vllm-openai:v0.11.0",
      "args": ["--model", "Qwen/Qwen3-32B", "--revision", ")" +
                                  kOtherCommit + R"("],
      "volumeMounts": [{"name": "cache", "mountPath": "/cache", "readOnly": true}]}]}})");
  world.add_pod("gated",
                R"({"metadata": {"annotations": {"warmgate.dev/waits-for": "newer=)" + model + kOtherCommit +
                    R"("}}, "spec": {"volumes": [], "schedulingGates": [{"name": "warmgate.dev/model-cache"}]}})");
  world.settle();
  EXPECT_EQ(world.status("newer")["referencedBy"], Json::parse(R"(["annotated", "by-command", "by-mount", "gated"])"));
  EXPECT_EQ(world.status("qwen")["referencedBy"], Json::array({"by-mount"})) << "it may load anything";
}

TEST(PlanClaim, AnOldCommitThatNobodyUsesIsReportedAndDeletedWhereThePolicySaysSo) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache("qwen");
  world.add_pod("server",
                R"({"metadata": {"annotations": {"warmgate.dev/models": "vllm=Qwen/Qwen3-32B@)" + kCommit + R"("}}})");
  world.make_ready("qwen");
  world.add_cache("newer", kOther);
  world.make_ready("newer", kOtherJob);
  EXPECT_FALSE(world.status().contains("replacedBy"));
  EXPECT_THAT(world.message(), Not(HasSubstr("it can be deleted")));
  world.cluster.erase(pods(), "llm", "server");
  const std::string since = kube::to_time(world.now);
  world.settle();
  EXPECT_THAT(world.message(), HasSubstr("no Pod has used it since " + since + ", and ModelCache/newer"));
  EXPECT_EQ(world.status()["replacedBy"], "newer");
  EXPECT_THAT(world.events, Contains("Normal ReplacedAndUnused ModelCache/qwen"));
  world.now += std::chrono::hours(1000);
  EXPECT_THAT(world.settle(), IsEmpty());

  world.settings.policy = policy_with("{modelCaches: {deleteUnusedAfter: 1100h}}");
  EXPECT_EQ(world.plan().look_again, std::chrono::seconds(100 * 3600 + 1));
  world.now += std::chrono::hours(101);
  EXPECT_THAT(world.settle(), Contains("delete modelcaches llm/qwen"));
  EXPECT_EQ(world.condition("Ready", "newer"), "True Ready");
  EXPECT_FALSE(world.exists(model_caches(), "qwen"));
  EXPECT_THAT(world.settle(), IsEmpty());
}

}  // namespace
}  // namespace warmgate::testing
