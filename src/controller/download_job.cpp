#include "warmgate/controller/download_job.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "job_pod.h"
#include "warmgate/api/names.h"
#include "warmgate/base/text.h"
#include "warmgate/document/view.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::controller {
namespace {

using document::Json;
using document::View;

constexpr int kBackoffLimit = 3;  // the pattern's
// 600 GB at 28 MB/s. A deadline is for what hangs: a download that is merely slow must not meet it.
constexpr std::int64_t kDeadline = std::int64_t{6} * 3600;
constexpr std::int64_t kRemovalDeadline = std::int64_t{15} * 60;
// huggingface_hub waits 10 s for each answer unless told otherwise (constants.py:310), which a busy mirror exceeds.
constexpr std::string_view kTimeoutSeconds = "60";

constexpr std::array kFinalExits = {DownloadExit::kGated, DownloadExit::kRevisionNotFound,
                                    DownloadExit::kChecksumMismatch, DownloadExit::kOutOfSpace,
                                    DownloadExit::kPermissionDenied};

// "<name>-<end>" of at most 63 characters, which a label with a Job's name may have; a hash stands for what is cut.
std::string cut_name(const std::string& name, const std::string& end) {
  constexpr std::size_t kMost = 63;
  constexpr std::size_t kHashDigits = 8;
  std::string whole = name + "-" + end;
  if (whole.size() <= kMost) {
    return whole;
  }
  std::string cut = name.substr(0, kMost - end.size() - kHashDigits - 2);
  while (cut.ends_with('.') || cut.ends_with('-')) {
    cut.pop_back();
  }
  return cut.append("-").append(api::short_hash(name), 0, kHashDigits).append("-").append(end);
}

std::string short_commit(const api::ModelCacheSpec& spec) {
  constexpr std::size_t kDigits = 8;
  return spec.cache.revision.substr(0, kDigits);
}

Json or_null(const std::shared_ptr<const Json>& value) { return value ? *value : Json(); }

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// Unless the ModelCache says it, a download takes what it gets by its own resources only where they are enough.
bool is_high_performance(const JobInput& input) {
  constexpr std::int64_t kNeeded = std::int64_t{64} * 1000 * 1000 * 1000;  // as in WG402
  const api::DownloadSpec& download = input.spec.download;
  if (download.high_performance || !download.resources) {
    return download.high_performance.value_or(input.high_performance);
  }
  const View resources(*download.resources);
  const View limit = resources["limits"]["memory"];
  const View memory = limit ? limit : resources["requests"]["memory"];
  const std::optional<std::int64_t> bytes = memory.is_string() ? kube::parse_quantity(memory.text()) : memory.integer();
  return bytes.value_or(0) >= kNeeded;
}

// The pattern's numbers: "can use up to 64 GB of RAM for download buffers", or 8Gi without.
Json resources_of(const JobInput& input, bool high_performance) {
  if (input.spec.download.resources && !input.spec.download.resources->empty()) {
    return *input.spec.download.resources;
  }
  const char* memory = high_performance ? "64Gi" : "8Gi";
  return {{"requests", {{"cpu", "2"}, {"memory", memory}}}, {"limits", {{"cpu", "8"}, {"memory", memory}}}};
}

// What the ModelCache says itself comes last and wins over what is only a default here.
Json download_env(const JobInput& input, bool high_performance) {
  const api::ModelCacheSpec& spec = input.spec;
  Variables variables = common_variables(spec);
  const std::string work = variables.back().second;
  const std::vector<std::pair<std::string, std::string>> more = {
      {"HF_XET_HIGH_PERFORMANCE", high_performance ? "1" : "0"},
      {"HF_XET_CACHE", work + "/xet"},
      {"HF_HUB_DISABLE_PROGRESS_BARS", "1"},
      {"WARMGATE_ALLOW_PATTERNS", base::join(spec.allow_patterns, "\n")},
      {"WARMGATE_IGNORE_PATTERNS", base::join(spec.ignore_patterns, "\n")},
      {"WARMGATE_MAX_WORKERS", std::to_string(spec.download.max_workers.value_or(8))},
      {"WARMGATE_VERIFY", spec.verify ? "true" : "false"}};
  variables.insert(variables.end(), more.begin(), more.end());
  if (!spec.endpoint.empty()) {
    variables.emplace_back("HF_ENDPOINT", spec.endpoint);
  }
  const Json own = spec.download.env ? *spec.download.env : Json::array();
  const Variables defaults = {{"HF_HUB_DOWNLOAD_TIMEOUT", std::string(kTimeoutSeconds)},
                              {"HF_HUB_DISABLE_TELEMETRY", "1"},
                              {"HF_HUB_DISABLE_UPDATE_CHECK", "1"}};
  std::copy_if(defaults.begin(), defaults.end(), std::back_inserter(variables), [&](const auto& variable) {
    return std::none_of(own.begin(), own.end(), [&](const Json& item) { return item["name"] == variable.first; });
  });
  Json env = env_of(variables);
  if (spec.token) {
    env.push_back({{"name", "HF_TOKEN"},
                   {"valueFrom", {{"secretKeyRef", {{"name", spec.token->name}, {"key", spec.token->key}}}}}});
  }
  env.insert(env.end(), own.begin(), own.end());
  return env;
}

Json labels_of(const JobInput& input, std::string_view task) {
  return {{api::kManagedByLabel, api::kManagedBy},
          {api::kTaskLabel, task},
          {api::kCacheUidLabel, input.cache_uid},
          {api::kClaimUidLabel, input.claim_uid}};
}

// A Pod that a drain or an eviction took does not count; what another attempt would not mend ends the Job.
Json failure_policy() {
  Json codes = Json::array();
  for (const DownloadExit code : kFinalExits) {
    codes.push_back(static_cast<int>(code));
  }
  return {{"rules",
           {{{"action", "Ignore"}, {"onPodConditions", {{{"type", "DisruptionTarget"}, {"status", "True"}}}}},
            {{"action", "FailJob"},
             {"onExitCodes", {{"containerName", kContainer}, {"operator", "In"}, {"values", codes}}}}}}};
}

Json job_of(const JobInput& input, const std::string& name, std::string_view task, Json pod) {
  const api::ModelCache& cache = input.spec.cache;
  const Json labels = labels_of(input, task);
  return {{"apiVersion", "batch/v1"},
          {"kind", "Job"},
          {"metadata",
           {{"name", name},
            {"namespace", cache.ns},
            {"labels", labels},
            {"annotations", {{api::kCacheNameAnnotation, cache.name}}},
            {"ownerReferences",
             {{{"apiVersion", api::kApiVersion},
               {"kind", "ModelCache"},
               {"name", cache.name},
               {"uid", input.cache_uid},
               {"controller", true},
               {"blockOwnerDeletion", true}}}}}},
          {"spec",
           {{"backoffLimit", kBackoffLimit},
            {"completions", 1},
            {"parallelism", 1},
            {"podFailurePolicy", failure_policy()},
            // The next attempt begins when the last one has ended: one writer.
            {"podReplacementPolicy", "Failed"},
            {"template",
             {{"metadata",
               {{"labels", labels},
                // A node is not given back in the middle of a download to save its price.
                {"annotations",
                 {{api::kCacheNameAnnotation, cache.name},
                  {"cluster-autoscaler.kubernetes.io/safe-to-evict", "false"},
                  {"karpenter.sh/do-not-disrupt", "true"}}}}},
              {"spec", std::move(pod)}}}}}};
}

}  // namespace

