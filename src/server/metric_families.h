// MetricFamilies: a registry, and the families that Metrics and ControllerMetrics register in it. Thread-safe as
// prometheus-cpp is.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace warmgate::server {

struct MetricFamilies {
  prometheus::Family<prometheus::Counter>& counters(const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  prometheus::Family<prometheus::Gauge>& gauges(const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }

  prometheus::Registry registry;
};

// The value of a label from its closed set.
inline std::string clamp(std::string_view value, std::span<const std::string_view> known) {
  return std::find(known.begin(), known.end(), value) != known.end() ? std::string(value) : "other";
}

}  // namespace warmgate::server
