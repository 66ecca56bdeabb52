#include "warmgate/kube/quantity.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace warmgate::kube {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kGi = std::int64_t{1} << 30;

TEST(ParseQuantity, TableOfAmounts) {
  const std::vector<std::pair<const char*, std::int64_t>> cases = {
      {"0", 0},
      {"8", 8},
      {"+8", 8},
      {"-8", -8},
      {"007", 7},
      {"1.", 1},
      {".5", 1},
      {"8.0", 8},
      // binary suffixes
      {"1Ki", 1024},
      {"1Mi", 1048576},
      {"64Gi", 64 * kGi},
      {"1.5Ti", 1536 * kGi},
      {"2Pi", 2 * kGi * kGi / 1024},
      {"1Ei", kGi * kGi},
      {"0.5Ki", 512},
      {"1.1Gi", 1181116007},
      // decimal suffixes
      {"1k", 1000},
      {"1M", 1000000},
      {"80G", 80000000000},
      {"1T", 1000000000000},
      {"1P", 1000000000000000},
      {"9E", 9000000000000000000},
      {"1.5k", 1500},
      // parts of one are rounded up, and what makes whole ones is exact
      {"1n", 1},
      {"1u", 1},
      {"1m", 1},
      {"500m", 1},
      {"999m", 1},
      {"1000m", 1},
      {"1001m", 2},
      {"3000m", 3},
      {"7000000u", 7},
      {"7000000001n", 8},
      {"0.1", 1},
      {"-1500m", -2},
      {"0m", 0},
      {"0.0", 0},
      {"-0", 0},
      // decimal exponents
      {"1e3", 1000},
      {"1E3", 1000},
      {"1e+3", 1000},
      {"15e-1", 2},
      {"1000e-3", 1},
      {"5e0", 5},
      {"1E", 1000000000000000000},
      {"0e99999", 0},
      {"1e-99999", 1},
      // more than an int64 holds
      {"9223372036854775807", kMax},
      {"9223372036854775808", kMax},
      {"8Ei", kMax},
      {"100E", kMax},
      {"1e19", kMax},
      {"1e99999", kMax},
      {"-1e30", -kMax},
      {"99999999999999999999999999999999", kMax},
      // Quantity.UnmarshalJSON trims
      {" 1Gi\n", kGi},
  };
  for (const auto& [text, amount] : cases) {
    EXPECT_EQ(parse_quantity(text), amount) << text;
  }
}

TEST(ParseQuantity, EveryWholeNumberOfThousandthsIsExact) {
  for (std::int64_t number = 0; number < 5000; ++number) {
    EXPECT_EQ(parse_quantity(std::to_string(number * 1000) + "m"), number);
    EXPECT_EQ(parse_quantity(std::to_string(number) + ".000"), number);
    EXPECT_EQ(parse_quantity(std::to_string(number * 1000000) + "u"), number);
  }
}

// The invalid ones of apimachinery's quantity_test.go are among them.
TEST(ParseQuantity, GarbageIsRefused) {
  for (const std::string text :
       {"",      " ",     "Gi",  "m",   ".",      "+",       "-",     "-.",      "1.1.M", "1+1.0M",        "0.1mi",
        "0.1am", "aoeu",  ".5i", "1i",  "-3.01i", "-3.01e-", "1ki",   "1K",      "1KI",   "1GiB",          "1GB",
        "64 Gi", "64gb",  "1e",  "1e+", "1e-",    "1e+-2",   "1e--2", "1e3k",    "1e3.5", "1e99999999999", "0x10",
        "1,5",   "1_000", "NaN", "inf", "--1",    "+-1",     "1-",    "\xD9\xA1"}) {
    EXPECT_EQ(parse_quantity(text), std::nullopt) << "\"" << text << "\"";
  }
  EXPECT_EQ(parse_quantity(std::string(1'000'000, '9')), std::nullopt);
}

TEST(FormatBytes, TableOfSizes) {
  const std::vector<std::pair<std::int64_t, const char*>> cases = {
      {0, "0"},           {1023, "1023"},           {1024, "1Ki"},
      {64 * kGi, "64Gi"}, {1536 * kGi, "1.5Ti"},    {kGi - 1, "1024.0Mi"},
      {kGi * kGi, "1Ei"}, {812 * 1048576, "812Mi"},
  };
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(format_bytes(bytes), text);
  }
}

TEST(FormatDecimalBytes, TableOfSizes) {
  const std::vector<std::pair<std::int64_t, const char*>> cases = {
      {0, "0.0 kB"},
      {1'500, "1.5 kB"},
      {999'949, "999.9 kB"},
      {999'950, "1.0 MB"},
      {65'527'000'000, "65.5 GB"},
      {1'300'000'000'000, "1.3 TB"},
      {9'223'372'036'854'775'807, "9223.4 PB"},
  };
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(format_decimal_bytes(bytes), text);
  }
}

}  // namespace
}  // namespace warmgate::kube
