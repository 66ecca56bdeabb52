#include "removal.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "storage_check.h"
#include "warmgate/api/names.h"
#include "warmgate/controller/download_job.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

// Removing files of a terabyte takes seconds on any file system; what has not ended by then is stuck.
constexpr std::chrono::minutes kRemovalLimit{15};

class Remover {
 public:
  Remover(const Removal& removal, const Settings& settings, WallTime now)
      : removal_(removal),
        settings_(settings),
        now_(now),
        cache_(removal.cache),
        before_(read_status(removal.cache)),
        may_have_files_(!before_.job_name.empty() || !before_.claim_uid.empty()) {}

  RemovalStep step() {
    if (!cache_.finalizer) {
      return {};
    }
    if (cache_.forced) {
      leave(std::string(api::kForceDeleteAnnotation) + " is \"true\"");
    } else if (!removal_.users.started.empty()) {
      wait("InUse", "deletion waits for Pods that use its files: " + list_names(removal_.users.started) +
                        "; delete them, or set the annotation " + std::string(api::kForceDeleteAnnotation) +
                        "=true to delete the ModelCache and leave the files");
    } else if (!stop_downloads()) {
      if (cache_.spec.delete_files) {
        remove_files();
      } else {
        finish(Note::Type::kNormal, "FilesKept",
               "reclaimPolicy is Retain: its files stay on claim \"" + cache_.spec.cache.claim + "\"");
      }
    }
    return std::move(out_);
  }

 private:
  void wait(const std::string& reason, const std::string& message) {
    CacheStatus status = before_;
    status.phase = "Deleting";
    status.ready = {"False", reason, message};
    if (status.storage.status.empty()) {
      status.storage = status.downloaded = status.verified = {"Unknown", reason, "it is being deleted"};
    }
    status.bytes_per_second.reset();
    status.remaining_seconds.reset();
    status.referenced_by = removal_.users.all;
    status.users = static_cast<std::int64_t>(removal_.users.all.size());
    if (!removal_.users.started.empty()) {
      status.unused_since.clear();
    } else if (status.unused_since.empty()) {
      status.unused_since = kube::to_time(now_);
    }
    if (const std::optional<Note> note = transition(cache_, status)) {
      out_.notes.push_back(*note);
    }
    out_.status = std::move(status);
  }

  void finish(Note::Type type, const std::string& reason, const std::string& message) {
    if (may_have_files_) {
      out_.notes.push_back(note_on(cache_, type, reason, message));
    }
    out_.finish = remove_finalizer(cache_, message);
  }

  // The way out: whatever has happened, the ModelCache goes.
  void leave(const std::string& why) {
    finish(Note::Type::kWarning, "FilesLeft",
           why + ": files of " + cache_.model() + " may be left on claim \"" + cache_.spec.cache.claim + "\"");
  }

  // True while a download of ours has not ended.
  bool stop_downloads() {
    bool running = false;
    for (const ClaimJob& job : removal_.jobs) {
      if (job.is_task_of(cache_, api::kDownloadTask) && job.active()) {
        running = true;
        if (!job.being_deleted) {
          out_.writes.push_back(delete_job(job, cache_.label() + " is being deleted"));
        }
        wait("Removing", "deletion waits for " + job.object.display_name() + ", which is being ended");
      }
    }
    return running;
  }

  void remove_files() {
    const std::optional<kube::Object>& claim = removal_.observed.claim;
    const auto other = std::find_if(removal_.caches.begin(), removal_.caches.end(), [&](const CacheState& one) {
      return one.uid != cache_.uid && !one.deleted && one.same_model(cache_);
    });
    if (!claim || is_being_deleted(*claim)) {
      finish(Note::Type::kNormal, "FilesRemoved", "its claim is gone or about to go, and its files with it");
    } else if (claim->root()["status"]["phase"].text() == "Lost") {
      leave("claim \"" + claim->key().name + "\" has lost its volume");
    } else if (other != removal_.caches.end()) {
      finish(Note::Type::kNormal, "FilesKept", "its files are those of " + other->label() + " now");
    } else if (is_own_claim(cache_, *claim) && removal_.caches.size() == 1) {
      delete_claim(*claim);
    } else if (!may_have_files_ || claim->root()["status"]["phase"].text() != "Bound") {
      finish(Note::Type::kNormal, "FilesRemoved", "nothing had been downloaded");
    } else {
      remove_by_job(uid_of(*claim));
    }
  }

