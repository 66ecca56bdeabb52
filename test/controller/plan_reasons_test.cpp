// Every reason that a ModelCache's conditions can have: one state of the cluster, and what is told of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "controller/claim_world.h"
#include "support/paths.h"
#include "support/world.h"

namespace warmgate::testing {
namespace {

using ::testing::HasSubstr;

// Of a cache that is not Ready: the state, and what is told. `told` is a part of the message, `to_do` another.
struct Case {
  const char* reason;
  const char* phase;
  std::function<void(ClaimWorld&)> state;
  const char* told;
  const char* to_do;
};

void expect_told(const Case& test) {
  SCOPED_TRACE(test.reason);
  ClaimWorld world;
  test.state(world);
  world.settle();
  EXPECT_EQ(world.condition("Ready"), std::string("False ") + test.reason);
  EXPECT_EQ(world.condition("Downloaded"), std::string("False ") + test.reason);
  EXPECT_EQ(world.condition("Verified"), "Unknown NotDownloaded");
  EXPECT_EQ(world.phase(), test.phase);
  EXPECT_THAT(world.message(), HasSubstr(test.told));
  EXPECT_THAT(world.message(), HasSubstr(test.to_do));
  EXPECT_TRUE(world.settle().empty()) << "it is told once";
}

const char* const kCreate = R"({"spec": {"storage": {"claimName": null, "create": {"storageClassName": "fast"}}}})";

// A claim of that class, waiting for its volume.
void pending_claim(ClaimWorld& world, const std::string& storage_class) {
  world.add_claim(R"({"spec": {"volumeName": null, "storageClassName": ")" + storage_class +
                  R"("}, "status": {"phase": "Pending", "accessModes": null}})");
}

// A cache that has its claim and its Job.
void with_job(ClaimWorld& world, const std::string& cache = "{}") {
  world.add_claim();
  world.add_cache("qwen", cache);
  world.settle();
}

void with_failed_pod(ClaimWorld& world, int code, const std::string& message, const std::string& reason = "Error") {
  with_job(world);
  world.run_pod(kJobName, "worker");
  world.end_pod("worker", code, message, reason);
}

void with_failed_job(ClaimWorld& world, int code, const std::string& message, const std::string& reason = "Error") {
  with_failed_pod(world, code, message, reason);
  world.end_job(kJobName, "Failed", code > 64 && code < 128 ? "PodFailurePolicy" : "BackoffLimitExceeded", "it failed");
}

std::string waiting(const std::string& reason, const std::string& message) {
  return R"({"phase": "Pending", "containerStatuses": [{"name": "download", "state": {"waiting": {"reason": ")" +
         reason + R"(", "message": ")" + message + R"("}}}]})";
}

