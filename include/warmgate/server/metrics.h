// Metrics: Warmgate's Prometheus metrics. Label values come from closed sets (hook, operation, decision, rule, reason):
// never names or namespaces, so the number of series stays under 500 (kyverno issues 4959 and 8401 show why). A value
// outside its set counts as "other". warmgate_build_info{version} is always there.
// Owns its registry; thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace warmgate::server {

enum class Reloadable { kConfig, kCertificate };

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // warmgate_admission_requests_total{hook,operation,decision}; warmgate_admission_duration_seconds{hook}, buckets
  // 0.5 ms to 10 s. Hooks: validate, mutate; operations: CREATE, UPDATE, DELETE, CONNECT; decisions: allow, deny,
  // error.
  void admission(std::string_view hook, std::string_view operation, std::string_view decision, double seconds);
  // warmgate_rule_decisions_total{rule,action}. Rules: WG and three digits; actions: deny, warn, audit, off, waived.
  void rule_decision(std::string_view rule, std::string_view action);
  // warmgate_rejected_total{reason}: refused without a verdict. Reasons: path, method, transfer_encoding,
  // content_encoding, content_length, multipart, too_large, malformed, deadline, overload, tls, exception.
  void rejected(std::string_view reason);
  // warmgate_unchecked_total{reason}: verdicts that lack something. Reasons: stale_facts, scale_target,
  // access (rights that could not be asked about), controller (Pods that are not held back, for none runs).
  void unchecked(std::string_view reason);
  // warmgate_facts_synced{resource} (0 or 1) and, once it was, warmgate_facts_age_seconds{resource}: the time since the
  // API server confirmed what is known. Resources: persistentvolumeclaims, persistentvolumes, storageclasses,
  // modelcaches, horizontalpodautoscalers, pods, leases.
  void set_facts(std::string_view resource, bool synced, double age_seconds);
  // Called before each exposition, for gauges whose value is a matter of the moment. Once, before the first text().
  void before_text(std::function<void()> update);
  // What stands behind these metrics, in the same format. Once, before the first text().
  void append_text(std::function<std::string()> more);
  void panic();                        // warmgate_panics_total: caught exceptions
  void set_inflight(double value);     // warmgate_inflight
  void set_queue_depth(double value);  // warmgate_queue_depth
  void set_connections(double value);  // warmgate_connections
  // warmgate_cert_not_after_seconds{kind}. Kinds: serving, ca, client-ca.
  void set_certificate_expiry(std::string_view kind, double unix_seconds);

  // What is read anew while the process runs. warmgate_config_reload_total{result}, results: success, failure;
  // warmgate_config_last_reload_successful; warmgate_config_last_reload_success_timestamp_seconds. For the certificate
  // the same as warmgate_cert_….
  void reloaded(Reloadable what, bool success, double unix_seconds);
  // What was read at the start: sets the gauges, counts no reload.
  void loaded(Reloadable what, double unix_seconds);

  // The text exposition format, version 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::server
