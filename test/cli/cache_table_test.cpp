// What people see of ModelCaches.
#include "../../src/cli/cache_table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace warmgate::testing {
namespace {

using cli::CacheRow;
using cli::TableStyle;
using document::Json;

const std::string kCommit = "9216db5781bf21249d130ec9da846c4624c16137";

Json cache(const std::string& name, const Json& status) {
  return {{"metadata", {{"name", name}, {"namespace", "llm"}}},
          {"spec",
           {{"source", {{"huggingFace", {{"repo", "Qwen/Qwen3-32B"}, {"revision", kCommit}}}}},
            {"storage", {{"claimName", "models"}}}}},
          {"status", status}};
}

Json ready_condition(const std::string& status, const std::string& reason, const std::string& message) {
  return {{{"type", "Verified"}, {"status", "Unknown"}, {"reason", "NotThis"}, {"message", "nor this"}},
          {{"type", "Ready"}, {"status", status}, {"reason", reason}, {"message", message}}};
}

Json downloading() {
  return {{"phase", "Downloading"},
          {"bytes", {{"done", 31'240'000'000}, {"total", 65'527'000'000}}},
          {"bytesPerSecond", 108'000'000},
          {"remainingSeconds", 317},
          {"users", 8},
          {"conditions", ready_condition("False", "Downloading", "47%")}};
}

Json failed() {
  return {{"phase", "Failed"},
          {"bytes", {{"done", 0}, {"total", 0}}},
          {"size", "about 65 GB"},
          {"conditions", ready_condition("False", "GatedRepo", "accept the licence of the repository")}};
}

Json ready() {
  return {{"phase", "Ready"},
          {"bytes", {{"done", 65'527'000'000}, {"total", 65'527'000'000}}},
          {"bytesPerSecond", 5},
          {"conditions", ready_condition("True", "Ready", "all is well")}};
}

std::string table(const std::vector<Json>& caches, const TableStyle& style = {}) {
  std::vector<CacheRow> rows;
  rows.reserve(caches.size());
  for (const Json& one : caches) {
    rows.push_back(cli::cache_row(one));
  }
  return cli::cache_table(rows, style);
}

TEST(CacheTable, ShowsProgressAndWhatIsInTheWay) {
  EXPECT_EQ(
      table(
          {cache("loading", downloading()), cache("failed", failed()), cache("done", ready()), cache("new", nullptr)}),
      "NAME     MODEL           REVISION      PHASE        PROGRESS                   SIZE                SPEED       "
      "LEFT   CLAIM   USERS\n"
      "loading  Qwen/Qwen3-32B  9216db5781bf  Downloading  #########........... 47%   31.2 GB of 65.5 GB  108.0 MB/s  "
      "5m17s  models  8\n"
      "failed   Qwen/Qwen3-32B  9216db5781bf  Failed       -                          about 65 GB         -           "
      "-      models  0\n"
      "    GatedRepo: accept the licence of the repository\n"
      "done     Qwen/Qwen3-32B  9216db5781bf  Ready        #################### 100%  65.5 GB             -           "
      "-      models  0\n"
      "new      Qwen/Qwen3-32B  9216db5781bf  Unknown      -                          -                   -           "
      "-      models  0\n"
      "    no controller has looked at it yet\n");
}

TEST(CacheTable, BlocksWhereTheTerminalHasThemAndAColumnOfNamespaces) {
  const std::string text = table({cache("loading", downloading())}, {true, true, 0, 0});
  EXPECT_EQ(text.substr(0, 18), "NAMESPACE  NAME   ");
  EXPECT_NE(text.find("\nllm        loading  "), std::string::npos);
  EXPECT_NE(text.find("  █████████░░░░░░░░░░░ 47%  "), std::string::npos) << text;
}

TEST(CacheTable, DrawsAShorterBarOnANarrowTerminal) {
  const std::string text = table({cache("loading", downloading())}, {false, false, 100, 0});
  EXPECT_NE(text.find("  ####...... 47%  "), std::string::npos) << text;
}

TEST(CacheTable, KeepsToTheTerminal) {
  const std::string text = table({cache("failed", failed()), cache("done", ready())}, {false, false, 40, 0});
  EXPECT_EQ(text,
            "NAME    MODEL           REVISION      P…\n"
            "failed  Qwen/Qwen3-32B  9216db5781bf  F…\n"
            "    GatedRepo: accept the licence of the\n"
            "    repository\n"
            "done    Qwen/Qwen3-32B  9216db5781bf  R…\n");
  EXPECT_EQ(table({cache("failed", failed()), cache("done", ready())}, {false, false, 40, 3}),
            "NAME    MODEL           REVISION      P…\n"
            "failed  Qwen/Qwen3-32B  9216db5781bf  F…\n"
            "(3 more lines do not fit)\n");
}

TEST(CacheTable, WhatTheClusterSaysCannotDriveTheTerminal) {
  Json hostile = cache("evil\x1b[2J", failed());
  hostile["spec"]["source"]["huggingFace"]["repo"] = "a\nb\xff" + std::string(500, 'x');
  hostile["status"]["conditions"] = ready_condition("False", "Bad\x1b", "line\r\nline" + std::string(5000, ' '));
  const std::string text = table({hostile});
  for (const char c : text) {
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  }
  EXPECT_LT(text.size(), 4000U);
  for (const Json& odd : {Json(nullptr), Json(5), Json::object(), Json::array({1}), cache("a", 7),
                          cache("a", {{"conditions", 1}, {"bytes", "x"}, {"users", "y"}})}) {
    EXPECT_NE(table({odd}).find("Unknown"), std::string::npos);
  }
}

TEST(CacheTable, SaysOfAReadyOneOnlyThatItIsReplaced) {
  Json old = ready();
  EXPECT_EQ(cli::cache_note(cli::cache_row(cache("a", old))), "");
  old["replacedBy"] = "b";
  EXPECT_EQ(cli::cache_note(cli::cache_row(cache("a", old))), "replaced by b");
  old["unusedSince"] = "2026-11-26T10:00:00Z";
  EXPECT_EQ(cli::cache_note(cli::cache_row(cache("a", old))), "replaced by b, and unused since 2026-11-26T10:00:00Z");
}

TEST(CacheTable, TheClaimOfACreatedOneHasItsName) {
  Json made = cache("qwen", downloading());
  made["spec"]["storage"] = {{"create", Json::object()}};
  EXPECT_EQ(cli::cache_row(made).claim, "qwen");
}

TEST(CacheLine, IsOneLineForEachChange) {
  EXPECT_EQ(cli::cache_line(cli::cache_row(cache("a", downloading()))),
            "llm/a Downloading 47% 31.2 GB of 65.5 GB 108.0 MB/s 5m17s left");
  EXPECT_EQ(cli::cache_line(cli::cache_row(cache("a", failed()))),
            "llm/a Failed about 65 GB (GatedRepo: accept the licence of the repository)");
  EXPECT_EQ(cli::cache_line(cli::cache_row(cache("a", ready()))), "llm/a Ready 100% 65.5 GB");
}

TEST(CacheTable, TextsOfTimesAndBars) {
  const std::vector<std::pair<std::int64_t, std::string>> times = {
      {-5, "0s"}, {0, "0s"}, {59, "59s"}, {317, "5m17s"}, {3599, "59m59s"}, {7530, "2h5m"}, {7200, "2h"}};
  for (const auto& [seconds, text] : times) {
    EXPECT_EQ(cli::time_left_text(seconds), text);
  }
  const std::vector<std::pair<double, std::string>> bars = {{-1, "...."},   {0, "...."}, {0.24, "...."}, {0.25, "#..."},
                                                            {0.99, "###."}, {1, "####"}, {7, "####"}};
  for (const auto& [part, text] : bars) {
    EXPECT_EQ(cli::progress_bar(part, 4, false), text);
  }
}

TEST(CacheRow, NeverShowsAllBeforeItIsReady) {
  Json almost = downloading();
  almost["bytes"]["done"] = almost["bytes"]["total"];
  EXPECT_EQ(cli::cache_line(cli::cache_row(cache("a", almost))).substr(0, 21), "llm/a Downloading 99%");
}

}  // namespace
}  // namespace warmgate::testing
