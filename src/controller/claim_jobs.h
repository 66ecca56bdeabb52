// The Jobs on a claim, and who writes to it now: at most one of ours may, and only when nobody else does. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache_state.h"
#include "warmgate/controller/observed.h"

namespace warmgate::controller {

struct ClaimJob {
  enum class State { kActive, kComplete, kFailed };
  kube::Object object;
  State state = State::kActive;
  bool being_deleted = false;
  std::string task = {};       // of ours: kDownloadTask, kRemoveTask; "" for the Jobs of others
  std::string cache_uid = {};  // of ours
  std::string claim_uid = {};  // of ours
  // Of others. What it fetches whole into the hub cache of the claim, as "org/name@commit"; read only where asked for.
  std::vector<std::string> fetches = {};
  bool writes = false;  // to the claim, while it is active

  [[nodiscard]] const std::string& name() const { return object.key().name; }
  [[nodiscard]] std::string uid() const { return uid_of(object); }
  [[nodiscard]] bool active() const { return state == State::kActive; }
  [[nodiscard]] bool is_task_of(const CacheState& cache, std::string_view which) const {
    return task == which && cache_uid == cache.uid;
  }
};

// `read_others`: whether the commands of Jobs that are not ours are read.
std::vector<ClaimJob> read_jobs(const ObservedClaim& observed, const Settings& settings, bool read_others);

// Somebody who writes to the claim, or may still do so.
struct Writer {
  std::string label;              // "Job/model-download", "Pod/qwen-9216db57-x1x2x"
  const ClaimJob* job = nullptr;  // nullptr: a Pod of ours whose Job is gone or has ended
};
// In the order of the Jobs, then of the Pods. Points into `jobs`.
std::vector<Writer> active_writers(const ObservedClaim& observed, const std::vector<ClaimJob>& jobs);

// The Pods of a Job, the oldest first. Points into `observed`.
std::vector<const kube::Object*> pods_of(const ObservedClaim& observed, const ClaimJob& job);

bool has_ended(const kube::Object& pod);
bool mounts_claim(const kube::Object& pod, const std::string& claim);

Write delete_job(const ClaimJob& job, const std::string& why);

}  // namespace warmgate::controller
