#include "cache_status.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/members.h"
#include "warmgate/kube/quantity.h"
#include "warmgate/kube/time.h"
#include "warmgate/models/model_size.h"

namespace warmgate::controller {
namespace {

using document::Json;
using document::put;
using document::View;

// Every name in a status of 5,000 Pods would be 150 kB; `users` has the count.
constexpr std::size_t kMaxReferenced = 20;
// metav1.Condition: message is at most 32768 long; a scheduler's or kubelet's may be longer than anybody reads.
constexpr std::size_t kMaxMessage = 1024;
constexpr std::size_t kShortRevision = 12;  // the column

Condition read_condition(const CacheState& cache, std::string_view type) {
  const View view = cache.condition(type);
  return {view["status"].text(), view["reason"].text(), view["message"].text()};
}

Json write_condition(const CacheState& cache, const char* type, const Condition& condition, WallTime now) {
  const View before = cache.condition(type);
  const std::string since = before["lastTransitionTime"].text();
  const bool same = before["status"].text() == condition.status && !since.empty();
  return {{"type", type},
          {"status", condition.status},
          {"reason", condition.reason},
          {"message", base::one_line(condition.message, kMaxMessage)},
          {"observedGeneration", cache.generation},
          {"lastTransitionTime", same ? since : kube::to_time(now)}};
}

// As kubectl shows durations: "8s", "9m58s", "2h5m".
std::string duration_text(std::chrono::seconds duration) {
  const std::int64_t seconds = std::max<std::int64_t>(duration.count(), 0);
  const std::int64_t minutes = seconds / 60;
  if (minutes == 0) {
    return std::to_string(seconds) + "s";
  }
  return minutes < 60 ? std::to_string(minutes) + "m" + std::to_string(seconds % 60) + "s"
                      : std::to_string(minutes / 60) + "h" + std::to_string(minutes % 60) + "m";
}

std::string duration_between(const std::string& start, const std::string& end) {
  const std::optional<WallTime> from = kube::read_time(start);
  const std::optional<WallTime> to = kube::read_time(end);
  return from && to ? duration_text(std::chrono::duration_cast<std::chrono::seconds>(*to - *from)) : "";
}

std::string progress_text(const CacheStatus& status) {
  if (status.ready.status == "True") {
    return "100%";
  }
  const std::int64_t total = status.bytes_total.value_or(0);
  if (total <= 0) {
    return "";
  }
  const double part = static_cast<double>(status.bytes_done.value_or(0)) / static_cast<double>(total);
  return std::to_string(std::clamp(static_cast<int>(part * 100), 0, 99)) + "%";
}

void put_numbers(Json& out, const CacheState& cache, const CacheStatus& status) {
  put(out, "files", status.files);
  if (status.bytes_done || status.bytes_total) {
    out["bytes"] = Json::object();
    put(out["bytes"], "done", status.bytes_done);
    put(out["bytes"], "total", status.bytes_total);
  }
  put(out, "bytesPerSecond", status.bytes_per_second);
  put(out, "remainingSeconds", status.remaining_seconds);
  const std::optional<std::int64_t> estimate = models::estimated_bytes(cache.spec.cache.repo);
  const std::string guess = estimate ? models::about(*estimate) : "";
  put(out, "size", status.bytes_total ? kube::format_decimal_bytes(*status.bytes_total) : guess);
  put(out, "progress", progress_text(status));
}

Json to_json(const CacheState& cache, const CacheStatus& status, WallTime now) {
  Json out = {{"observedGeneration", cache.generation},
              {"phase", status.phase},
              {"claimName", cache.spec.cache.claim},
              {"shortRevision", cache.spec.cache.revision.substr(0, kShortRevision)},
              {"snapshotPath", api::snapshot_path(cache.spec.cache)},
              {"users", status.users},
              {"conditions", Json::array({write_condition(cache, "StorageReady", status.storage, now),
                                          write_condition(cache, "Downloaded", status.downloaded, now),
                                          write_condition(cache, "Verified", status.verified, now),
                                          write_condition(cache, "Ready", status.ready, now)})}};
  put(out, "claimUID", status.claim_uid);
  put(out, "jobName", status.job_name);
  put_numbers(out, cache, status);
  put(out, "refs", status.refs);
  put(out, "startedAt", status.started_at);
  put(out, "completedAt", status.completed_at);
  put(out, "duration", duration_between(status.started_at, status.completed_at));
  if (status.attempts > 0) {
    out["attempts"] = status.attempts;
  }
  const std::size_t shown = std::min(status.referenced_by.size(), kMaxReferenced);
  if (shown > 0) {
    out["referencedBy"] = std::vector<std::string>(status.referenced_by.begin(),
                                                   status.referenced_by.begin() + static_cast<std::ptrdiff_t>(shown));
  }
  put(out, "replacedBy", status.replaced_by);
  put(out, "unusedSince", status.unused_since);
  return out;
}

}  // namespace

CacheStatus read_status(const CacheState& cache) {
  const View view = cache.object.root()["status"];
  CacheStatus status;
  status.phase = view["phase"].text();
  status.storage = read_condition(cache, "StorageReady");
  status.downloaded = read_condition(cache, "Downloaded");
  status.verified = read_condition(cache, "Verified");
  status.ready = read_condition(cache, "Ready");
  status.claim_uid = view["claimUID"].text();
  status.job_name = view["jobName"].text();
  status.files = view["files"].integer();
  status.bytes_done = view["bytes"]["done"].integer();
  status.bytes_total = view["bytes"]["total"].integer();
  status.bytes_per_second = view["bytesPerSecond"].integer();
  status.remaining_seconds = view["remainingSeconds"].integer();
  status.refs = view["refs"].boolean();
  status.started_at = view["startedAt"].text();
  status.completed_at = view["completedAt"].text();
  status.attempts = view["attempts"].integer().value_or(0);
  status.referenced_by = view["referencedBy"].strings();
  status.users = view["users"].integer().value_or(0);
  status.replaced_by = view["replacedBy"].text();
  status.unused_since = view["unusedSince"].text();
  return status;
}

std::optional<Write> status_write(const CacheState& cache, const CacheStatus& status, WallTime now) {
  const Json wanted = to_json(cache, status, now);
  const Json* known = cache.object.root()["status"].json();
  if (known != nullptr && *known == wanted) {
    return std::nullopt;
  }
  Json body = {{"apiVersion", std::string(api::kApiVersion)},
               {"kind", "ModelCache"},
               {"metadata", {{"name", cache.name()}, {"namespace", cache.ns()}}},
               {"status", wanted}};
  return Write{Write::Verb::kApplyStatus,
               model_caches(),
               cache.ns(),
               cache.name(),
               std::make_shared<const Json>(std::move(body)),
               {cache.uid, cache.resource_version},
               cache.label() + " is " + status.phase + " (" + status.ready.reason + ")"};
}

Note note_on(const CacheState& cache, Note::Type type, std::string reason, std::string message) {
  return {cache.object.key(), cache.object.api_version(), cache.uid, type, std::move(reason),
          std::move(message), cache.resource_version};
}

std::optional<Note> transition(const CacheState& cache, const CacheStatus& status) {
  const CacheStatus before = read_status(cache);
  if (before.phase == status.phase && before.ready.reason == status.ready.reason) {
    return std::nullopt;
  }
  return note_on(cache, status.trouble ? Note::Type::kWarning : Note::Type::kNormal, status.ready.reason,
                 status.ready.message);
}

}  // namespace warmgate::controller
