#include "warmgate/server/controller_metrics.h"

#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <array>

#include "metric_families.h"

namespace warmgate::server {
namespace {

using namespace std::string_view_literals;
using Buckets = prometheus::Histogram::BucketBoundaries;

constexpr std::array kKinds{"claim"sv, "pod"sv};
constexpr std::array kResults{"ok"sv, "stale"sv, "error"sv, "exception"sv};
constexpr std::array kVerbs{"get"sv, "list"sv, "create"sv, "patch"sv, "apply"sv, "delete"sv, "log"sv};
constexpr std::array kResources{"modelcaches"sv,
                                "persistentvolumeclaims"sv,
                                "persistentvolumes"sv,
                                "storageclasses"sv,
                                "jobs"sv,
                                "pods"sv,
                                "nodes"sv,
                                "events"sv,
                                "leases"sv};
constexpr std::array kCodes{"0"sv,   "200"sv, "400"sv, "401"sv, "403"sv, "404"sv, "409"sv,
                            "410"sv, "422"sv, "429"sv, "500"sv, "503"sv, "504"sv};
constexpr std::array kEventResults{"told"sv, "known"sv, "limited"sv, "failed"sv};
constexpr std::array kPhases{"Pending"sv, "Downloading"sv, "Verifying"sv, "Ready"sv,
                             "Failed"sv,  "Suspended"sv,   "Deleting"sv};

// A look at a key computes, or waits for a few calls of 5 s each.
Buckets work_buckets() { return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}; }
// 65.5 GB take ten minutes at 110 MB/s; a day is the longest that a Pod is held by default.
Buckets wait_buckets() { return {1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14'400, 28'800, 86'400}; }

}  // namespace

struct ControllerMetrics::Impl : MetricFamilies {
  prometheus::Family<prometheus::Histogram>& histograms(const std::string& name, const std::string& help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  prometheus::Family<prometheus::Counter>& reconciles =
      counters("warmgate_controller_reconciles_total", "Looks at a key, by how they ended");
  prometheus::Family<prometheus::Histogram>& durations =
      histograms("warmgate_controller_reconcile_duration_seconds", "Time that a look at a key took");
  prometheus::Family<prometheus::Counter>& calls =
      counters("warmgate_controller_api_calls_total", "Calls of the API server, watches apart");
  prometheus::Family<prometheus::Counter>& events =
      counters("warmgate_controller_events_total", "Events that were to be told");
  prometheus::Histogram& waits =
      histograms("warmgate_controller_queue_wait_seconds", "Time that a key waited for a worker")
          .Add({}, work_buckets());
  prometheus::Histogram& downloads =
      histograms("warmgate_download_duration_seconds", "Time from the beginning of a download to its end")
          .Add({}, wait_buckets());
  prometheus::Histogram& gates =
      histograms("warmgate_gate_duration_seconds", "Time from a Pod's creation to the release of its gate")
          .Add({}, wait_buckets());
  prometheus::Family<prometheus::Gauge>& caches = gauges("warmgate_model_caches", "ModelCaches by phase");
  prometheus::Gauge& bytes = gauges("warmgate_model_cache_bytes", "Bytes of the ModelCaches that are ready").Add({});
  prometheus::Gauge& gated_pods = gauges("warmgate_gated_pods", "Pods that a gate holds").Add({});
  prometheus::Gauge& queue_depth = gauges("warmgate_controller_queue_depth", "Keys that wait for a worker").Add({});
  prometheus::Gauge& leader = gauges("warmgate_controller_leader", "1 in the process that holds the Lease").Add({});
  prometheus::Family<prometheus::Gauge>& watches =
      gauges("warmgate_controller_watch_synced", "1 when the objects of this type have been read from the cluster");
};

ControllerMetrics::ControllerMetrics() : impl_(std::make_unique<Impl>()) {}
ControllerMetrics::~ControllerMetrics() = default;

void ControllerMetrics::reconciled(std::string_view kind, std::string_view result, double seconds) {
  const std::string label = clamp(kind, kKinds);
  impl_->reconciles.Add({{"kind", label}, {"result", clamp(result, kResults)}}).Increment();
  impl_->durations.Add({{"kind", label}}, work_buckets()).Observe(seconds);
}

void ControllerMetrics::api_call(std::string_view verb, std::string_view resource, int code) {
  impl_->calls
      .Add({{"verb", clamp(verb, kVerbs)},
            {"resource", clamp(resource, kResources)},
            {"code", clamp(std::to_string(code), kCodes)}})
      .Increment();
}

void ControllerMetrics::queue_waited(double seconds) { impl_->waits.Observe(seconds); }

void ControllerMetrics::event(std::string_view result) {
  impl_->events.Add({{"result", clamp(result, kEventResults)}}).Increment();
}

void ControllerMetrics::download(double seconds) { impl_->downloads.Observe(seconds); }
void ControllerMetrics::gate_released(double seconds) { impl_->gates.Observe(seconds); }

void ControllerMetrics::set_caches(std::string_view phase, double number) {
  impl_->caches.Add({{"phase", clamp(phase, kPhases)}}).Set(number);
}

void ControllerMetrics::set_bytes(double bytes) { impl_->bytes.Set(bytes); }
void ControllerMetrics::set_gated_pods(double number) { impl_->gated_pods.Set(number); }
void ControllerMetrics::set_queue_depth(double number) { impl_->queue_depth.Set(number); }
void ControllerMetrics::set_leading(bool leading) { impl_->leader.Set(leading ? 1 : 0); }

void ControllerMetrics::set_watch(std::string_view resource, bool synced) {
  impl_->watches.Add({{"resource", clamp(resource, kResources)}}).Set(synced ? 1 : 0);
}

std::string ControllerMetrics::text() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace warmgate::server
