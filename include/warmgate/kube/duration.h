// Durations in manifests: "90m", "24h", "1h30m". Pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace warmgate::kube {

// Whole numbers with d, h, m or s, the larger unit first: what metav1.Duration takes (Go's time.ParseDuration) as far
// as people write it, and days. At most ten years; nullopt for anything else.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

// "24h", "1h30m", "45s": reads back as the same. Nothing is negative.
std::string format_duration(std::chrono::seconds duration);

}  // namespace warmgate::kube
