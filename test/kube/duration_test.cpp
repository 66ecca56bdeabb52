#include "warmgate/kube/duration.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace warmgate::kube {
namespace {

using std::chrono::seconds;

TEST(Duration, IsReadAndWrittenAsPeopleWriteIt) {
  struct Case {
    const char* text;
    std::int64_t seconds;
    const char* written;
  };
  const std::vector<Case> cases = {
      {"0s", 0, "0s"},           {"45s", 45, "45s"},        {"90m", 5'400, "1h30m"}, {"24h", 86'400, "24h"},
      {"1h30m", 5'400, "1h30m"}, {"1d12h", 129'600, "36h"}, {"7d", 604'800, "168h"}, {"1h0m1s", 3'601, "1h1s"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(parse_duration(test.text), seconds(test.seconds)) << test.text;
    EXPECT_EQ(format_duration(seconds(test.seconds)), test.written);
    EXPECT_EQ(parse_duration(test.written), seconds(test.seconds)) << test.written;
  }
}

TEST(Duration, AnythingElseIsNone) {
  for (const char* text : {"", "24", "h", "-1h", "1h-5m", "5m1h", "1h1h", "1.5h", "24 h", " 24h", "24H", "1w", "100ms",
                           "99999999999999999999h", "3651d", "9223372036854775807s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace warmgate::kube
