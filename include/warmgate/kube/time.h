// Times as Kubernetes objects hold them (RFC 3339 in UTC). Pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace warmgate::kube {

using WallTime = std::chrono::system_clock::time_point;

// metav1.Time: "2026-11-26T13:25:49Z".
std::string to_time(WallTime time);
// metav1.MicroTime: "2026-11-26T13:25:49.000123Z".
std::string to_micro_time(WallTime time);

// Either form, with "Z" as the API server writes it; nullopt for anything else.
std::optional<WallTime> read_time(std::string_view text);

}  // namespace warmgate::kube
