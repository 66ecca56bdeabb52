#include "warmgate/kube/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "warmgate/base/text.h"

namespace warmgate::kube {
namespace {

struct Suffix {
  std::string_view text;
  int base;
  int exponent;
};
// k8s.io/apimachinery/pkg/api/resource/suffix.go
constexpr std::array<Suffix, 16> kSuffixes = {{{"n", 10, -9},
                                               {"u", 10, -6},
                                               {"m", 10, -3},
                                               {"", 10, 0},
                                               {"k", 10, 3},
                                               {"M", 10, 6},
                                               {"G", 10, 9},
                                               {"T", 10, 12},
                                               {"P", 10, 15},
                                               {"E", 10, 18},
                                               {"Ki", 2, 10},
                                               {"Mi", 2, 20},
                                               {"Gi", 2, 30},
                                               {"Ti", 2, 40},
                                               {"Pi", 2, 50},
                                               {"Ei", 2, 60}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A suffix or a decimal exponent ("e3", "E-2"); nullopt for anything else.
std::optional<Suffix> parse_suffix(std::string_view suffix) {
  for (const Suffix& candidate : kSuffixes) {
    if (candidate.text == suffix) {
      return candidate;
    }
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) {
    return std::nullopt;
  }
  suffix.remove_prefix(suffix[1] == '+' && suffix.size() > 2 && is_digit(suffix[2]) ? 2 : 1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (error != std::errc() || end != suffix.data() + suffix.size()) {
    return std::nullopt;
  }
  // Far beyond what the digits of a number can make up for: almost zero or more than int64 either way.
  constexpr int kMaxExponent = 200;
  return Suffix{"", 10, std::clamp(exponent, -kMaxExponent, kMaxExponent)};
}

long double power_of_ten(int exponent) { return std::pow(10.0L, static_cast<long double>(exponent)); }

}  // namespace

std::optional<std::int64_t> parse_quantity(std::string_view text) {
  // No amount needs as much; longer ones are refused rather than summed up.
  constexpr std::size_t kMaxLength = 64;
  text = base::trim(text);  // as Quantity.UnmarshalJSON does
  if (text.size() > kMaxLength) {
    return std::nullopt;
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  std::size_t end = 0;
  long double number = 0;
  int decimals = 0;
  bool fraction = false;
  for (; end < text.size() && (is_digit(text[end]) || (text[end] == '.' && !fraction)); ++end) {
    if (text[end] == '.') {
      fraction = true;
      continue;
    }
    number = number * 10 + static_cast<long double>(text[end] - '0');
    decimals += fraction ? 1 : 0;
  }
  const std::optional<Suffix> suffix = parse_suffix(text.substr(end));
  const bool only_dot = end == 1 && fraction;
  if (end == 0 || only_dot || !suffix) {
    return std::nullopt;
  }
  // One division by a power of ten: 1000m is exactly 1, which 1000 times 0.001 need not be.
  const int tens = (suffix->base == 10 ? suffix->exponent : 0) - decimals;
  number = std::ldexp(number, suffix->base == 2 ? suffix->exponent : 0);
  const long double amount = std::ceil(tens < 0 ? number / power_of_ten(-tens) : number * power_of_ten(tens));
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const std::int64_t whole = amount >= static_cast<long double>(kMax) ? kMax : static_cast<std::int64_t>(amount);
  return negative ? -whole : whole;
}

std::string format_bytes(std::int64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {"Ei", "Pi", "Ti", "Gi", "Mi", "Ki"};
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const auto unit = static_cast<double>(std::int64_t{1} << (60 - 10 * i));
    const double amount = static_cast<double>(bytes) / unit;
    if (amount >= 1) {
      std::array<char, 32> buffer{};
      const bool whole = std::floor(amount) == amount;
      std::snprintf(buffer.data(), buffer.size(), whole ? "%.0f" : "%.1f", amount);
      return std::string(buffer.data()).append(kUnits[i]);
    }
  }
  return std::to_string(bytes);
}

std::string format_decimal_bytes(std::int64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"kB", "MB", "GB", "TB", "PB"};
  constexpr double kStep = 1000;
  constexpr double kNext = 999.95;  // it and more would be shown as 1000.0
  double amount = static_cast<double>(bytes) / kStep;
  std::size_t unit = 0;
  while (amount >= kNext && unit + 1 < kUnits.size()) {
    amount /= kStep;
    ++unit;
  }
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f %s", amount, kUnits[unit]);
  return buffer.data();
}

}  // namespace warmgate::kube
