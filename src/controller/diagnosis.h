// What is the matter with a download: from its Job, its Pods, its log and what is told of the Job in events. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "claim_jobs.h"
#include "warmgate/controller/download_report.h"

namespace warmgate::controller {

struct Diagnosis {
  std::string phase;  // Pending, Downloading, Verifying or Failed
  std::string reason;
  std::string message;   // what is wrong with which object, and what to do
  bool trouble = false;  // it does not go by itself as it should
};

// What the download is and where it stands; all but the last as read_jobs and pods_of give it.
struct Download {
  const CacheState& cache;
  const ClaimJob& job;
  const std::vector<const kube::Object*>& pods;
  std::optional<Progress> progress;  // of the newest Pod
  std::string event;                 // the newest warning about the Job
};

// Of a Job that is active: what keeps it from going on goes by itself once it is mended, so the phase is not Failed.
Diagnosis diagnose_active(const Download& download, WallTime now);
// Of a Job that has failed.
Diagnosis diagnose_failed(const Download& download);

// Of a Job that is complete: what its Pod told; nullopt where that is gone.
std::optional<DownloadResult> result_of(const std::vector<const kube::Object*>& pods);

// "kubectl -n llm annotate modelcache qwen warmgate.dev/retry=..." as the end of a sentence.
std::string how_to_retry(const CacheState& cache);

}  // namespace warmgate::controller