TEST(PlanReasons, OfStorageSayWhatIsMissing) {
  const std::vector<Case> cases = {
      {"ClaimNotFound", "Pending", [](ClaimWorld& world) { world.add_cache(); },
       "PersistentVolumeClaim \"model-cache\" does not exist in namespace \"llm\"", "spec.storage.create"},
      {"ClaimNotFound", "Pending",
       [](ClaimWorld& world) {
         world.add_claim(R"({"metadata": {"deletionTimestamp": "2026-11-26T12:00:00Z", "finalizers": ["x"]}})");
         world.add_cache();
       },
       "is being deleted", "then create it again"},
      {"ClaimLost", "Pending",
       [](ClaimWorld& world) {
         world.add_claim(R"({"status": {"phase": "Lost"}})");
         world.add_cache();
       },
       "has lost its volume", "delete it and create it anew"},
      {"ClaimPending", "Pending",
       [](ClaimWorld& world) {
         pending_claim(world, "standard-rwx");
         world.add_cache();
       },
       "is not bound to a volume yet", "kubectl -n llm describe pvc model-cache"},
      {"StorageClassNotFound", "Pending",
       [](ClaimWorld& world) {
         pending_claim(world, "gone");
         world.add_cache();
       },
       "StorageClass \"gone\" does not exist (the cluster has standard-rwx)", "create it with another class"},
      {"StorageClassNotFound", "Pending", [](ClaimWorld& world) { world.add_cache("model-cache", kCreate); },
       "StorageClass \"fast\" does not exist", "spec.storage.create.storageClassName"},
      {"ClassCannotShare", "Pending",
       [](ClaimWorld& world) {
         world.add_class("fast", "pd.csi.storage.gke.io");
         world.add_cache("model-cache", kCreate);
       },
       "is block storage", "Filestore"},
      {"ClassCannotShare", "Pending",
       [](ClaimWorld& world) {
         world.add_class("fast", "ebs.csi.aws.com", R"({"volumeBindingMode": "WaitForFirstConsumer"})");
         pending_claim(world, "fast");
         world.add_cache();
       },
       "ReadWriteMany is asked of it", "EFS"},
      {"SizeUnknown", "Pending",
       [](ClaimWorld& world) {
         world.add_class("fast", "filestore.csi.storage.gke.io");
         world.add_cache("model-cache",
                         R"({"spec": {"source": {"huggingFace": {"repo": "acme/secret-sauce"}},
                                      "storage": {"claimName": null, "create": {"storageClassName": "fast"}}}})");
       },
       "does not tell the model's size", "spec.storage.create.size"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.reason);
    ClaimWorld world;
    test.state(world);
    world.settle();
    const std::string name = world.exists(controller::model_caches(), "qwen") ? "qwen" : "model-cache";
    EXPECT_EQ(world.condition("StorageReady", name), std::string("False ") + test.reason);
    EXPECT_EQ(world.condition("Ready", name), std::string("False ") + test.reason);
    EXPECT_EQ(world.phase(name), test.phase);
    EXPECT_THAT(world.message("StorageReady", name), HasSubstr(test.told));
    EXPECT_THAT(world.message("Ready", name), HasSubstr(test.to_do));
    EXPECT_FALSE(world.exists(controller::jobs(), kJobName));
    EXPECT_TRUE(world.settle().empty());
  }
}

