// ClaimPlanner: plan_claim's state while it decides: what is known of the claim, and what the caches that were decided
// about before took. For one plan.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache_status.h"
#include "cache_users.h"
#include "claim_jobs.h"
#include "diagnosis.h"
#include "storage_check.h"
#include "warmgate/controller/download_job.h"

namespace warmgate::controller {

class ClaimPlanner {
 public:
  ClaimPlanner(const ObservedClaim& observed, const Settings& settings, WallTime now);
  Plan plan() &&;

 private:
  using Seconds = std::chrono::seconds;

  void plan_cache(std::size_t index);
  void plan_deletion(std::size_t index);
  // Ready is latched: nothing but who uses it is looked at.
  void plan_ready(std::size_t index);
  void plan_waiting(std::size_t index);

  // One of ours for this claim and cache, and what it is about is what is asked for.
  void follow(const CacheState& cache, const ClaimJob& job, CacheStatus status);
  // nullopt when the cache is not on the claim yet.
  [[nodiscard]] std::optional<CacheStatus> downloaded(const CacheState& cache, const CacheStatus& status) const;
  // Waits for its turn, or starts its Job.
  void start(const CacheState& cache, const StorageVerdict& storage, CacheStatus status);
  bool delete_stale_jobs(const CacheState& cache);
  [[nodiscard]] StorageVerdict storage_of(const CacheState& cache) const;
  [[nodiscard]] std::optional<std::string> conflict_of(const CacheState& cache) const;
  [[nodiscard]] const CacheState* replacement_of(const CacheState& cache) const;
  // The condition Ready, and whether anybody needs the cache.
  void tell_ready(const CacheState& cache, CacheStatus& status);
  [[nodiscard]] bool is_due(const CacheStatus& status);
  void end_finished_job(const CacheState& cache);

  [[nodiscard]] JobInput job_input(const CacheState& cache) const;
  // Who holds the only place for a writer; "" when nobody does.
  [[nodiscard]] std::string writer() const;
  // True when there is something to write.
  bool write_status(const CacheState& cache, const CacheStatus& status);
  void look_again(Seconds in);

  const ObservedClaim& observed_;
  const Settings& settings_;
  WallTime now_;
  std::string claim_uid_;           // "" without a claim
  std::vector<CacheState> caches_;  // the oldest first
  std::vector<CacheUsers> users_;
  std::vector<ClaimJob> jobs_;
  std::vector<Writer> writers_;
  std::string taken_by_;  // the Job that this plan makes

  Plan plan_;
  std::vector<Write> first_, statuses_, jobs_to_make_, last_;  // in that order
};

// What keeps the cache from being Ready, and that nothing has been downloaded.
void set_not_ready(CacheStatus& status, std::string phase, const std::string& reason, const std::string& message);

}  // namespace warmgate::controller
