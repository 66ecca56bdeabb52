#include <algorithm>
#include <optional>

#include "cache_places.h"
#include "rules.h"
#include "warmgate/api/model_cache.h"
#include "warmgate/models/model_size.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

// k8s.io/kubernetes pkg/apis/apps/v1/defaults.go SetDefaults_Deployment.
constexpr std::int64_t kDefaultDeadline = 600;
// What one download Job sustains: the pattern's 61 GB in 8m58s, `pip install` included.
constexpr std::int64_t kBytesPerSecond = 100'000'000;

const api::ModelCache* awaited(const RuleContext& context, const ModelUse& use) {
  const std::vector<api::ModelCache>& caches = context.known.model_caches(context.object.key().ns);
  const auto found = std::find_if(caches.begin(), caches.end(), [&](const api::ModelCache& cache) {
    return cache.repo == use.repo && !cache.deleting && (!use.revision_given || cache.revision == use.revision);
  });
  return found == caches.end() || found->ready ? nullptr : &*found;
}

// Until the ModelCache is Ready, at the earliest; nullopt when nothing tells.
std::optional<std::int64_t> seconds_left(const api::ModelCache& cache) {
  if (cache.remaining_seconds) {
    return cache.remaining_seconds;
  }
  const std::optional<std::int64_t> bytes =
      cache.bytes_total > 0 ? std::optional(cache.bytes_total - cache.bytes_done) : models::estimated_bytes(cache.repo);
  return bytes ? std::optional(*bytes / kBytesPerSecond) : std::nullopt;
}

Finding finding(const RuleContext& context, const api::ModelCache& cache, std::int64_t left, std::int64_t deadline) {
  constexpr std::int64_t kStep = 600;
  const document::View given = context.object.root()["spec"]["progressDeadlineSeconds"];
  const std::int64_t enough = (2 * left / kStep + 1) * kStep;
  return {.rule = "WG406",
          .message = "progressDeadlineSeconds is " + std::to_string(deadline) + (given ? "" : ", the default") +
                     ", and its Pods wait for ModelCache/" + cache.name + ", which takes about " +
                     std::to_string(left) + " s more: the rollout is reported as failed before the download is done",
          .help = "set progressDeadlineSeconds: " + std::to_string(enough) +
                  ", or apply the Deployment when the ModelCache is Ready; the Pods start all the same",
          .container = "",
          .subject = "progressDeadlineSeconds",
          .location = {given ? given.pointer() : "/spec", 0, 0, !given},
          .at_most = std::nullopt};
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  // Without a controller no Pod waits.
  if (!context.object.is("apps", "Deployment") || !context.facts.controller_active()) {
    return;
  }
  const document::View spec = context.object.root()["spec"];
  const std::int64_t deadline = spec["progressDeadlineSeconds"].integer().value_or(kDefaultDeadline);
  if (spec["paused"].boolean().value_or(false) || spec["replicas"].integer().value_or(1) == 0) {
    return;
  }
  const api::ModelCache* latest = nullptr;
  std::int64_t most = deadline;
  for (const models::TemplateReading& reading : context.readings) {
    for (const ModelUse& use : reading.uses) {
      const bool waits = serves_from_hub(use) && use.repo_known && !use.accelerators.empty();
      const api::ModelCache* cache = waits ? awaited(context, use) : nullptr;
      const std::optional<std::int64_t> left = cache != nullptr ? seconds_left(*cache) : std::nullopt;
      if (left && *left > most) {
        latest = cache;
        most = *left;
      }
    }
  }
  if (latest != nullptr) {
    findings.push_back(finding(context, *latest, most, deadline));
  }
}

}  // namespace

const Rule kWG406_DeadlineBeforeDownload = {
    .info = {.id = "WG406",
             .slug = "deadline-before-download",
             .default_action = api::Action::kWarn,
             .summary = "a Deployment's progressDeadlineSeconds ends before the download that its Pods wait for",
             .why = "Pods that wait for their ModelCache are not available, so the Deployment makes no progress and is "
                    "reported as failed (ProgressDeadlineExceeded): `kubectl rollout status` ends with an error and a "
                    "CD system may roll back, while the download goes on as it should.",
             .bad = "kind: Deployment\nspec:\n  # progressDeadlineSeconds: 600 by default; the model has 65 GB\n",
             .good = "kind: Deployment\nspec:\n  progressDeadlineSeconds: 3600\n",
             .misses = "Downloads of which neither the ModelCache's status nor the model's name tells the size. Where "
                       "the status does not tell how long it takes, 100 MB/s are assumed. It is said only where a "
                       "controller runs, which holds Pods back."},
    .check = check,
};

}  // namespace warmgate::rules
