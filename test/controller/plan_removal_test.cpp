// The deletion of ModelCaches: it waits for who uses the files, removes no more than it may, and always ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "controller/claim_world.h"
#include "support/world.h"

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

const std::string kDelete = R"({"spec": {"reclaimPolicy": "Delete"}})";
const std::string kOwnClaim = R"({"spec": {"reclaimPolicy": "Delete", "storage": {"claimName": null,
    "create": {"storageClassName": "standard-rwx"}}}})";
const std::string kRemoval = "qwen-remove-9216db57";

void erase_cache(ClaimWorld& world, const std::string& name = "qwen") {
  world.cluster.set_time(world.now);
  EXPECT_TRUE(world.cluster.remove(model_caches(), "llm", name, {}).ok());
}

// Ready on the claim, then deleted.
void deleted(ClaimWorld& world, const std::string& patch) {
  world.add_claim();
  world.add_cache("qwen", patch);
  world.make_ready();
  erase_cache(world);
}

TEST(PlanRemoval, RetainLeavesTheFilesAndTheClaim) {
  ClaimWorld world;
  deleted(world, "{}");
  EXPECT_THAT(world.settle(), ElementsAre("patch modelcaches llm/qwen"));
  EXPECT_FALSE(world.exists(model_caches(), "qwen"));
  EXPECT_TRUE(world.exists(claims(), "model-cache"));
  EXPECT_THAT(world.events, Contains("Normal FilesKept ModelCache/qwen"));
}

TEST(PlanRemoval, WaitsForThePodsThatUseTheFilesAndSaysWho) {
  ClaimWorld world;
  deleted(world, kDelete);
  world.add_pod("server-1");
  world.add_pod("server-2", R"({"spec": {"schedulingGates": [{"name": "warmgate.dev/model-cache"}]}})");
  world.settle();
  EXPECT_EQ(world.phase(), "Deleting");
  EXPECT_EQ(world.condition("Ready"), "False InUse");
  EXPECT_EQ(world.condition("Downloaded"), "True Downloaded");
  EXPECT_THAT(world.message(), HasSubstr("waits for Pods that use its files: server-1; delete them"));
  EXPECT_EQ(world.status()["referencedBy"], Json::parse(R"(["server-1", "server-2"])"));
  EXPECT_FALSE(world.exists(jobs(), kRemoval));
  // A Pod that only waits for the cache does not use it: each would wait for the other.
  world.cluster.erase(pods(), "llm", "server-1");
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "False Removing");
  EXPECT_TRUE(world.exists(jobs(), kRemoval));
}

TEST(PlanRemoval, DeleteRemovesTheFilesByAJobAndThenTheCacheGoes) {
  ClaimWorld world;
  deleted(world, kDelete);
  EXPECT_THAT(world.settle(), ElementsAre("apply modelcaches/status llm/qwen", "create jobs llm/" + kRemoval));
  EXPECT_THAT(world.message(), HasSubstr("Job/qwen-remove-9216db57 removes its files from claim \"model-cache\""));
  world.end_job(kRemoval, "Complete");
  EXPECT_THAT(world.settle(), ElementsAre("patch modelcaches llm/qwen"));
  EXPECT_FALSE(world.exists(model_caches(), "qwen"));
  EXPECT_THAT(world.events, Contains("Normal FilesRemoved ModelCache/qwen"));
}

TEST(PlanRemoval, AClaimThatWasMadeForItGoesWithItUnlessOthersAreOnIt) {
  for (const bool shared : {false, true}) {
    ClaimWorld world;
    world.add_cache("model-cache", kOwnClaim);
    world.settle();
    world.edit(claims(), "model-cache",
               R"({"status": {"phase": "Bound"}, "metadata": {"finalizers": ["kubernetes.io/pvc-protection"]}})");
    world.make_ready("model-cache", "model-cache-9216db57");
    if (shared) {
      world.add_cache("other", R"({"spec": {"suspend": true, "source": {"huggingFace": {"repo": "acme/other-7B"}}}})");
    }
    erase_cache(world, "model-cache");
    world.settle();
    EXPECT_EQ(world.exists(jobs(), "model-cache-remove-9216db57"), shared);
    EXPECT_EQ(world.object(claims(), "model-cache")["metadata"].contains("deletionTimestamp"), !shared);
    EXPECT_EQ(world.exists(model_caches(), "model-cache"), shared);
  }
}

TEST(PlanRemoval, AClaimOfTheUsersIsNeverDeleted) {
  ClaimWorld world;
  world.add_claim(R"({"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}})");
  world.add_cache("model-cache", kOwnClaim);
  world.make_ready("model-cache", "model-cache-9216db57");
  erase_cache(world, "model-cache");
  EXPECT_THAT(world.settle(), Not(Contains("delete persistentvolumeclaims llm/model-cache")));
  EXPECT_TRUE(world.exists(jobs(), "model-cache-remove-9216db57"));
}

TEST(PlanRemoval, FilesThatAnotherCacheHasTooStay) {
  ClaimWorld world;
  deleted(world, kDelete);
  world.add_cache("again", "{}");
  world.settle();
  EXPECT_FALSE(world.exists(jobs(), kRemoval));
  EXPECT_FALSE(world.exists(model_caches(), "qwen"));
  EXPECT_THAT(world.events, Contains("Normal FilesKept ModelCache/qwen"));
}

