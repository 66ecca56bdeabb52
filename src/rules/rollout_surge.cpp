#include "rollout_surge.h"

#include <charconv>
#include <string_view>

namespace warmgate::rules {
namespace {

using document::View;

// k8s.io/kubernetes pkg/apis/apps/v1/defaults.go and argo-rollouts utils/defaults/defaults.go.
constexpr std::string_view kDefault = "25%";
constexpr std::int64_t kHundred = 100;
// int32 in the API.
constexpr std::int64_t kMost = 0x7fffffff;

// A number of Pods, or a share of `replicas` in percent: rounded up for a surge, down for what may be missing
// (k8s.io/kubernetes pkg/controller/deployment/util, ResolveFenceposts). nullopt for what the API server refuses.
std::optional<std::int64_t> pods_of(const View& value, std::int64_t replicas, bool up) {
  if (const std::optional<std::int64_t> count = value.integer()) {
    return *count >= 0 && *count <= kMost ? count : std::nullopt;
  }
  const std::string text = value ? value.text() : std::string(kDefault);
  std::int64_t percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc() || std::string_view(end, text.data() + text.size()) != "%" || percent < 0 ||
      percent > kMost) {
    return std::nullopt;
  }
  return (percent * replicas + (up ? kHundred - 1 : 0)) / kHundred;
}

std::optional<Surge> rolling(const View& settings, std::int64_t replicas, std::string mend) {
  const View max_surge = settings["maxSurge"];
  const std::optional<std::int64_t> surge = pods_of(max_surge, replicas, true);
  const std::optional<std::int64_t> missing = pods_of(settings["maxUnavailable"], replicas, false);
  // With neither, one Pod may be missing, so the old one ends first.
  const bool waits = surge && missing && *surge > 0 && replicas - *missing > 0;
  if (!waits) {
    return std::nullopt;
  }
  const std::string value = max_surge.integer() ? std::to_string(*max_surge.integer()) : max_surge.text();
  return Surge{max_surge ? "maxSurge " + value : "maxSurge " + std::string(kDefault) + ", the default",
               max_surge ? max_surge.pointer() : "", std::move(mend)};
}

}  // namespace

std::optional<Surge> rollout_surge(const kube::Object& object, const kube::PodTemplate& pod, std::int64_t replicas) {
  const View strategy = pod.strategy;
  if (object.is("apps", "Deployment")) {
    const bool rolls = !strategy["type"] || strategy["type"].text() == "RollingUpdate";
    return rolls ? rolling(strategy["rollingUpdate"], replicas, "set spec.strategy.type to Recreate") : std::nullopt;
  }
  if (const View canary = strategy["canary"]) {
    return rolling(canary, replicas, "set maxSurge to 0 and maxUnavailable to 1");
  }
  if (const View blue_green = strategy["blueGreen"]) {
    return Surge{"strategy blueGreen", blue_green.pointer(),
                 "take strategy canary with maxSurge 0 and maxUnavailable 1"};
  }
  return std::nullopt;
}

}  // namespace warmgate::rules
