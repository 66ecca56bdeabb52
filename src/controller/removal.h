// The deletion of a ModelCache: deferred while Pods use its files, then, where its policy says so, the files are
// removed, and in the end our finalizer goes. It always ends: a claim that is broken, or a removal that does not end,
// leaves the files and says so. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache_status.h"
#include "cache_users.h"
#include "claim_jobs.h"

namespace warmgate::controller {

// What a ModelCache that is being deleted is decided by.
struct Removal {
  const CacheState& cache;
  const ObservedClaim& observed;
  const std::vector<CacheState>& caches;  // all of the claim
  const std::vector<ClaimJob>& jobs;
  const CacheUsers& users;
  std::string writer;  // who else writes to the claim, or is about to; "" when nobody does
};

struct RemovalStep {
  std::vector<Note> notes;
  std::vector<Write> writes;          // before the status
  std::optional<CacheStatus> status;  // none when the finalizer goes
  std::optional<Write> create_job;
  std::optional<Write> finish;  // takes the finalizer off
  std::optional<std::chrono::seconds> look_again;
};

RemovalStep next_step(const Removal& removal, const Settings& settings, WallTime now);

}  // namespace warmgate::controller
