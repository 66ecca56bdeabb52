#include "diagnosis.h"

#include <charconv>
#include <chrono>
#include <utility>

#include "cache_status.h"
#include "pod_outcome.h"
#include "warmgate/api/names.h"
#include "warmgate/controller/download_job.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using document::View;

// A download that moves no byte for so long is not slow but stuck: a stalled connection fails after
// HF_HUB_DOWNLOAD_TIMEOUT and is tried again.
constexpr std::chrono::minutes kStalledAfter{10};

std::string job_label(const Download& download) { return download.job.object.display_name(); }

std::string logs_hint(const Download& download) {
  return "kubectl -n " + download.cache.ns() + " logs job/" + download.job.name() + " tells more";
}

// What a person does about a reason; a clause that ends a message.
std::string advice(const std::string& reason, const Download& download) {
  const CacheState& cache = download.cache;
  const api::ModelCacheSpec& spec = cache.spec;
  const std::string ns = "kubectl -n " + cache.ns();
  if (reason == "AuthSecretMissing") {
    const std::string name = spec.token ? spec.token->name : "NAME";
    const std::string key = spec.token ? spec.token->key : "HF_TOKEN";
    return "create the Secret, or add the key, and the download starts by itself: " + ns + " create secret generic " +
           name + " --from-literal=" + key + "=...";
  }
  if (reason == "GatedRepo") {
    return spec.token ? "ask for access at https://huggingface.co/" + spec.cache.repo +
                            " with the account of the token in Secret " + spec.token->name
                      : "name the Secret of a token that may read the repository in "
                        "spec.source.huggingFace.tokenSecretRef of a new ModelCache";
  }
  if (reason == "RevisionNotFound") {
    return "make a ModelCache with a commit that exists (git ls-remote https://huggingface.co/" + spec.cache.repo +
           " HEAD), and for a private repository with the token of somebody who may read it (tokenSecretRef)";
  }
  if (reason == "ChecksumMismatch") {
    return "the files on the claim are not those of the Hub: a retry fetches what differs; if it happens again, the "
           "volume or a proxy changes bytes";
  }
  if (reason == "OutOfSpace") {
    return "make claim \"" + spec.cache.claim +
           "\" larger, where its StorageClass allows that, or delete a ModelCache with reclaimPolicy Delete from it";
  }
  if (reason == "PermissionDenied") {
    return "the claim's files belong to another uid: set spec.download.runAsUser and fsGroup to theirs";
  }
  if (reason == "DownloadOOMKilled") {
    return "raise spec.download.resources.limits.memory, or set spec.download.highPerformance: false, which needs 8Gi";
  }
  if (reason == "DownloadUnschedulable") {
    return "add nodes, or fit spec.download (resources, nodeSelector, tolerations, highPerformance: false needs 8Gi in "
           "place of 64Gi)";
  }
  if (reason == "ImagePullFailed") {
    return "correct spec.download.image or spec.download.imagePullSecrets";
  }
  if (reason == "PodForbidden") {
    return "mend what forbids it (quota, limits, PodSecurity, the image's user: spec.download.runAsUser)";
  }
  return logs_hint(download);
}

std::string attempts(const Download& download) {
  const View job = download.job.object.root();
  constexpr std::int64_t kDefaultBackoffLimit = 6;  // of batch/v1
  const std::int64_t failed = job["status"]["failed"].integer().value_or(0);
  const std::int64_t limit = job["spec"]["backoffLimit"].integer().value_or(kDefaultBackoffLimit);
  return "attempt " + std::to_string(failed + 1) + " of " + std::to_string(limit + 1);
}

Diagnosis going_on(const Download& download, std::string phase, const std::string& what) {
  return {std::move(phase), "Downloading",
          job_label(download) + " " + what + " " + download.cache.model() + " to claim \"" +
              download.cache.spec.cache.claim + "\"",
          false};
}

Diagnosis in_trouble(const Download& download, std::string phase, const std::string& reason,
                     const std::string& message) {
  return {std::move(phase), reason, message + "; " + advice(reason, download), true};
}

Diagnosis diagnose_running(const Download& download, const kube::Object& pod, WallTime now) {
  // No byte comes meanwhile, and 600 GB take longer to read than a stall lasts.
  if (download.progress && download.progress->verifying) {
    return going_on(download, "Verifying", "compares the checksums of");
  }
  const std::optional<WallTime> started = started_at(pod);
  const std::optional<WallTime> moved = download.progress ? std::optional(download.progress->advanced_at) : started;
  if (moved && now - *moved > kStalledAfter) {
    return in_trouble(download, "Downloading", "DownloadStalled",
                      "no byte has come for 10 minutes to " + pod.display_name() + ", since " + kube::to_time(*moved) +
                          ": the Hub, a proxy or the volume does not answer");
  }
  const bool again = download.job.object.root()["status"]["failed"].integer().value_or(0) > 0;
  return going_on(download, "Downloading", again ? "(" + attempts(download) + ") downloads" : "downloads");
}