TEST(PlanReasons, OfTheDownloadsPodGoAwayByThemselvesOnceMended) {
  const std::vector<Case> cases = {
      {"Downloading", "Pending", [](ClaimWorld& world) { with_job(world); }, "Job/qwen-9216db57 is making its Pod",
       "Qwen/Qwen3-32B@9216db57"},
      {"PodForbidden", "Pending",
       [](ClaimWorld& world) {
         with_job(world);
         world.job_events[kJobName] = "pods \"x\" is forbidden: exceeded quota: compute";
       },
       "exceeded quota: compute", "quota"},
      {"PodForbidden", "Pending",
       [](ClaimWorld& world) {
         with_job(world);
         world.run_pod(
             kJobName, "worker",
             waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root (pod: x)"));
       },
       "image will run as root", "spec.download.runAsUser"},
      {"DownloadUnschedulable", "Pending",
       [](ClaimWorld& world) {
         with_job(world);
         world.run_pod(kJobName, "worker",
                       R"({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
                           "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient memory."}]})");
       },
       "no node takes Pod/worker: 0/3 nodes are available", "highPerformance: false"},
      {"ImagePullFailed", "Pending",
       [](ClaimWorld& world) {
         with_job(world);
         world.run_pod(kJobName, "worker", waiting("ImagePullBackOff", "Back-off pulling image python:nope"));
       },
       "ImagePullBackOff", "spec.download.image"},
      {"AuthSecretMissing", "Pending",
       [](ClaimWorld& world) {
         with_job(world,
                  R"({"spec": {"source": {"huggingFace": {"tokenSecretRef": {"name": "hf", "key": "TOKEN"}}}}})");
         world.run_pod(kJobName, "worker", waiting("CreateContainerConfigError", "secret \\\"hf\\\" not found"));
       },
       "secret \"hf\" not found", "kubectl -n llm create secret generic hf --from-literal=TOKEN=..."},
      {"DownloadStalled", "Pending",
       [](ClaimWorld& world) {
         with_job(world);
         world.run_pod(kJobName, "worker", waiting("ContainerCreating", ""));
         world.now += std::chrono::minutes(11);
       },
       "has not started within 10 minutes", "describe pod worker"},
      {"DownloadStalled", "Downloading",
       [](ClaimWorld& world) {
         with_job(world);
         world.run_pod(kJobName, "worker");
         world.progress["worker"] = {.bytes_done = 5, .bytes_total = 10, .at = world.now, .advanced_at = world.now};
         world.now += std::chrono::minutes(11);
       },
       "no byte has come for 10 minutes to Pod/worker", "kubectl -n llm logs job/qwen-9216db57"},
      {"DownloadStalled", "Downloading",
       [](ClaimWorld& world) {
         with_job(world);
         world.run_pod(kJobName, "worker");
         world.now += std::chrono::minutes(11);
       },
       "no byte has come for 10 minutes", "logs job/"},
      {"Downloading", "Verifying",
       [](ClaimWorld& world) {
         with_job(world);
         world.run_pod(kJobName, "worker");
         world.progress["worker"] = {
             .bytes_done = 10, .bytes_total = 10, .verifying = true, .at = world.now, .advanced_at = world.now};
         world.now += std::chrono::minutes(11);
       },
       "compares the checksums of", "Qwen/Qwen3-32B"},
      {"DownloadOOMKilled", "Downloading", [](ClaimWorld& world) { with_failed_pod(world, 137, "", "OOMKilled"); },
       "the Job tries again (attempt 2 of 4)", "spec.download.resources.limits.memory"},
      {"DownloadEvicted", "Downloading",
       [](ClaimWorld& world) {
         with_failed_pod(world, 143, "");
         world.edit(controller::pods(), "worker",
                    R"({"status": {"reason": "Evicted", "message": "The node was low on resource: memory."}})");
       },
       "low on resource: memory", "the Job tries again"},
      {"Downloading", "Downloading",
       [](ClaimWorld& world) { with_failed_pod(world, 1, R"({"result": "Failed", "message": "connection reset"})"); },
       "connection reset", "the Job tries again (attempt 2 of 4)"},
      {"OutOfSpace", "Downloading", [](ClaimWorld& world) { with_failed_pod(world, 74, ""); }, "the Job ends with it",
       "make claim \"model-cache\" larger"},
  };
  for (const Case& test : cases) {
    expect_told(test);
  }
}

TEST(PlanReasons, OfAFailedDownloadSayWhatToDoAndHowToRetry) {
  const auto failed = [](int code, const char* message, const char* reason = "Error") {
    return [=](ClaimWorld& world) { with_failed_job(world, code, message, reason); };
  };
  const std::vector<Case> cases = {
      {"GatedRepo", "Failed", failed(71, R"({"result": "GatedRepo", "message": "access is restricted"})"),
       "access is restricted", "spec.source.huggingFace.tokenSecretRef"},
      {"RevisionNotFound", "Failed", failed(72, ""), "exit code 72", "git ls-remote"},
      {"ChecksumMismatch", "Failed", failed(73, ""), "exit code 73", "fetches what differs"},
      {"OutOfSpace", "Failed", failed(74, ""), "exit code 74", "make claim \"model-cache\" larger"},
      {"PermissionDenied", "Failed", failed(75, ""), "exit code 75", "spec.download.runAsUser"},
      {"DownloadOOMKilled", "Failed", failed(137, "", "OOMKilled"), "more memory than its limit", "limits.memory"},
      {"BackoffLimitExceeded", "Failed", failed(1, R"({"result": "Failed", "message": "the Hub is down"})"),
       "the Hub is down", "kubectl -n llm logs job/qwen-9216db57"},
      {"DownloadEvicted", "Failed",
       [](ClaimWorld& world) {
         with_failed_job(world, 143, "");
         world.edit(controller::pods(), "worker",
                    R"({"status": {"conditions": [{"type": "DisruptionTarget", "status": "True",
                                                   "reason": "DeletionByTaintManager", "message": "node lost"}]}})");
       },
       "DeletionByTaintManager: node lost", "retry"},
      {"DeadlineExceeded", "Failed",
       [](ClaimWorld& world) {
         with_job(world);
         world.end_job(kJobName, "Failed", "DeadlineExceeded", "Job was active longer than specified deadline");
       },
       "not done within its activeDeadlineSeconds", "spec.download.activeDeadlineSeconds"},
      {"GatedRepo", "Failed",
       [](ClaimWorld& world) {
         with_job(world);
         world.end_job(kJobName, "Failed", "PodFailurePolicy",
                       "Container download for pod llm/x failed with exit code 71 matching FailJob rule at index 1");
       },
       "exit code 71", "retry"},
  };
  for (const Case& test : cases) {
    expect_told(test);
    ClaimWorld world;
    test.state(world);
    world.settle();
    EXPECT_THAT(world.message(),
                HasSubstr("then retry: kubectl -n llm annotate --overwrite modelcache qwen warmgate.dev/retry="));
    EXPECT_THAT(world.events, ::testing::Contains(std::string("Warning ") + test.reason + " ModelCache/qwen"));
  }
}

