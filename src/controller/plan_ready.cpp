// The caches that are Ready: who uses them, and which of them nobody needs any more.
#include <nlohmann/json.hpp>

#include "claim_planner.h"
#include "warmgate/api/names.h"
#include "warmgate/kube/quantity.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using document::Json;

// A Job that has done its work keeps its Pod, and that keeps the claim from being deleted, for so long.
constexpr std::int64_t kKeepFinishedSeconds = 86'400;

// Of the condition Ready when it is True.
std::string ready_message(const CacheState& cache, const CacheStatus& status) {
  std::string message = cache.model() + " is on claim \"" + cache.spec.cache.claim + "\"";
  if (status.bytes_total) {
    message.append(" (").append(kube::format_decimal_bytes(*status.bytes_total)).append(")");
  }
  if (!status.replaced_by.empty()) {
    message.append("; no Pod has used it since ").append(status.unused_since).append(", and ModelCache/");
    message.append(status.replaced_by).append(" has a newer commit: it can be deleted");
  }
  return message;
}

}  // namespace

const CacheState* ClaimPlanner::replacement_of(const CacheState& cache) const {
  const CacheState* newest = nullptr;
  for (const CacheState& other : caches_) {
    const bool newer = &other > &cache && !other.deleted && other.spec.cache.repo == cache.spec.cache.repo;
    if (newer && !other.same_model(cache) && other.ready_on(claim_uid_)) {
      newest = &other;
    }
  }
  return newest;
}

void ClaimPlanner::tell_ready(const CacheState& cache, CacheStatus& status) {
  const CacheStatus before = read_status(cache);
  const CacheState* replacement = status.users > 0 ? nullptr : replacement_of(cache);
  status.replaced_by = replacement != nullptr ? replacement->name() : "";
  if (status.users > 0) {
    status.unused_since.clear();
  } else if (status.unused_since.empty()) {
    status.unused_since = kube::to_time(now_);
  }
  status.phase = "Ready";
  status.ready = {"True", "Ready", ready_message(cache, status)};
  if (replacement != nullptr && before.replaced_by.empty()) {
    plan_.notes.push_back(note_on(cache, Note::Type::kNormal, "ReplacedAndUnused",
                                  "no Pod uses it, and " + replacement->label() + " has a newer commit of " +
                                      cache.spec.cache.repo + ": it can be deleted"));
  }
}

// A cache that is replaced and unused for as long as the policy says.
bool ClaimPlanner::is_due(const CacheStatus& status) {
  const std::optional<Seconds> after = settings_.policy.cache_rules(observed_.ns).delete_unused_after;
  const std::optional<WallTime> since = kube::read_time(status.unused_since);
  if (status.replaced_by.empty() || !after || !since) {
    return false;
  }
  if (now_ - *since < *after) {
    look_again(std::chrono::duration_cast<Seconds>(*since + *after - now_) + Seconds(1));
    return false;
  }
  return true;
}

// From now on the Job is not needed, as Ready is written down.
void ClaimPlanner::end_finished_job(const CacheState& cache) {
  for (const ClaimJob& job : jobs_) {
    const bool finished = job.is_task_of(cache, api::kDownloadTask) && !job.active() && !job.being_deleted;
    if (!finished || job.object.root()["spec"]["ttlSecondsAfterFinished"]) {
      continue;
    }
    Json operations =
        Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", job.uid()}},
                     {{"op", "add"}, {"path", "/spec/ttlSecondsAfterFinished"}, {"value", kKeepFinishedSeconds}}});
    last_.push_back({Write::Verb::kJsonPatch,
                     jobs(),
                     cache.ns(),
                     job.name(),
                     std::make_shared<const Json>(std::move(operations)),
                     {job.uid(), ""},
                     cache.label() + " is Ready: its Job may go after a day"});
  }
}

void ClaimPlanner::plan_ready(std::size_t index) {
  const CacheState& cache = caches_[index];
  CacheStatus status = read_status(cache);
  if (observed_.claim->root()["status"]["phase"].text() == "Bound") {
    status.storage = {"True", "ClaimBound", "PersistentVolumeClaim \"" + cache.spec.cache.claim + "\" is bound"};
  }
  if (!status.refs) {
    status.refs = status.downloaded.reason == "Downloaded";  // made Ready before this was told
  }
  status.bytes_per_second.reset();
  status.remaining_seconds.reset();
  status.referenced_by = users_[index].all;
  status.users = static_cast<std::int64_t>(users_[index].all.size());
  tell_ready(cache, status);
  end_finished_job(cache);
  // What is written anew is looked at again, so it is not deleted as what it was before.
  if (!write_status(cache, status) && is_due(status)) {
    last_.push_back({Write::Verb::kDelete,
                     model_caches(),
                     cache.ns(),
                     cache.name(),
                     nullptr,
                     {cache.uid, cache.resource_version},
                     cache.label() + " is replaced and unused for as long as the policy allows"});
  }
}

}  // namespace warmgate::controller
