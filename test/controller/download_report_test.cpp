#include "warmgate/controller/download_report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace warmgate::controller {
namespace {

using std::chrono::seconds;

const WallTime kNow{seconds{1'000'000}};

std::string line(std::int64_t bytes, std::int64_t total, int files, bool verifying = false) {
  return R"({"progress":{"bytes":)" + std::to_string(bytes) + R"(,"total":)" + std::to_string(total) + R"(,"files":)" +
         std::to_string(files) + R"(,"verifying":)" + (verifying ? "true" : "false") + "}}\n";
}

TEST(ReadProgress, TakesTheNewestLineOfALog) {
  const std::optional<Progress> progress =
      read_progress("Collecting huggingface_hub\n" + line(1, 100, 1) + line(42, 100, 2, true) + "{\"progress\":{\"by",
                    std::nullopt, kNow);
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->bytes_done, 42);
  EXPECT_EQ(progress->bytes_total, 100);
  EXPECT_EQ(progress->files, 2);
  EXPECT_TRUE(progress->verifying);
  EXPECT_EQ(progress->at, kNow);
  EXPECT_EQ(progress->advanced_at, kNow);
  EXPECT_EQ(progress->bytes_per_second, 0);
}

TEST(ReadProgress, ATimeInFrontIsNoHindrance) {
  EXPECT_EQ(read_progress("2026-11-26T13:00:00.000000001Z " + line(5, 0, 0), std::nullopt, kNow)->bytes_done, 5);
}

TEST(ReadProgress, WithoutALineStaysWhatWasKnown) {
  EXPECT_FALSE(read_progress("", std::nullopt, kNow));
  EXPECT_FALSE(read_progress("Downloading\n", std::nullopt, kNow));
  const std::optional<Progress> before = read_progress(line(5, 10, 1), std::nullopt, kNow);
  EXPECT_EQ(read_progress("", before, kNow + seconds{60})->at, kNow);
}