  void delete_claim(const kube::Object& claim) {
    out_.writes.push_back({Write::Verb::kDelete,
                           claims(),
                           cache_.ns(),
                           claim.key().name,
                           nullptr,
                           {uid_of(claim), ""},
                           cache_.label() + " made it, and is being deleted with reclaimPolicy Delete"});
    wait("Removing", "the claim \"" + claim.key().name + "\", which was made for it, is being deleted");
  }

  void remove_by_job(const std::string& claim_uid) {
    const auto job = std::find_if(removal_.jobs.begin(), removal_.jobs.end(), [&](const ClaimJob& one) {
      return one.is_task_of(cache_, api::kRemoveTask) && one.claim_uid == claim_uid;
    });
    if (job == removal_.jobs.end()) {
      start_job(claim_uid);
      return;
    }
    const std::string label = job->object.display_name();
    const WallTime limit = created_at(job->object).value_or(now_) + kRemovalLimit;
    if (job->state == ClaimJob::State::kComplete) {
      finish(Note::Type::kNormal, "FilesRemoved", label + " has removed its files");
    } else if (job->state == ClaimJob::State::kFailed) {
      leave(label + " failed (" + find_condition(job->object, "Failed")["message"].text() + ")");
    } else if (now_ >= limit) {
      leave(label + " has not ended within 15 minutes");
    } else {
      wait("Removing", label + " removes its files from claim \"" + cache_.spec.cache.claim + "\"");
      look_again_at(limit);
    }
  }

  void start_job(const std::string& claim_uid) {
    const WallTime limit = free_since() + kRemovalLimit;
    if (!removal_.writer.empty()) {
      wait("Removing", "the removal of its files waits for " + removal_.writer + ", which writes to claim \"" +
                           cache_.spec.cache.claim + "\"; the annotation " + std::string(api::kForceDeleteAnnotation) +
                           "=true leaves the files and does not wait");
    } else if (now_ >= limit) {
      leave("no Job that removes its files could be made for 15 minutes");
    } else {
      const JobInput input{
          .spec = cache_.spec, .cache_uid = cache_.uid, .claim_uid = claim_uid, .zones = {}, .retry = ""};
      out_.create_job = Write{Write::Verb::kCreateJob,
                              jobs(),
                              cache_.ns(),
                              removal_job_name(cache_.spec),
                              std::make_shared<const document::Json>(removal_job(input, settings_)),
                              {},
                              cache_.label() + " is being deleted with reclaimPolicy Delete"};
      wait("Removing", "Job/" + removal_job_name(cache_.spec) + " removes its files from claim \"" +
                           cache_.spec.cache.claim + "\"");
      look_again_at(limit);
    }
  }

  // Since when nothing has kept the removal from being started, as far as is known.
  [[nodiscard]] WallTime free_since() const {
    WallTime since = std::max(cache_.deleted.value_or(now_), kube::read_time(before_.unused_since).value_or(now_));
    for (const ClaimJob& job : removal_.jobs) {
      for (const char* type : {"Complete", "Failed"}) {
        if (has_condition(job.object, type)) {
          const std::string ended = find_condition(job.object, type)["lastTransitionTime"].text();
          since = std::max(since, kube::read_time(ended).value_or(since));
        }
      }
    }
    return since;
  }

  void look_again_at(WallTime time) {
    out_.look_again = std::chrono::duration_cast<std::chrono::seconds>(time - now_) + std::chrono::seconds(1);
  }

  const Removal& removal_;
  const Settings& settings_;
  WallTime now_;
  const CacheState& cache_;
  CacheStatus before_;
  bool may_have_files_;
  RemovalStep out_;
};

}  // namespace

RemovalStep next_step(const Removal& removal, const Settings& settings, WallTime now) {
  return Remover(removal, settings, now).step();
}

}  // namespace warmgate::controller
