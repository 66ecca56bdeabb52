// What the controller looks at to decide about one claim, or about one Pod that waits. Plain values; the objects share
// what the watches hold.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/controller/plan.h"
#include "warmgate/kube/object.h"
#include "warmgate/models/reading.h"
#include "warmgate/policy/policy.h"

namespace warmgate::controller {

// The newest line of progress in a download's log (download_report.h).
struct Progress {
  std::int64_t bytes_done = 0;
  std::int64_t bytes_total = 0;  // 0: not known yet
  int files = 0;
  bool verifying = false;  // everything has arrived, and its checksums are being compared: bytes_done stands still
  WallTime at;             // when the line was written
  WallTime advanced_at;    // when bytes_done last grew, as far as it was seen
  double bytes_per_second = 0;
};

// All ModelCaches of one claim are decided about together: that is what makes one writer at a time.
struct ObservedClaim {
  std::string ns;
  std::string claim_name;
  std::optional<kube::Object> claim;
  std::optional<kube::Object> volume;  // that the claim is bound to
  std::vector<kube::Object> caches;    // ModelCaches on the claim by name, whatever their state
  std::vector<kube::Object> jobs;      // of the namespace, that mount the claim: ours and those of others
  std::vector<kube::Object> pods;      // of the namespace, that mount the claim or wait for one of its caches, and
                                       // those of `jobs`; ended ones too
  std::vector<kube::Object> classes;   // every StorageClass
  std::vector<kube::Object> nodes;     // every node
  std::map<std::string, Progress> progress;       // by the Job's Pod
  std::map<std::string, std::string> job_events;  // by the Job's name: the newest warning about it
};

struct ObservedPod {
  kube::Object pod;
  std::vector<kube::Object> caches;  // ModelCaches of its namespace that it waits for, where they exist
};

// What an administrator sets.
struct Settings {
  models::Knowledge knowledge;
  policy::Policy policy;
};

// Storage, downloads, status and deletion of the caches on one claim.
Plan plan_claim(const ObservedClaim& observed, const Settings& settings, WallTime now);

// The gate of one Pod that has it, and the ModelCaches that policy makes for it.
Plan plan_pod(const ObservedPod& observed, const Settings& settings, WallTime now);

}  // namespace warmgate::controller
