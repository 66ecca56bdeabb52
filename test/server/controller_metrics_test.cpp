#include "warmgate/server/controller_metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "warmgate/server/metrics.h"

namespace warmgate::server {
namespace {

TEST(ControllerMetrics, TellOfTheWorkByClosedLabels) {
  ControllerMetrics metrics;
  metrics.reconciled("claim", "ok", 0.002);
  metrics.reconciled("claim/llm/secret-project", "fine", 0.002);
  metrics.api_call("apply", "modelcaches", 409);
  metrics.api_call("apply", "modelcaches", 418);
  metrics.event("limited");
  metrics.queue_waited(0.3);
  metrics.download(598);
  metrics.gate_released(612);
  metrics.set_caches("Ready", 7);
  metrics.set_bytes(65.5e9);
  metrics.set_gated_pods(8);
  metrics.set_queue_depth(3);
  metrics.set_leading(true);
  metrics.set_watch("pods", true);
  const std::string text = "\n" + metrics.text();
  for (const std::string line :
       {"warmgate_controller_reconciles_total{kind=\"claim\",result=\"ok\"} 1",
        "warmgate_controller_reconciles_total{kind=\"other\",result=\"other\"} 1",
        "warmgate_controller_reconcile_duration_seconds_bucket{kind=\"claim\",le=\"0.0025\"} 1",
        "warmgate_controller_api_calls_total{code=\"409\",resource=\"modelcaches\",verb=\"apply\"} 1",
        "warmgate_controller_api_calls_total{code=\"other\",resource=\"modelcaches\",verb=\"apply\"} 1",
        "warmgate_controller_events_total{result=\"limited\"} 1", "warmgate_controller_queue_wait_seconds_count 1",
        "warmgate_download_duration_seconds_bucket{le=\"600\"} 1",
        "warmgate_gate_duration_seconds_bucket{le=\"600\"} 0", "warmgate_model_caches{phase=\"Ready\"} 7",
        "warmgate_model_cache_bytes 65500000000", "warmgate_gated_pods 8", "warmgate_controller_queue_depth 3",
        "warmgate_controller_leader 1", "warmgate_controller_watch_synced{resource=\"pods\"} 1"}) {
    EXPECT_NE(text.find("\n" + line + "\n"), std::string::npos) << line << text;
  }
}

TEST(ControllerMetrics, StandBehindTheOthersOfTheProcess) {
  ControllerMetrics more;
  Metrics metrics;
  int updates = 0;
  metrics.before_text([&] { more.set_gated_pods(++updates); });
  metrics.append_text([&] { return more.text(); });
  EXPECT_NE(metrics.text().find("warmgate_gated_pods 1\n"), std::string::npos);
  EXPECT_NE(metrics.text().find("warmgate_build_info"), std::string::npos);
}

}  // namespace
}  // namespace warmgate::server