TEST(PlanReasons, OfAFailureStayWhenThePodThatToldItIsGone) {
  ClaimWorld world;
  with_failed_job(world, 137, "", "OOMKilled");
  world.settle();
  const std::string message = world.message();
  world.cluster.erase(controller::pods(), "llm", "worker");
  EXPECT_TRUE(world.settle().empty());
  EXPECT_EQ(world.condition("Ready"), "False DownloadOOMKilled");
  EXPECT_EQ(world.message(), message);
}

TEST(PlanReasons, ADeadlineTellsWhatHeldTheDownload) {
  ClaimWorld world;
  with_job(world);
  world.run_pod(kJobName, "worker", waiting("CreateContainerConfigError", "secret \\\"hf\\\" not found"));
  world.settle();
  world.cluster.erase(controller::pods(), "llm", "worker");
  world.end_job(kJobName, "Failed", "DeadlineExceeded", "too long");
  world.settle();
  EXPECT_EQ(world.condition("Ready"), "False DeadlineExceeded");
  EXPECT_THAT(world.message(), HasSubstr("before that: AuthSecretMissing"));
  EXPECT_TRUE(world.settle().empty());
}

TEST(PlanReasons, AllAreInTheDocs) {
  std::ifstream file(source_dir() + "/docs/modelcache.md");
  const std::string docs((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const char* reason : {"ClaimBound",
                             "WaitForFirstConsumer",
                             "ClaimPending",
                             "ClaimNotFound",
                             "ClaimLost",
                             "StorageClassNotFound",
                             "ClassCannotShare",
                             "SizeUnknown",
                             "TopologyConflict",
                             "DestinationConflict",
                             "Downloading",
                             "Waiting",
                             "Suspended",
                             "PodForbidden",
                             "DownloadUnschedulable",
                             "ImagePullFailed",
                             "AuthSecretMissing",
                             "DownloadStalled",
                             "DownloadOOMKilled",
                             "DownloadEvicted",
                             "GatedRepo",
                             "RevisionNotFound",
                             "ChecksumMismatch",
                             "OutOfSpace",
                             "PermissionDenied",
                             "BackoffLimitExceeded",
                             "DeadlineExceeded",
                             "Downloaded",
                             "Adopted",
                             "Verified",
                             "VerifySkipped",
                             "NotDownloaded",
                             "ResultUnknown",
                             "InUse",
                             "Removing",
                             "ReplacedAndUnused",
                             "FilesKept",
                             "FilesRemoved",
                             "FilesLeft"}) {
    EXPECT_THAT(docs, HasSubstr(reason));
  }
}

}  // namespace
}  // namespace warmgate::testing