std::string job_name(const api::ModelCacheSpec& spec) { return cut_name(spec.cache.name, short_commit(spec)); }

std::string removal_job_name(const api::ModelCacheSpec& spec) {
  return cut_name(spec.cache.name, "remove-" + short_commit(spec));
}

std::string spec_hash(const JobInput& input) {
  const api::ModelCacheSpec& spec = input.spec;
  const api::DownloadSpec& download = spec.download;
  // Neither what the nodes can hold nor what this version of Warmgate makes of it: they change under a running
  // download.
  const Json all = {spec.cache.repo,
                    spec.cache.revision,
                    spec.cache.claim,
                    spec.cache.mount_path,
                    spec.endpoint,
                    spec.allow_patterns,
                    spec.ignore_patterns,
                    spec.token ? Json{spec.token->name, spec.token->key} : Json(),
                    spec.verify,
                    download.image,
                    or_null(download.high_performance),
                    or_null(download.backoff_limit),
                    or_null(download.active_deadline_seconds),
                    or_null(download.max_workers),
                    or_null(download.run_as_user),
                    or_null(download.fs_group),
                    or_null(download.resources),
                    or_null(download.node_selector),
                    or_null(download.tolerations),
                    or_null(download.affinity),
                    or_null(download.image_pull_secrets),
                    or_null(download.env),
                    input.retry};
  return api::short_hash(all.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string_view exit_reason(int code) {
  switch (static_cast<DownloadExit>(code)) {
    case DownloadExit::kGated:
      return "GatedRepo";
    case DownloadExit::kRevisionNotFound:
      return "RevisionNotFound";
    case DownloadExit::kChecksumMismatch:
      return "ChecksumMismatch";
    case DownloadExit::kOutOfSpace:
      return "OutOfSpace";
    case DownloadExit::kPermissionDenied:
      return "PermissionDenied";
    case DownloadExit::kDone:
    case DownloadExit::kFailed:
      break;
  }
  return "";
}

Json download_job(const JobInput& input, const Settings& settings) {
  const api::DownloadSpec& download = input.spec.download;
  const bool high_performance = is_high_performance(input);
  Json container = container_of(input.spec, "src/controller/download.sh", download_env(input, high_performance),
                                resources_of(input, high_performance));
  Json job = job_of(input, job_name(input.spec), api::kDownloadTask,
                    pod_of(input, settings.knowledge.accelerators, std::move(container)));
  job["metadata"]["annotations"][std::string(api::kSpecHashAnnotation)] = spec_hash(input);
  job["spec"]["backoffLimit"] = download.backoff_limit.value_or(kBackoffLimit);
  job["spec"]["activeDeadlineSeconds"] = download.active_deadline_seconds.value_or(kDeadline);
  return job;
}

Json removal_job(const JobInput& input, const Settings& settings) {
  const Json resources = {{"requests", {{"cpu", "100m"}, {"memory", "128Mi"}}},
                          {"limits", {{"cpu", "1"}, {"memory", "512Mi"}}}};
  Json container =
      container_of(input.spec, "src/controller/remove.sh", env_of(common_variables(input.spec)), resources);
  Json job = job_of(input, removal_job_name(input.spec), api::kRemoveTask,
                    pod_of(input, settings.knowledge.accelerators, std::move(container)));
  job["spec"]["activeDeadlineSeconds"] = kRemovalDeadline;
  return job;
}

}  // namespace warmgate::controller
