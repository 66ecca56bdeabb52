// The annotation warmgate.dev/waits-for (names.h): the ModelCaches that a gated Pod waits for, as
// "cache=org/name@commit" with commas between. The webhook writes it, the controller reads it, and anybody who may
// write Pods can put anything there. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warmgate::api {

struct WaitedFor {
  std::string cache;     // name of the ModelCache
  std::string repo;      // "org/name"
  std::string revision;  // a full commit
  friend bool operator==(const WaitedFor&, const WaitedFor&) = default;
};

// More models than that no Pod loads.
inline constexpr std::size_t kMaxWaitedFor = 32;

// Each once, in their order. nullopt when any part of it is no such entry, or it is empty, or it has more than
// kMaxWaitedFor: a Pod that waits for a half-read list could start too early.
std::optional<std::vector<WaitedFor>> parse_waits_for(std::string_view annotation);

std::string format_waits_for(const std::vector<WaitedFor>& all);

}  // namespace warmgate::api
