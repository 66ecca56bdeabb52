// ControllerMetrics: the Prometheus metrics of `warmgate controller`. Labels come from closed sets, as those of Metrics
// do; a value outside its set counts as "other". Owns its registry; thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace warmgate::server {

class ControllerMetrics {
 public:
  ControllerMetrics();
  ~ControllerMetrics();
  ControllerMetrics(const ControllerMetrics&) = delete;
  ControllerMetrics& operator=(const ControllerMetrics&) = delete;

  // warmgate_controller_reconciles_total{kind,result}; warmgate_controller_reconcile_duration_seconds{kind}. Kinds:
  // claim, pod; results: ok, stale, error, exception.
  void reconciled(std::string_view kind, std::string_view result, double seconds);
  // warmgate_controller_api_calls_total{verb,resource,code}. Verbs: get, list, create, patch, apply, delete, log;
  // codes: of HTTP, 0 when there was no answer.
  void api_call(std::string_view verb, std::string_view resource, int code);
  void queue_waited(double seconds);    // warmgate_controller_queue_wait_seconds
  void event(std::string_view result);  // warmgate_controller_events_total{result}: told, known, limited, failed
  void download(double seconds);        // warmgate_download_duration_seconds
  void gate_released(double seconds);   // warmgate_gate_duration_seconds: from the Pod's creation to its release

  // warmgate_model_caches{phase}. Phases: Pending, Downloading, Verifying, Ready, Failed, Suspended, Deleting.
  void set_caches(std::string_view phase, double number);
  void set_bytes(double bytes);         // warmgate_model_cache_bytes: of those that are ready
  void set_gated_pods(double number);   // warmgate_gated_pods
  void set_queue_depth(double number);  // warmgate_controller_queue_depth: keys that wait for a worker
  void set_leading(bool leading);       // warmgate_controller_leader
  void set_watch(std::string_view resource, bool synced);  // warmgate_controller_watch_synced{resource}

  // The text exposition format, version 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::server
