#include "warmgate/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "warmgate/base/text.h"

namespace warmgate::base {
namespace {

using ::testing::ElementsAre;

// Standard error into a file for as long as it lives.
class StderrCapture {
 public:
  StderrCapture() : file_(std::tmpfile()), saved_(dup(STDERR_FILENO)) {
    std::fflush(stderr);
    dup2(fileno(file_), STDERR_FILENO);
  }
  StderrCapture(const StderrCapture&) = delete;
  StderrCapture& operator=(const StderrCapture&) = delete;
  ~StderrCapture() {
    restore();
    std::fclose(file_);
  }

  std::vector<std::string> lines() {
    restore();
    std::rewind(file_);
    std::string text;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
      text += static_cast<char>(c);
    }
    std::vector<std::string> out;
    for (const std::string_view line : split(text, '\n')) {
      out.emplace_back(line);
    }
    EXPECT_EQ(out.back(), "") << "the last line is not ended";
    out.pop_back();
    return out;
  }

 private:
  void restore() {
    if (saved_ >= 0) {
      std::fflush(stderr);
      dup2(saved_, STDERR_FILENO);
      close(saved_);
      saved_ = -1;
    }
  }

  std::FILE* file_;
  int saved_;
};

template <class Write>
std::vector<std::string> logged(LogLevel minimum, const Redactor& redactor, Write write) {
  StderrCapture capture;
  {
    Log log(minimum, redactor);
    write(log);
  }
  return capture.lines();
}

TEST(Log, ALineIsOneJsonObjectWithItsFieldsInOrder) {
  const std::vector<std::string> lines = logged(LogLevel::kDebug, {}, [](Log& log) {
    log.write(
        LogLevel::kInfo, "judged",
        {{"uid", "a-1"}, {"seconds", 0.25}, {"allowed", true}, {"rules", std::vector<std::string>{"WG101", "WG301"}}});
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(std::regex_match(
      lines[0], std::regex(R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"info","message":"judged",)"
                           R"("uid":"a-1","seconds":0\.25,"allowed":true,"rules":\["WG101","WG301"\]\})")))
      << lines[0];
}

TEST(Log, HostileTextStaysOneLineAndValidJson) {
  const std::string hostile = std::string("a\nb\r\"}{%s{}\\ \0 \x1B[31m", 20) + "\xFF";
  const std::vector<std::string> lines = logged(LogLevel::kDebug, {}, [&](Log& log) {
    log.write(LogLevel::kError, hostile, {{"name", hostile}, {"list", std::vector<std::string>{hostile}}});
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(first_invalid_utf8(lines[0]), std::nullopt);
  const auto json = nlohmann::json::parse(lines[0]);
  const std::string expected = to_valid_utf8(hostile);
  EXPECT_EQ(json["level"], "error");
  EXPECT_EQ(json["message"], expected);
  EXPECT_EQ(json["name"], expected);
  EXPECT_EQ(json["list"], nlohmann::json::array({expected}));
}

TEST(Log, SecretsAreHiddenInMessagesFieldsAndLists) {
  Redactor redactor;
  redactor.add_secret("quo\"ted\nsecret");
  const std::string token = "hf_abcdefghij0123456789";
  const std::vector<std::string> lines = logged(LogLevel::kDebug, redactor, [&](Log& log) {
    log.write(LogLevel::kWarning, "got quo\"ted\nsecret",
              {{"env", "x\n" + token}, {"list", std::vector<std::string>{"ok", "quo\"ted\nsecret"}}});
  });
  ASSERT_EQ(lines.size(), 1U);
  const auto json = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(json["message"], "got [redacted]");
  EXPECT_EQ(json["env"], "x\n[redacted]");
  EXPECT_EQ(json["list"], nlohmann::json::array({"ok", "[redacted]"}));
}

TEST(Log, ASecretThatLooksLikeAKeyDoesNotBreakTheLine) {
  Redactor redactor;
  redactor.add_secret("message");
  redactor.add_secret("\",\"level\":\"");
  const std::vector<std::string> lines =
      logged(LogLevel::kDebug, redactor, [](Log& log) { log.write(LogLevel::kInfo, "a message"); });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["message"], "a [redacted]");
}

TEST(Log, LinesBelowTheMinimumAreNotWritten) {
  const std::vector<std::string> lines = logged(LogLevel::kWarning, {}, [](Log& log) {
    log.write(LogLevel::kDebug, "no");
    log.write(LogLevel::kInfo, "no");
    log.write(LogLevel::kWarning, "yes");
    log.write(LogLevel::kError, "yes");
  });
  std::vector<std::string> levels;
  levels.reserve(lines.size());
  for (const std::string& line : lines) {
    levels.push_back(nlohmann::json::parse(line)["level"]);
  }
  EXPECT_THAT(levels, ElementsAre("warning", "error"));
}

TEST(Log, NumbersThatJsonHasNotBecomeNull) {
  const std::vector<std::string> lines = logged(LogLevel::kDebug, {}, [](Log& log) {
    log.write(LogLevel::kInfo, "m", {{"seconds", std::numeric_limits<double>::quiet_NaN()}});
  });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(nlohmann::json::parse(lines[0])["seconds"].is_null());
}

TEST(Log, DestructionWritesWhatManyThreadsQueued) {
  constexpr int kThreads = 4;
  constexpr int kLines = 500;  // fewer than the queue holds, so none is dropped
  const std::vector<std::string> lines = logged(LogLevel::kInfo, {}, [](Log& log) {
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&log] {
        for (int line = 0; line < kLines; ++line) {
          log.write(LogLevel::kInfo, "line");
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  });
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kThreads * kLines));
  for (const std::string& line : lines) {
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  }
}

}  // namespace
}  // namespace warmgate::base
