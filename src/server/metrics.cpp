#include "warmgate/server/metrics.h"

#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <set>

#include "metric_families.h"
#include "warmgate/base/version.h"

namespace warmgate::server {
namespace {

using namespace std::string_view_literals;

constexpr std::array kHooks{"validate"sv, "mutate"sv};
constexpr std::array kOperations{"CREATE"sv, "UPDATE"sv, "DELETE"sv, "CONNECT"sv};
constexpr std::array kDecisions{"allow"sv, "deny"sv, "error"sv};
constexpr std::array kActions{"deny"sv, "warn"sv, "audit"sv, "off"sv, "waived"sv};
constexpr std::array kReasons{
    "path"sv,      "method"sv,    "transfer_encoding"sv, "content_encoding"sv, "content_length"sv,
    "multipart"sv, "too_large"sv, "malformed"sv,         "deadline"sv,         "overload"sv,
    "tls"sv,       "exception"sv};
constexpr std::array kUnchecked{"stale_facts"sv, "scale_target"sv, "access"sv, "controller"sv};
constexpr std::array kResources{"persistentvolumeclaims"sv,
                                "persistentvolumes"sv,
                                "storageclasses"sv,
                                "modelcaches"sv,
                                "horizontalpodautoscalers"sv,
                                "pods"sv,
                                "leases"sv};
constexpr std::array kCertificateKinds{"serving"sv, "ca"sv, "client-ca"sv};
// The catalogue has about 40 rules; a caller that makes ids up must not make series up.
constexpr std::size_t kMaxRules = 64;

bool is_rule_id(std::string_view text) {
  return text.size() == 5 && text.substr(0, 2) == "WG" &&
         std::all_of(text.begin() + 2, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

prometheus::Histogram::BucketBoundaries duration_buckets() {
  // Up to the default timeout of a webhook, 10 s (gatekeeper issue 4037).
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

struct ReloadMetrics {
  prometheus::Counter& successes;
  prometheus::Counter& failures;
  prometheus::Gauge& last_successful;
  prometheus::Gauge& last_success;
};

}  // namespace

struct Metrics::Impl : MetricFamilies {
  // Both results from the start, so that a rate over them has a beginning.
  ReloadMetrics reloads(const std::string& prefix, const std::string& what) {
    auto& total = counters(prefix + "_reload_total", "Times that " + what + " was read anew");
    return {total.Add({{"result", "success"}}), total.Add({{"result", "failure"}}),
            gauges(prefix + "_last_reload_successful", "0 while the files cannot be used and older ones are").Add({}),
            gauges(prefix + "_last_reload_success_timestamp_seconds", "When " + what + " was last read, Unix time")
                .Add({})};
  }

  std::string rule_label(std::string_view rule) {
    if (!is_rule_id(rule)) {
      return "other";
    }
    const std::lock_guard lock(mutex);
    std::string label(rule);
    if (rules.count(label) == 0 && rules.size() >= kMaxRules) {
      return "other";
    }
    rules.insert(label);
    return label;
  }

  prometheus::Family<prometheus::Counter>& requests =
      counters("warmgate_admission_requests_total", "Admission requests answered");
  prometheus::Family<prometheus::Histogram>& durations = prometheus::BuildHistogram()
                                                             .Name("warmgate_admission_duration_seconds")
                                                             .Help("Time from the whole request to its answer")
                                                             .Register(registry);
  prometheus::Family<prometheus::Counter>& rule_decisions =
      counters("warmgate_rule_decisions_total", "Findings by rule and the action that the policy took");
  prometheus::Family<prometheus::Counter>& rejections =
      counters("warmgate_rejected_total", "Connections and requests refused without a verdict");
  prometheus::Family<prometheus::Counter>& unchecked =
      counters("warmgate_unchecked_total", "Verdicts that lack something they should rest on");
  prometheus::Family<prometheus::Gauge>& facts_synced =
      gauges("warmgate_facts_synced", "1 when the objects of this type have been read from the cluster");
  prometheus::Family<prometheus::Gauge>& facts_age =
      gauges("warmgate_facts_age_seconds", "Time since the API server confirmed what is known of this type");
  std::function<void()> update;
  std::function<std::string()> more;
  prometheus::Counter& panics = counters("warmgate_panics_total", "Exceptions that were caught at a border").Add({});
  prometheus::Gauge& inflight = gauges("warmgate_inflight", "Requests that are being judged").Add({});
  prometheus::Gauge& queue_depth = gauges("warmgate_queue_depth", "Connections that wait for a worker").Add({});
  prometheus::Gauge& connections = gauges("warmgate_connections", "Open HTTPS connections").Add({});
  prometheus::Family<prometheus::Gauge>& expiry =
      gauges("warmgate_cert_not_after_seconds", "When the certificate expires, Unix time");
  ReloadMetrics config = reloads("warmgate_config", "the configuration (policy, engines, facts)");
  ReloadMetrics certificate = reloads("warmgate_cert", "the serving certificate");
  std::mutex mutex;
  std::set<std::string> rules;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {
  impl_->gauges("warmgate_build_info", "1, labelled with the version")
      .Add({{"version", std::string(base::version())}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::admission(std::string_view hook, std::string_view operation, std::string_view decision, double seconds) {
  const std::string hook_label = clamp(hook, kHooks);
  impl_->requests
      .Add({{"hook", hook_label},
            {"operation", clamp(operation, kOperations)},
            {"decision", clamp(decision, kDecisions)}})
      .Increment();
  impl_->durations.Add({{"hook", hook_label}}, duration_buckets()).Observe(seconds);
}

void Metrics::rule_decision(std::string_view rule, std::string_view action) {
  impl_->rule_decisions.Add({{"rule", impl_->rule_label(rule)}, {"action", clamp(action, kActions)}}).Increment();
}

void Metrics::rejected(std::string_view reason) {
  impl_->rejections.Add({{"reason", clamp(reason, kReasons)}}).Increment();
}

void Metrics::unchecked(std::string_view reason) {
  impl_->unchecked.Add({{"reason", clamp(reason, kUnchecked)}}).Increment();
}

void Metrics::set_facts(std::string_view resource, bool synced, double age_seconds) {
  const std::string label = clamp(resource, kResources);
  impl_->facts_synced.Add({{"resource", label}}).Set(synced ? 1 : 0);
  if (synced) {
    impl_->facts_age.Add({{"resource", label}}).Set(age_seconds);
  }
}

void Metrics::before_text(std::function<void()> update) { impl_->update = std::move(update); }
void Metrics::append_text(std::function<std::string()> more) { impl_->more = std::move(more); }

void Metrics::panic() { impl_->panics.Increment(); }
void Metrics::set_inflight(double value) { impl_->inflight.Set(value); }
void Metrics::set_queue_depth(double value) { impl_->queue_depth.Set(value); }
void Metrics::set_connections(double value) { impl_->connections.Set(value); }

void Metrics::set_certificate_expiry(std::string_view kind, double unix_seconds) {
  impl_->expiry.Add({{"kind", clamp(kind, kCertificateKinds)}}).Set(unix_seconds);
}

void Metrics::reloaded(Reloadable what, bool success, double unix_seconds) {
  const ReloadMetrics& metrics = what == Reloadable::kConfig ? impl_->config : impl_->certificate;
  (success ? metrics.successes : metrics.failures).Increment();
  metrics.last_successful.Set(success ? 1 : 0);
  if (success) {
    metrics.last_success.Set(unix_seconds);
  }
}

void Metrics::loaded(Reloadable what, double unix_seconds) {
  const ReloadMetrics& metrics = what == Reloadable::kConfig ? impl_->config : impl_->certificate;
  metrics.last_successful.Set(1);
  metrics.last_success.Set(unix_seconds);
}

std::string Metrics::text() const {
  if (impl_->update) {
    impl_->update();
  }
  const std::string text = prometheus::TextSerializer().Serialize(impl_->registry.Collect());
  return impl_->more ? text + impl_->more() : text;
}

}  // namespace warmgate::server
