// The caches that are not Ready: adopting what others have downloaded, following a download of ours, starting one.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "claim_planner.h"
#include "warmgate/api/names.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using document::Json;
using document::View;

// How often the log of a running download is read, and how often what no watch tells of is looked at.
constexpr std::chrono::seconds kProgressEvery{10};
constexpr std::chrono::seconds kLookEvery{30};
// Of a Pod that has outlived its Job.
constexpr const char* kLeftOverHelp =
    "; its Job is gone, and it ends by itself unless its node is lost: then delete the node";

void set_progress(CacheStatus& status, const Progress& progress) {
  status.bytes_done = progress.bytes_done;
  status.files = progress.files;
  const bool known = progress.bytes_total > 0;
  status.bytes_total = known ? std::optional(progress.bytes_total) : std::nullopt;
  const auto rate = static_cast<std::int64_t>(progress.bytes_per_second);
  status.bytes_per_second = rate > 0 ? std::optional(rate) : std::nullopt;
  const std::int64_t left = std::max<std::int64_t>(progress.bytes_total - progress.bytes_done, 0);
  status.remaining_seconds = known && rate > 0 ? std::optional(left / rate) : std::nullopt;
}

// Names and numbers of the Job; those of an earlier one are forgotten.
void set_job(CacheStatus& status, const ClaimJob& job) {
  const View told = job.object.root()["status"];
  const std::string started = told["startTime"].text();
  if (status.job_name != job.name() || (!status.started_at.empty() && status.started_at != started)) {
    status.files = status.bytes_done = status.bytes_total = std::nullopt;
  }
  status.bytes_per_second.reset();
  status.remaining_seconds.reset();
  status.job_name = job.name();
  status.started_at = started;
  status.completed_at = told["completionTime"].text();
  status.attempts = told["failed"].integer().value_or(0) + told["active"].integer().value_or(0) +
                    told["succeeded"].integer().value_or(0);
}

}  // namespace

std::optional<CacheStatus> ClaimPlanner::downloaded(const CacheState& cache, const CacheStatus& status) const {
  const auto made_ready = [&](const ClaimJob& job) {
    CacheStatus done = status;
    set_job(done, job);
    done.claim_uid = claim_uid_;
    done.storage = {"True", "ClaimBound", "PersistentVolumeClaim \"" + cache.spec.cache.claim + "\" is bound"};
    return done;
  };
  for (const ClaimJob& job : jobs_) {
    if (job.state == ClaimJob::State::kComplete && job.is_task_of(cache, api::kDownloadTask) &&
        job.claim_uid == claim_uid_) {
      CacheStatus done = made_ready(job);
      done.refs = true;  // download.sh has not ended without them
      const std::optional<DownloadResult> result = result_of(pods_of(observed_, job));
      if (result) {
        done.files = result->files;
        done.bytes_done = done.bytes_total = result->bytes;
      }
      done.downloaded = {"True", "Downloaded", job.object.display_name() + " has downloaded " + cache.model()};
      if (!cache.spec.verify) {
        done.verified = {"False", "VerifySkipped", "spec.verify is false: the files were not compared with the Hub's"};
      } else if (result && result->verified) {
        done.verified = {"True", "Verified", "every file has the checksum that the Hub has of it"};
      } else {
        done.verified = {"Unknown", "ResultUnknown", "the Pod that told whether the files were verified is gone"};
      }
      return done;
    }
  }
  const std::optional<WallTime> claimed = created_at(*observed_.claim);
  for (const ClaimJob& job : jobs_) {
    // What ended before the claim was made wrote to an earlier claim of that name.
    const std::optional<WallTime> ended = kube::read_time(job.object.root()["status"]["completionTime"].text());
    const bool fetched = std::find(job.fetches.begin(), job.fetches.end(), cache.model()) != job.fetches.end();
    if (job.state == ClaimJob::State::kComplete && fetched && ended && claimed && *ended >= *claimed) {
      CacheStatus done = made_ready(job);
      done.refs = false;  // hf writes none for a commit (huggingface_hub _snapshot_download.py:397-408)
      const std::string by = job.object.display_name() + ", which is not Warmgate's";
      done.downloaded = {"True", "Adopted", by + ", has downloaded " + cache.model()};
      done.verified = {"False", "Adopted", by + ", did not tell whether the files were compared with the Hub's"};
      return done;
    }
  }
  return std::nullopt;
}

bool ClaimPlanner::delete_stale_jobs(const CacheState& cache) {
  bool any = false;
  for (const ClaimJob& job : jobs_) {
    const bool stale = job.is_task_of(cache, api::kDownloadTask) && job.claim_uid != claim_uid_;
    any |= stale;
    if (stale && !job.being_deleted) {
      first_.push_back(delete_job(job, "it is about a claim that is gone"));
    }
  }
  return any;
}

JobInput ClaimPlanner::job_input(const CacheState& cache) const {
  const std::optional<bool>& said = cache.spec.download.high_performance;
  return {
      .spec = cache.spec,
      .cache_uid = cache.uid,
      .claim_uid = claim_uid_,
      .high_performance = said ? *said : nodes_hold_high_performance(observed_.nodes, settings_.knowledge.accelerators),
      .zones = {},
      .retry = cache.retry};
}

