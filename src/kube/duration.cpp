#include "warmgate/kube/duration.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace warmgate::kube {
namespace {

using std::chrono::seconds;

struct Unit {
  char letter;
  std::int64_t seconds;
};
constexpr std::array<Unit, 4> kUnits = {{{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};
constexpr std::int64_t kMost = 10LL * 365 * 86'400;

}  // namespace

std::optional<seconds> parse_duration(std::string_view text) {
  std::int64_t total = 0;
  const char* const end = text.data() + text.size();
  const char* at = text.data();
  for (const Unit& unit : kUnits) {
    std::int64_t amount = 0;
    const auto [stop, error] = std::from_chars(at, end, amount);
    if (error == std::errc() && stop != end && *stop == unit.letter) {
      if (amount < 0 || amount > kMost) {
        return std::nullopt;
      }
      total += amount * unit.seconds;
      at = stop + 1;
    }
  }
  const bool whole = !text.empty() && at == end;
  return whole && total <= kMost ? std::optional(seconds(total)) : std::nullopt;
}

std::string format_duration(seconds duration) {
  std::string out;
  std::int64_t rest = duration.count();
  for (const Unit& unit : kUnits) {
    if (unit.letter != 'd' && rest >= unit.seconds) {  // people compare hours, and Go knows no days
      out += std::to_string(rest / unit.seconds) + unit.letter;
      rest %= unit.seconds;
    }
  }
  return out.empty() ? "0s" : out;
}

}  // namespace warmgate::kube
