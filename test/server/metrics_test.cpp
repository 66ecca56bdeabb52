#include "warmgate/server/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "warmgate/base/text.h"
#include "warmgate/base/version.h"

namespace warmgate::server {
namespace {

bool has_line(const Metrics& metrics, const std::string& line) {
  return ("\n" + metrics.text()).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, CountsAdmissionsByClosedLabels) {
  Metrics metrics;
  metrics.admission("validate", "CREATE", "deny", 0.002);
  metrics.admission("validate", "CREATE", "deny", 20);
  EXPECT_TRUE(has_line(metrics,
                       "warmgate_admission_requests_total{decision=\"deny\",hook=\"validate\",operation=\"CREATE\"} 2"))
      << metrics.text();
  EXPECT_TRUE(has_line(metrics, "warmgate_admission_duration_seconds_bucket{hook=\"validate\",le=\"0.0025\"} 1"));
  EXPECT_TRUE(has_line(metrics, "warmgate_admission_duration_seconds_bucket{hook=\"validate\",le=\"10\"} 1"));
  EXPECT_TRUE(has_line(metrics, "warmgate_admission_duration_seconds_bucket{hook=\"validate\",le=\"+Inf\"} 2"));
}

TEST(Metrics, ValuesOutsideTheirSetBecomeOther) {
  Metrics metrics;
  metrics.admission("x\"} 1\nevil", "PATCH", "maybe", 0.1);
  metrics.rule_decision("WG10a", "explode");
  metrics.rejected("pod-name");
  metrics.set_certificate_expiry("tenant", 5);
  EXPECT_TRUE(
      has_line(metrics, "warmgate_admission_requests_total{decision=\"other\",hook=\"other\",operation=\"other\"} 1"))
      << metrics.text();
  EXPECT_TRUE(has_line(metrics, "warmgate_rule_decisions_total{action=\"other\",rule=\"other\"} 1"));
  EXPECT_TRUE(has_line(metrics, "warmgate_rejected_total{reason=\"other\"} 1"));
  EXPECT_TRUE(has_line(metrics, "warmgate_cert_not_after_seconds{kind=\"other\"} 5"));
}

TEST(Metrics, CountReloadsByResultAndKeepTheTimeOfTheLastGoodOne) {
  Metrics metrics;
  metrics.loaded(Reloadable::kConfig, 1'700'000'000);
  for (const std::string line :
       {"warmgate_config_reload_total{result=\"success\"} 0", "warmgate_config_reload_total{result=\"failure\"} 0",
        "warmgate_config_last_reload_successful 1",
        "warmgate_config_last_reload_success_timestamp_seconds 1700000000"}) {
    EXPECT_TRUE(has_line(metrics, line)) << line << "\n" << metrics.text();
  }
  metrics.reloaded(Reloadable::kConfig, true, 1'700'000'001);
  metrics.reloaded(Reloadable::kConfig, false, 1'700'000'002);
  metrics.reloaded(Reloadable::kCertificate, true, 1'700'000'003);
  for (const std::string line :
       {"warmgate_config_reload_total{result=\"success\"} 1", "warmgate_config_reload_total{result=\"failure\"} 1",
        "warmgate_config_last_reload_successful 0", "warmgate_config_last_reload_success_timestamp_seconds 1700000001",
        "warmgate_cert_reload_total{result=\"success\"} 1", "warmgate_cert_last_reload_successful 1",
        "warmgate_cert_last_reload_success_timestamp_seconds 1700000003"}) {
    EXPECT_TRUE(has_line(metrics, line)) << line << "\n" << metrics.text();
  }
}

TEST(Metrics, CountWaivedFindings) {
  Metrics metrics;
  metrics.rule_decision("WG205", "waived");
  EXPECT_TRUE(has_line(metrics, "warmgate_rule_decisions_total{action=\"waived\",rule=\"WG205\"} 1"));
}

TEST(Metrics, GaugesPanicsAndBuildInfo) {
  Metrics metrics;
  metrics.panic();
  metrics.set_inflight(2);
  metrics.set_queue_depth(3);
  metrics.set_connections(4);
  metrics.set_certificate_expiry("serving", 1'900'000'000);
  metrics.rule_decision("WG101", "deny");
  for (const std::string line :
       {"warmgate_panics_total 1", "warmgate_inflight 2", "warmgate_queue_depth 3", "warmgate_connections 4",
        "warmgate_cert_not_after_seconds{kind=\"serving\"} 1900000000",
        "warmgate_rule_decisions_total{action=\"deny\",rule=\"WG101\"} 1"}) {
    EXPECT_TRUE(has_line(metrics, line)) << line << "\n" << metrics.text();
  }
  EXPECT_TRUE(has_line(metrics, "warmgate_build_info{version=\"" + std::string(base::version()) + "\"} 1"));
}

TEST(Metrics, TellsOfTheFactsAtTheMomentOfTheExposition) {
  Metrics metrics;
  double age = 3;
  metrics.before_text([&] {
    metrics.set_facts("pods", true, age);
    metrics.set_facts("modelcaches", false, 0);
  });
  EXPECT_TRUE(has_line(metrics, "warmgate_facts_synced{resource=\"pods\"} 1")) << metrics.text();
  EXPECT_TRUE(has_line(metrics, "warmgate_facts_age_seconds{resource=\"pods\"} 3"));
  EXPECT_TRUE(has_line(metrics, "warmgate_facts_synced{resource=\"modelcaches\"} 0"));
  EXPECT_EQ(metrics.text().find("warmgate_facts_age_seconds{resource=\"modelcaches\"}"), std::string::npos);
  age = 77;
  EXPECT_TRUE(has_line(metrics, "warmgate_facts_age_seconds{resource=\"pods\"} 77"));
  metrics.unchecked("scale_target");
  metrics.unchecked("Deployment/vllm");
  EXPECT_TRUE(has_line(metrics, "warmgate_unchecked_total{reason=\"scale_target\"} 1"));
  EXPECT_TRUE(has_line(metrics, "warmgate_unchecked_total{reason=\"other\"} 1"));
}

TEST(Metrics, StaysUnder500SeriesWhateverIsReported) {
  Metrics metrics;
  for (int i = 0; i < 1000; ++i) {
    const std::string digits = std::to_string(1000 + i).substr(1);
    for (const std::string action : {"deny", "warn", "audit", "off", "x"}) {
      metrics.rule_decision("WG" + digits, action);
    }
    metrics.rejected("reason" + digits);
  }
  for (const std::string hook : {"validate", "mutate", "x"}) {
    for (const std::string operation : {"CREATE", "UPDATE", "DELETE", "CONNECT", "x"}) {
      for (const std::string decision : {"allow", "deny", "error", "x"}) {
        metrics.admission(hook, operation, decision, 1);
      }
    }
  }
  const std::string text = metrics.text();
  const auto lines = base::split(text, '\n');
  const auto series =
      std::count_if(lines.begin(), lines.end(), [](std::string_view l) { return !l.empty() && l[0] != '#'; });
  EXPECT_LT(series, 500);
}

}  // namespace
}  // namespace warmgate::server
