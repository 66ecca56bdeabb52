#include "warmgate/kube/time.h"

#include <gtest/gtest.h>

namespace warmgate::kube {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

const WallTime kTime = WallTime(seconds(1'795'699'549)) + microseconds(123);

TEST(Time, IsWrittenAsKubernetesWritesIt) {
  EXPECT_EQ(to_time(kTime), "2026-11-26T13:25:49Z");
  EXPECT_EQ(to_micro_time(kTime), "2026-11-26T13:25:49.000123Z");
  EXPECT_EQ(to_micro_time(WallTime(seconds(0))), "1970-01-01T00:00:00.000000Z");
}

TEST(Time, IsReadInBothFormsAndNothingElse) {
  EXPECT_EQ(read_time("2026-11-26T13:25:49.000123Z"), kTime);
  EXPECT_EQ(read_time("2026-11-26T13:25:49Z"), kTime - microseconds(123));
  EXPECT_EQ(read_time("2026-11-26T13:25:49.5Z"), kTime - microseconds(123) + microseconds(500'000));
  EXPECT_EQ(read_time("2026-11-26T13:25:49.000123999Z"), kTime);
  for (const char* text : {"", "Z", "2026-11-26", "2026-11-26T13:25:49", "2026-11-26T13:25:49+01:00",
                           "2026-11-26T13:25:49.Z", "2026-11-26T13:25:49.xZ", "2026-13-26T13:25:49Z", "tomorrow"}) {
    EXPECT_EQ(read_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace warmgate::kube