TEST(PlanRemoval, ADownloadThatRunsIsEndedFirstAndItsPodIsWaitedFor) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache("qwen", kDelete);
  world.settle();
  world.run_pod(kJobName, "worker");
  world.settle();
  // The kubelet has not ended it yet when the Job is gone; the fake's garbage collector would take it at once.
  world.edit(pods(), "worker", R"({"metadata": {"ownerReferences": [{"uid": "of the Job that is gone"}]}})");
  erase_cache(world);
  world.settle();
  EXPECT_FALSE(world.exists(jobs(), kJobName));
  EXPECT_FALSE(world.exists(jobs(), kRemoval));
  EXPECT_THAT(world.message(), HasSubstr("waits for Pod/worker"));
  world.edit(pods(), "worker", R"({"status": {"phase": "Failed"}})");
  world.settle();
  EXPECT_TRUE(world.exists(jobs(), kRemoval));
}

TEST(PlanRemoval, ARemovalIsAWriterLikeAnyOther) {
  ClaimWorld world;
  deleted(world, kDelete);
  world.add_foreign_job("other", kOtherCommit);
  world.settle();
  EXPECT_FALSE(world.exists(jobs(), kRemoval));
  EXPECT_THAT(world.message(), HasSubstr("waits for Job/other, which writes to claim \"model-cache\""));
  world.end_job("other", "Complete");
  world.settle();
  EXPECT_TRUE(world.exists(jobs(), kRemoval));
  world.add_cache("newer", R"({"spec": {"source": {"huggingFace": {"revision": ")" + kOtherCommit + R"("}}}})");
  world.edit(jobs(), "other", R"({"status": {"conditions": [{"type": "Failed", "status": "True"}]}})");
  world.settle();
  EXPECT_EQ(world.condition("Ready", "newer"), "False Waiting");
  EXPECT_THAT(world.message("Ready", "newer"), HasSubstr("waits for Job/" + kRemoval));
}

TEST(PlanRemoval, WhateverIsBrokenTheFinalizerGoesInTheEnd) {
  struct Case {
    const char* what;
    std::function<void(ClaimWorld&)> breaks;
    const char* event;
  };
  const std::vector<Case> cases = {
      {"the claim is gone", [](ClaimWorld& world) { world.cluster.erase(claims(), "llm", "model-cache"); },
       "Normal FilesRemoved ModelCache/qwen"},
      {"the claim is being deleted",
       [](ClaimWorld& world) {
         world.edit(claims(), "model-cache",
                    R"({"metadata": {"deletionTimestamp": "2026-11-26T12:00:00Z", "finalizers": ["x"]}})");
       },
       "Normal FilesRemoved ModelCache/qwen"},
      {"the volume is lost",
       [](ClaimWorld& world) { world.edit(claims(), "model-cache", R"({"status": {"phase": "Lost"}})"); },
       "Warning FilesLeft ModelCache/qwen"},
      {"the removal fails",
       [](ClaimWorld& world) {
         world.settle();
         world.end_job(kRemoval, "Failed", "BackoffLimitExceeded", "it failed");
       },
       "Warning FilesLeft ModelCache/qwen"},
      {"the removal hangs",
       [](ClaimWorld& world) {
         world.settle();
         EXPECT_EQ(world.plan().look_again, std::chrono::seconds(15 * 60 + 1));
         world.now += std::chrono::minutes(15);
       },
       "Warning FilesLeft ModelCache/qwen"},
      {"the removal cannot be made",
       [](ClaimWorld& world) {
         for (int i = 0; i < 3; ++i) {
           world.cluster.fail_next("create", "jobs", {403, "Forbidden", "quota"});
         }
         world.carry_out(world.plan());
         world.carry_out(world.plan());
         world.now += std::chrono::minutes(16);
       },
       "Warning FilesLeft ModelCache/qwen"},
      {"Pods use it for ever, and somebody forces it",
       [](ClaimWorld& world) {
         world.add_pod("server");
         world.settle();
         world.edit(model_caches(), "qwen", R"({"metadata": {"annotations": {"warmgate.dev/force-delete": "true"}}})");
       },
       "Warning FilesLeft ModelCache/qwen"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.what);
    ClaimWorld world;
    deleted(world, kDelete);
    test.breaks(world);
    world.settle();
    EXPECT_FALSE(world.exists(model_caches(), "qwen"));
    EXPECT_THAT(world.events, Contains(test.event));
  }
}

TEST(PlanRemoval, WhereNothingWasDownloadedThereIsNothingToRemove) {
  ClaimWorld world;
  world.add_cache("qwen", kDelete);
  world.settle();
  world.add_claim(R"({"spec": {"volumeName": null}, "status": {"phase": "Pending"}})");
  erase_cache(world);
  world.settle();
  EXPECT_FALSE(world.exists(model_caches(), "qwen"));
  EXPECT_TRUE(world.cluster.all(jobs()).empty());
}

TEST(PlanRemoval, AnotherFinalizerIsNotOurs) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache("qwen", R"({"metadata": {"finalizers": ["acme.com/keep", "warmgate.dev/model-cache"]}})");
  world.settle();
  world.cluster.erase(jobs(), "llm", kJobName);
  erase_cache(world);
  world.settle();
  EXPECT_EQ(world.object(model_caches(), "qwen")["metadata"]["finalizers"], Json::array({"acme.com/keep"}));
  EXPECT_THAT(world.settle(), IsEmpty());
  EXPECT_TRUE(world.cluster.all(jobs()).empty());
}

}  // namespace
}  // namespace warmgate::testing
