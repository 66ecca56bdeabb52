#include <algorithm>
#include <iterator>
#include <utility>

#include "claim_planner.h"
#include "removal.h"
#include "warmgate/api/names.h"

namespace warmgate::controller {
namespace {

// Claims, volumes, classes and nodes tell of their changes; this is for one that was not told.
constexpr std::chrono::seconds kStorageEvery{60};

void move_to(std::vector<Write>& to, std::vector<Write>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

// What keeps the cache from being Ready, and that nothing has been downloaded.
void set_not_ready(CacheStatus& status, std::string phase, const std::string& reason, const std::string& message) {
  status.phase = std::move(phase);
  status.ready = status.downloaded = {"False", reason, message};
  status.verified = {"Unknown", "NotDownloaded", "nothing has been downloaded yet"};
  status.claim_uid.clear();
  status.refs.reset();
}

ClaimPlanner::ClaimPlanner(const ObservedClaim& observed, const Settings& settings, WallTime now)
    : observed_(observed),
      settings_(settings),
      now_(now),
      claim_uid_(observed.claim ? uid_of(*observed.claim) : ""),
      caches_(read_caches(observed.caches)),
      users_(users_of(observed, caches_, settings)) {
  const bool settled = std::all_of(caches_.begin(), caches_.end(), [&](const CacheState& cache) {
    return !cache.deleted && cache.ready_on(claim_uid_);
  });
  jobs_ = read_jobs(observed, settings, !settled);
  writers_ = active_writers(observed, jobs_);
}

Plan ClaimPlanner::plan() && {
  // Removals first: they make room.
  for (const bool deleted : {true, false}) {
    for (std::size_t i = 0; i < caches_.size(); ++i) {
      if (caches_[i].deleted.has_value() == deleted) {
        plan_cache(i);
      }
    }
  }
  for (Write& write : jobs_to_make_) {
    std::transform(observed_.jobs.begin(), observed_.jobs.end(), std::back_inserter(write.known_jobs), uid_of);
  }
  for (std::vector<Write>* writes : {&first_, &statuses_, &jobs_to_make_, &last_}) {
    move_to(plan_.writes, *writes);
  }
  return std::move(plan_);
}

void ClaimPlanner::plan_cache(std::size_t index) {
  const CacheState& cache = caches_[index];
  const bool lost = observed_.claim && observed_.claim->root()["status"]["phase"].text() == "Lost";
  if (cache.deleted) {
    plan_deletion(index);
  } else if (!cache.finalizer) {
    first_.push_back(add_finalizer(cache));  // before anything is made that it must clean up
  } else if (cache.ready_on(claim_uid_) && !lost) {
    plan_ready(index);
  } else {
    plan_waiting(index);
  }
}

void ClaimPlanner::plan_deletion(std::size_t index) {
  const Removal removal{caches_[index], observed_, caches_, jobs_, users_[index], writer()};
  RemovalStep step = next_step(removal, settings_, now_);
  plan_.notes.insert(plan_.notes.end(), step.notes.begin(), step.notes.end());
  move_to(first_, step.writes);
  if (step.status) {
    if (std::optional<Write> write = status_write(caches_[index], *step.status, now_)) {
      statuses_.push_back(std::move(*write));
    }
  }
  if (step.create_job) {
    taken_by_ = "Job/" + step.create_job->name;
    jobs_to_make_.push_back(std::move(*step.create_job));
  }
  if (step.finish) {
    last_.push_back(std::move(*step.finish));
  }
  if (step.look_again) {
    look_again(*step.look_again);
  }
}

StorageVerdict ClaimPlanner::storage_of(const CacheState& cache) const {
  if (const std::optional<std::string> conflict = conflict_of(cache)) {
    return {.trouble = true, .reason = "DestinationConflict", .message = *conflict};
  }
  const auto maker = std::find_if(caches_.begin(), caches_.end(), [&](const CacheState& other) {
    return other.uid != cache.uid && !other.deleted && other.spec.create && other.name() == observed_.claim_name;
  });
  if (!observed_.claim && maker != caches_.end()) {
    return {.reason = "ClaimPending",
            .message = "PersistentVolumeClaim \"" + observed_.claim_name + "\" is made for " + maker->label()};
  }
  return check_storage(cache, observed_, settings_);
}

void ClaimPlanner::plan_waiting(std::size_t index) {
  const CacheState& cache = caches_[index];
  CacheStatus status = read_status(cache);
  if (!status.claim_uid.empty()) {
    status = {};  // it was Ready on a claim that is gone: everything starts again
  }
  status.bytes_per_second.reset();
  status.remaining_seconds.reset();
  status.referenced_by = users_[index].all;
  status.users = static_cast<std::int64_t>(users_[index].all.size());
  status.replaced_by.clear();
  status.unused_since.clear();
  const bool stale = delete_stale_jobs(cache);
  if (std::optional<CacheStatus> done = observed_.claim ? downloaded(cache, status) : std::nullopt) {
    tell_ready(cache, *done);
    write_status(cache, *done);
    return;
  }
  StorageVerdict storage = storage_of(cache);
  status.storage = {storage.ready ? "True" : "False", storage.reason, storage.message};
  const auto job = std::find_if(jobs_.begin(), jobs_.end(), [&](const ClaimJob& one) {
    return one.is_task_of(cache, api::kDownloadTask) && one.claim_uid == claim_uid_;
  });
  if (job != jobs_.end()) {
    follow(cache, *job, std::move(status));
    return;
  }
  if (cache.spec.suspend) {
    set_not_ready(status, "Suspended", "Suspended", "spec.suspend is true: no download is started");
  } else if (!storage.ready) {
    if (storage.create_claim) {
      first_.push_back(std::move(*storage.create_claim));
    }
    status.trouble = storage.trouble;
    set_not_ready(status, "Pending", storage.reason, storage.message);
    look_again(kStorageEvery);
  } else if (stale) {
    set_not_ready(status, "Pending", "Waiting", "the Job for the claim that is gone is being deleted");
  } else {
    start(cache, storage, std::move(status));
    return;
  }
  write_status(cache, status);
}

std::string ClaimPlanner::writer() const {
  return !taken_by_.empty() || writers_.empty() ? taken_by_ : writers_.front().label;
}

bool ClaimPlanner::write_status(const CacheState& cache, const CacheStatus& status) {
  if (std::optional<Note> note = transition(cache, status)) {
    plan_.notes.push_back(std::move(*note));
  }
  std::optional<Write> write = status_write(cache, status, now_);
  if (write) {
    statuses_.push_back(std::move(*write));
  }
  return write.has_value();
}

void ClaimPlanner::look_again(Seconds in) {
  plan_.look_again = plan_.look_again ? std::min(*plan_.look_again, in) : in;
}

std::optional<std::string> ClaimPlanner::conflict_of(const CacheState& cache) const {
  // Whoever has the claim already is not told to leave it.
  const auto rank = [&](const CacheState& one) {
    const bool has_job = std::any_of(jobs_.begin(), jobs_.end(),
                                     [&](const ClaimJob& job) { return job.is_task_of(one, api::kDownloadTask); });
    return one.ready_on(claim_uid_) ? 0 : has_job ? 1 : 2;
  };
  for (const CacheState& other : caches_) {
    const bool older = std::pair(rank(other), &other) < std::pair(rank(cache), &cache);
    if (!older || other.deleted) {
      continue;
    }
    const std::string on_claim = " on claim \"" + cache.spec.cache.claim + "\"";
    if (other.same_model(cache)) {
      return other.label() + " has the same " + cache.model() + on_claim + ": delete one of the two";
    }
    if (other.spec.cache.mount_path != cache.spec.cache.mount_path) {
      return other.label() + on_claim + " has mountPath " + other.spec.cache.mount_path + ", this one " +
             cache.spec.cache.mount_path +
             ": make it anew with the same mountPath, or on another claim, since neither can change";
    }
  }
  return std::nullopt;
}

Plan plan_claim(const ObservedClaim& observed, const Settings& settings, WallTime now) {
  return ClaimPlanner(observed, settings, now).plan();
}

}  // namespace warmgate::controller
