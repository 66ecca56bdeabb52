#include "warmgate/kube/time.h"

#include <time.h>  // timegm, gmtime_r: POSIX, not in <ctime>

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace warmgate::kube {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

std::string date_and_time(WallTime time) {
  const std::time_t whole = system_clock::to_time_t(std::chrono::floor<seconds>(time));
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts)};
}

// The microseconds of ".000123"; more digits (nanoseconds) are cut.
std::optional<microseconds> read_fraction(std::string_view text) {
  constexpr std::size_t kDigits = 6;
  if (text.empty()) {
    return microseconds(0);
  }
  if (text.front() != '.' || text.size() == 1 || text.find_first_not_of("0123456789", 1) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string digits(text.substr(1, kDigits));
  digits.resize(kDigits, '0');
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return microseconds(value);
}

}  // namespace

std::string to_time(WallTime time) { return date_and_time(time) + "Z"; }

std::string to_micro_time(WallTime time) {
  const microseconds fraction = std::chrono::floor<microseconds>(time) - std::chrono::floor<seconds>(time);
  const std::string digits = std::to_string(fraction.count());
  return date_and_time(time) + "." + std::string(6 - digits.size(), '0') + digits + "Z";
}

std::optional<WallTime> read_time(std::string_view text) {
  constexpr std::size_t kWhole = 19;  // "2026-11-26T13:25:49"
  if (text.size() <= kWhole || text.size() > 64 || text.back() != 'Z') {
    return std::nullopt;
  }
  const std::string whole(text.substr(0, kWhole));
  std::tm parts{};
  const char* end = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  const std::optional<microseconds> fraction = read_fraction(text.substr(kWhole, text.size() - kWhole - 1));
  if (end == nullptr || *end != '\0' || !fraction) {
    return std::nullopt;
  }
  return system_clock::from_time_t(::timegm(&parts)) + *fraction;
}

}  // namespace warmgate::kube