void ClaimPlanner::follow(const CacheState& cache, const ClaimJob& job, CacheStatus status) {
  const std::string label = job.object.display_name();
  const bool other_spec = annotation(job.object, api::kSpecHashAnnotation) != spec_hash(job_input(cache));
  const bool suspended = cache.spec.suspend && job.active();
  if (job.being_deleted || suspended || other_spec) {
    if (!job.being_deleted) {
      first_.push_back(delete_job(job, suspended ? "spec.suspend is true" : "the download was asked for anew"));
    }
    if (suspended) {
      set_not_ready(status, "Suspended", "Suspended", "spec.suspend is true; what has been downloaded stays");
    } else {
      set_not_ready(status, "Pending", "Waiting", label + " is being deleted, and made anew as the spec is now");
    }
    write_status(cache, status);
    return;
  }
  const CacheStatus before = status;
  set_job(status, job);
  const std::vector<const kube::Object*> pods = pods_of(observed_, job);
  Download download{.cache = cache, .job = job, .pods = pods, .progress = std::nullopt, .event = ""};
  if (!pods.empty()) {
    const auto progress = observed_.progress.find(pods.back()->key().name);
    if (progress != observed_.progress.end()) {
      download.progress = progress->second;
      set_progress(status, progress->second);
    }
  }
  if (const auto event = observed_.job_events.find(job.name()); event != observed_.job_events.end()) {
    download.event = event->second;
  }
  const bool failed = job.state == ClaimJob::State::kFailed;
  Diagnosis found = failed ? diagnose_failed(download) : diagnose_active(download, now_);
  // The Pods that told more may be gone since.
  const bool generic = found.reason == "BackoffLimitExceeded" || found.reason == "DeadlineExceeded";
  if (failed && generic && before.phase == "Failed" && before.started_at == status.started_at) {
    found.reason = before.ready.reason;
    found.message = before.ready.message;
  }
  set_not_ready(status, found.phase, found.reason, found.message);
  status.trouble = found.trouble;
  if (failed) {
    status.bytes_per_second.reset();
    status.remaining_seconds.reset();
  } else if (pods.empty()) {
    plan_.events_of.push_back(job.name());
    look_again(download.event.empty() ? kProgressEvery : kLookEvery);
  } else if (pods.back()->root()["status"]["phase"].text() == "Running") {
    plan_.logs_of.push_back(pods.back()->key().name);
    look_again(kProgressEvery);
  } else {
    look_again(kLookEvery);
  }
  write_status(cache, status);
}

void ClaimPlanner::start(const CacheState& cache, const StorageVerdict& storage, CacheStatus status) {
  for (const Writer& active : writers_) {
    const bool adopting = active.job != nullptr && std::find(active.job->fetches.begin(), active.job->fetches.end(),
                                                             cache.model()) != active.job->fetches.end();
    if (adopting) {
      set_job(status, *active.job);
      set_not_ready(status, "Downloading", "Downloading",
                    active.label + ", which is not Warmgate's, downloads " + cache.model());
      status.refs = false;  // so that Pods which need them do not wait for it
      write_status(cache, status);
      return;
    }
  }
  const std::string name = job_name(cache.spec);
  const auto namesake =
      std::find_if(jobs_.begin(), jobs_.end(), [&](const ClaimJob& job) { return job.name() == name; });
  const bool left_over = taken_by_.empty() && !writers_.empty() && writers_.front().job == nullptr;
  if (const std::string other = writer(); !other.empty()) {
    set_not_ready(status, "Pending", "Waiting",
                  "waits for " + other + ", which writes to claim \"" + cache.spec.cache.claim +
                      "\": one writes at a time" + (left_over ? kLeftOverHelp : ""));
  } else if (namesake != jobs_.end()) {
    const bool ours = !namesake->task.empty();
    if (ours && !namesake->being_deleted) {
      first_.push_back(delete_job(*namesake, "it is of an earlier ModelCache of that name"));
    }
    status.trouble = !ours;
    set_not_ready(status, "Pending", "Waiting",
                  namesake->object.display_name() + (ours ? " is of an earlier ModelCache and is being deleted"
                                                          : " is not Warmgate's and has the name that the download "
                                                            "needs: delete it"));
  } else {
    JobInput input = job_input(cache);
    input.zones = storage.zones;
    jobs_to_make_.push_back({Write::Verb::kCreateJob,
                             jobs(),
                             cache.ns(),
                             name,
                             std::make_shared<const Json>(download_job(input, settings_)),
                             {},
                             cache.label() + " is not on claim \"" + cache.spec.cache.claim + "\""});
    taken_by_ = "Job/" + name;
    status.job_name = name;
    set_not_ready(
        status, "Pending", "Downloading",
        taken_by_ + " is making its Pod to download " + cache.model() + " to claim \"" + cache.spec.cache.claim + "\"");
  }
  write_status(cache, status);
}

}  // namespace warmgate::controller
