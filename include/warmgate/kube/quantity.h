// Kubernetes quantities ("64Gi", "500m", "1e3"). Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace warmgate::kube {

// The amount in whole units, rounded away from zero (resource.Quantity.Value()), at most 2^63-1 either way; nullopt for
// what the API server would refuse, and for forms without a digit that it takes for 0 ("Gi", ".").
std::optional<std::int64_t> parse_quantity(std::string_view text);

// "64Gi", "1.5Ti", "812Mi": for messages.
std::string format_bytes(std::int64_t bytes);

// "65.5 GB": decimal, as the Hub shows sizes.
std::string format_decimal_bytes(std::int64_t bytes);

}  // namespace warmgate::kube
