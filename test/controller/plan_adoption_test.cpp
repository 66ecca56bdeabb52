// Jobs of others on the claim: what counts as the download, and who is waited for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "controller/claim_world.h"
#include "support/paths.h"
#include "support/world.h"

namespace warmgate::testing {
namespace {

using controller::jobs;
using ::testing::HasSubstr;

// The pattern's manifest as it is printed, in namespace "llm".
Json pattern(const std::string& file) {
  std::ifstream in(source_dir() + "/test/pattern/" + file);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Json manifest = object(text).document().value();
  manifest["metadata"]["namespace"] = "llm";
  return manifest;
}

TEST(PlanAdoption, ThePatternsOwnClaimAndJobAreTakenOverWithoutASecondDownload) {
  for (const bool complete : {false, true}) {
    ClaimWorld world;
    Json claim = pattern("pvc.yaml");
    claim["status"] = {{"phase", "Bound"}};
    world.cluster.put(controller::claims(), std::move(claim));
    Json job = pattern("job.yaml");
    job["status"] = {{"active", 1}, {"startTime", kube::to_time(world.now)}};
    world.cluster.put(jobs(), std::move(job));
    if (complete) {
      world.end_job("model-download", "Complete");
    }
    world.add_cache();
    world.settle();
    EXPECT_EQ(world.condition("Ready"), complete ? "True Ready" : "False Downloading");
    EXPECT_EQ(world.status()["jobName"], "model-download");
    EXPECT_EQ(world.cluster.all(jobs()).size(), 1U);
  }
}

TEST(PlanAdoption, ADownloadOfOthersIsAdoptedWhetherItRunsOrIsComplete) {
  ClaimWorld world;
  world.add_claim();
  world.add_cache();
  world.add_foreign_job("model-download", kCommit);
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "False Downloading");
  EXPECT_EQ(world.phase(), "Downloading");
  EXPECT_THAT(world.message(), HasSubstr("Job/model-download, which is not Warmgate's, downloads"));
  EXPECT_EQ(world.status()["refs"], false);
  world.now += std::chrono::minutes(9);
  world.end_job("model-download", "Complete");
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "True Ready");
  EXPECT_EQ(world.condition("Downloaded"), "True Adopted");
  EXPECT_EQ(world.condition("Verified"), "False Adopted");
  EXPECT_EQ(world.status()["refs"], false);
  EXPECT_EQ(world.status()["jobName"], "model-download");
  EXPECT_EQ(world.status()["duration"], "9m0s");
  EXPECT_EQ(world.cluster.all(jobs()).size(), 1U);
  EXPECT_FALSE(world.object(jobs(), "model-download")["spec"].contains("ttlSecondsAfterFinished"));
}

TEST(PlanAdoption, WhatDidNotFetchTheWholeCommitOntoThisClaimIsNotAdopted) {
  const std::string complete = R"("status": {"completionTime": "2026-11-26T12:00:00Z",
                                             "conditions": [{"type": "Complete", "status": "True"}]})";
  struct Job {
    std::string what, commit, patch;
  };
  const auto with_args = [](const std::string& args) {
    return R"({"spec": {"template": {"spec": {"containers": [{"name": "d", "image": "python:3.10-slim", "command": ["sh", "-c"],
      "args": [")" +
           args + R"("], "env": [{"name": "HF_HOME", "value": "/cache/huggingface"}],
      "volumeMounts": [{"name": "cache", "mountPath": "/cache/huggingface"}]}]}}}, )";
  };
  const std::vector<Job> all = {
      {"another commit", kOtherCommit, "{" + complete + "}"},
      {"an earlier claim", kCommit, R"({"status": {"completionTime": "2026-11-26T11:59:00Z",
                                        "conditions": [{"type": "Complete", "status": "True"}]}})"},
      {"some of the files", kCommit,
       with_args("hf download Qwen/Qwen3-32B --include '*.json' --revision " + kCommit) + complete + "}"},
      {"a plain folder", kCommit,
       with_args("hf download Qwen/Qwen3-32B --local-dir /cache/huggingface/q --revision " + kCommit) + complete + "}"},
      {"a failure", kCommit, R"({"status": {"conditions": [{"type": "Failed", "status": "True"}]}})"},
  };
  for (const Job& job : all) {
    ClaimWorld world;
    world.add_claim();
    world.add_cache();
    world.add_foreign_job("model-download", job.commit, job.patch);
    world.settle();
    EXPECT_TRUE(world.exists(jobs(), kJobName)) << job.what;
    EXPECT_EQ(world.condition("Ready"), "False Downloading") << job.what;
  }
}

TEST(PlanAdoption, OthersWhoWriteToTheClaimAreWaitedForUnlessTheyServe) {
  const std::string serves = R"({"spec": {"template": {"spec": {"containers": [{"name": "vllm", "command": null,
      "image": "vllm/vllm-openai:v0.11.0", "args": ["--model", "Qwen/Qwen3-32B"],
      "volumeMounts": [{"name": "cache", "mountPath": "/cache/huggingface"}]}]}}}})";
  for (const bool server : {false, true}) {
    ClaimWorld world;
    world.add_claim();
    world.add_cache();
    world.add_foreign_job("other", kOtherCommit, server ? serves : "{}");
    world.settle();
    EXPECT_EQ(world.exists(jobs(), kJobName), server);
    EXPECT_EQ(world.condition("Ready"), server ? "False Downloading" : "False Waiting");
  }
}

}  // namespace
}  // namespace warmgate::testing