TEST(ReadProgress, TheSpeedIsThatOfTheLastMinute) {
  std::optional<Progress> progress = read_progress(line(0, 10'000, 0), std::nullopt, kNow);
  progress = read_progress(line(1000, 10'000, 1), progress, kNow + seconds{10});
  EXPECT_DOUBLE_EQ(progress->bytes_per_second, 100);
  progress = read_progress(line(4000, 10'000, 1), progress, kNow + seconds{20});
  EXPECT_DOUBLE_EQ(progress->bytes_per_second, 200);
  // The same line again, as it is between two of them.
  progress = read_progress(line(4000, 10'000, 1), progress, kNow + seconds{22});
  EXPECT_DOUBLE_EQ(progress->bytes_per_second, 200);
  EXPECT_EQ(progress->at, kNow + seconds{20});
  EXPECT_EQ(progress->advanced_at, kNow + seconds{20});
  progress = read_progress(line(4000, 10'000, 1), progress, kNow + seconds{40});
  EXPECT_DOUBLE_EQ(progress->bytes_per_second, 100);
  EXPECT_EQ(progress->at, kNow + seconds{40});
  EXPECT_EQ(progress->advanced_at, kNow + seconds{20});
}

TEST(ReadProgress, ANewAttemptBeginsAnew) {
  std::optional<Progress> progress = read_progress(line(9000, 10'000, 1), std::nullopt, kNow);
  progress = read_progress(line(10, 10'000, 0), progress, kNow + seconds{100});
  EXPECT_EQ(progress->bytes_done, 10);
  EXPECT_EQ(progress->bytes_per_second, 0);
  EXPECT_EQ(progress->advanced_at, kNow + seconds{100});
}

TEST(ReadProgress, AClockThatGoesBackHarmsNothing) {
  std::optional<Progress> progress = read_progress(line(10, 100, 1), std::nullopt, kNow);
  progress = read_progress(line(20, 100, 1), progress, kNow - seconds{5});
  EXPECT_EQ(progress->bytes_done, 20);
  EXPECT_EQ(progress->bytes_per_second, 0);
}

TEST(ReadProgress, MoreThanAllIsAll) {
  EXPECT_EQ(read_progress(line(500, 100, 1), std::nullopt, kNow)->bytes_done, 100);
  EXPECT_EQ(read_progress(line(500, 0, 1), std::nullopt, kNow)->bytes_done, 500);
}

TEST(ReadProgress, WhatIsNoProgressIsPassedOver) {
  const std::string good = R"({"progress":{"bytes":1,"total":5,"files":1},"x":)";
  std::string invalid_utf8 = good;
  invalid_utf8.append("\"\xff\xfe\"}");
  std::string long_line = good;
  long_line.append("\"").append(5000, 'a').append("\"}");
  std::string deep = good;
  deep.append(1000, '[').append(1000, ']').append("}");
  const std::vector<std::string> bad = {
      invalid_utf8,
      long_line,
      deep,
      R"({"progress":{"bytes":-1,"total":5,"files":1}})",
      R"({"progress":{"bytes":1e3,"total":5,"files":1}})",
      R"({"progress":{"bytes":1.5,"total":5,"files":1}})",
      R"({"progress":{"bytes":99999999999999999999,"total":5,"files":1}})",
      R"({"progress":{"bytes":1,"total":5,"files":9999999999}})",
      R"({"progress":{"bytes":"1","total":5,"files":1}})",
      R"({"progress":{"bytes":1,"total":5}})",
      R"({"progress":[1,5,1]})",
      R"({"progress":{"bytes":1,"total":5,"files":1})",
      "{",
      "null",
  };
  for (const std::string& text : bad) {
    EXPECT_FALSE(read_progress(text, std::nullopt, kNow)) << text;
    EXPECT_EQ(read_progress(line(7, 9, 1) + text + "\n", std::nullopt, kNow)->bytes_done, 7) << text;
  }
}

TEST(ReadProgress, AHugeLogCostsOnlyItsEnd) {
  const std::string noise(5'000'000, 'x');
  EXPECT_EQ(read_progress(noise + "\n" + line(3, 9, 1), std::nullopt, kNow)->bytes_done, 3);
  EXPECT_FALSE(read_progress(line(3, 9, 1) + noise, std::nullopt, kNow));
  EXPECT_FALSE(read_progress(std::string(5'000'000, '\n'), std::nullopt, kNow));
  EXPECT_FALSE(read_progress(std::string(5'000'000, '{'), std::nullopt, kNow));
}

TEST(ReadResult, SaysWhatWasDownloaded) {
  const std::optional<DownloadResult> result =
      read_result(R"({"result":"done","files":17,"bytes":65527000000,"verified":true})");
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->done);
  EXPECT_EQ(result->reason, "");
  EXPECT_EQ(result->files, 17);
  EXPECT_EQ(result->bytes, 65'527'000'000);
  EXPECT_TRUE(result->verified);
}

TEST(ReadResult, SaysWhyNot) {
  const std::optional<DownloadResult> result =
      read_result(R"({"result":"GatedRepo","message":"the Hub refuses access: Access \"denied\"."})");
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->done);
  EXPECT_EQ(result->reason, "GatedRepo");
  EXPECT_EQ(result->message, "the Hub refuses access: Access \"denied\".");
  for (const std::string reason : {"RevisionNotFound", "ChecksumMismatch", "OutOfSpace", "PermissionDenied"}) {
    EXPECT_EQ(read_result(R"({"result":")" + reason + R"(","message":"x"})")->reason, reason);
  }
}

TEST(ReadResult, AnotherWordIsAFailureThatMayGoBetterTheNextTime) {
  for (const std::string word : {"Failed", "Ready", "Done", "x"}) {
    const std::optional<DownloadResult> result = read_result(R"({"result":")" + word + R"(","message":"x"})");
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->done);
    EXPECT_EQ(result->reason, "");
    EXPECT_EQ(result->message, "x");
  }
}

TEST(ReadResult, IsFoundInALogThatStandsForTheMessage) {
  EXPECT_EQ(read_result(line(1, 2, 1) + R"({"result":"OutOfSpace","message":"full"})" + "\n")->reason, "OutOfSpace");
  EXPECT_FALSE(read_result(line(1, 2, 1) + line(2, 2, 1)));
}

TEST(ReadResult, HostileTextIsNoResultAndItsMessageIsOneLine) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("{\"result\":5}"), std::string("{\"result\":\"\"}"),
        std::string("[\"result\"]"), "{\"result\":\"done\",\"x\":" + std::string(5000, '[') + "}",
        std::string("{\"result\":\"done\xff\"}"), std::string(1'000'000, '\0')}) {
    EXPECT_FALSE(read_result(text)) << text.substr(0, 100);
  }
  const std::optional<DownloadResult> result =
      read_result(R"({"result":"x","message":"a\u0000\u001b[31m\nb\u202e)" + std::string(3000, 'c') + R"("})");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->message.find_first_of("\n\x1b"), std::string::npos);
  EXPECT_LE(result->message.size(), 1100U);
  EXPECT_EQ(read_result(R"({"result":"done","files":-5,"bytes":1e99})")->files, 0);
}

}  // namespace
}  // namespace warmgate::controller