Diagnosis diagnose_pending(const Download& download, const kube::Object& pod, const std::string& phase, WallTime now) {
  if (const std::optional<PodTrouble> trouble = waiting_trouble(pod)) {
    return in_trouble(download, phase, trouble->reason, trouble->message);
  }
  const std::optional<WallTime> created = created_at(pod);
  if (created && now - *created > kStalledAfter) {
    return in_trouble(download, phase, "DownloadStalled",
                      pod.display_name() + " has not started within 10 minutes (kubectl -n " + download.cache.ns() +
                          " describe pod " + pod.key().name + " tells what it waits for, mostly the volume)");
  }
  return going_on(download, phase, "is starting its Pod to download");
}

// One failed Pod is not a failed download: the Job makes the next one after a while. But for the exit codes with which
// its podFailurePolicy ends it; that is in its status a moment later.
Diagnosis diagnose_between(const Download& download, const kube::Object& pod) {
  const PodTrouble failure = failure_of(pod);
  const bool last = ended_for_good(pod);
  const std::string next = last ? "; the Job ends with it" : "; the Job tries again (" + attempts(download) + ")";
  if (failure.reason.empty()) {
    return {"Downloading", "Downloading", failure.message + next, true};
  }
  return in_trouble(download, "Downloading", failure.reason, failure.message + next);
}

// "Container download for pod llm/qwen-x failed with exit code 71 matching FailJob rule at index 0": what is left when
// the Pod is gone (pkg/controller/job/pod_failure_policy.go).
std::string reason_in_job_message(const std::string& message) {
  constexpr std::string_view kBefore = "exit code ";
  const std::size_t at = message.find(kBefore);
  int code = 0;
  if (at != std::string::npos) {
    const char* from = message.data() + at + kBefore.size();
    std::from_chars(from, message.data() + message.size(), code);
  }
  return std::string(exit_reason(code));
}

}  // namespace

Diagnosis diagnose_active(const Download& download, WallTime now) {
  if (download.pods.empty() && download.job.object.root()["spec"]["suspend"].boolean().value_or(false)) {
    return {"Pending", "PodForbidden",
            job_label(download) +
                " is suspended: a queue (Kueue) has not admitted it yet, or somebody has suspended it; kubectl -n " +
                download.cache.ns() + " describe job " + download.job.name() + " tells more",
            true};
  }
  if (download.pods.empty()) {
    return download.event.empty() ? going_on(download, "Pending", "is making its Pod to download")
                                  : in_trouble(download, "Pending", "PodForbidden",
                                               job_label(download) + " cannot make its Pod: " + download.event);
  }
  const kube::Object& newest = *download.pods.back();
  const std::string phase = newest.root()["status"]["phase"].text();
  if (const std::optional<PodTrouble> taken = disruption_of(newest); taken && !has_ended(newest)) {
    return {"Downloading", taken->reason,
            taken->message +
                "; the Job tries again once this Pod has ended, which on a lost node takes until the node is deleted",
            true};
  }
  if (phase == "Failed") {
    return diagnose_between(download, newest);
  }
  if (phase == "Succeeded") {
    return going_on(download, "Downloading", "has downloaded");
  }
  if (phase == "Running") {
    return diagnose_running(download, newest, now);
  }
  return diagnose_pending(download, newest, download.pods.size() > 1 ? "Downloading" : "Pending", now);
}

Diagnosis diagnose_failed(const Download& download) {
  const View condition = find_condition(download.job.object, "Failed");
  std::string reason = condition["reason"].text();
  std::string message = job_label(download) + " failed (" + condition["message"].text() + ")";
  PodTrouble last;
  for (const kube::Object* pod : download.pods) {
    last = pod->root()["status"]["phase"].text() == "Failed" ? failure_of(*pod) : last;
  }
  if (last.reason.empty() && reason == "PodFailurePolicy") {
    last.reason = reason_in_job_message(condition["message"].text());
  }
  // What ran out of time did not fail by what an earlier attempt ended with.
  if (reason == "DeadlineExceeded") {
    const Condition before = read_status(download.cache).ready;
    const bool told = !before.reason.empty() && before.reason != "Downloading" && before.status == "False";
    return {"Failed", reason,
            job_label(download) + " was not done within its activeDeadlineSeconds" +
                (told ? " (before that: " + before.reason + ", " + before.message + ")" : "") +
                "; mend what held it, or raise spec.download.activeDeadlineSeconds; " + how_to_retry(download.cache),
            true};
  }
  reason = last.reason.empty() ? "BackoffLimitExceeded" : last.reason;
  message = last.message.empty() ? message : last.message;
  return {"Failed", reason, message + "; " + advice(reason, download) + "; " + how_to_retry(download.cache), true};
}

std::optional<DownloadResult> result_of(const std::vector<const kube::Object*>& pods) {
  for (auto pod = pods.rbegin(); pod != pods.rend(); ++pod) {
    if (std::optional<DownloadResult> result = read_result(termination_message(**pod)); result && result->done) {
      return result;
    }
  }
  return std::nullopt;
}

std::string how_to_retry(const CacheState& cache) {
  return "then retry: kubectl -n " + cache.ns() + " annotate --overwrite modelcache " + cache.name() + " " +
         std::string(api::kRetryAnnotation) + "=\"$(date +%s)\"";
}

}  // namespace warmgate::controller
