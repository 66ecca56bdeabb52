// ModelCaches for programs, and as lines that are added.
#include "../../src/cli/cache_lines.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace warmgate::testing {
namespace {

using cli::CacheRow;
using cli::ChangedLines;
using document::Json;

const std::string kCommit = "9216db5781bf21249d130ec9da846c4624c16137";

CacheRow row(const std::string& name, const std::string& phase, const Json& more = Json::object()) {
  Json status = {{"phase", phase},
                 {"users", 8},
                 {"conditions",
                  {{{"type", "Ready"},
                    {"status", phase == "Ready" ? "True" : "False"},
                    {"reason", phase},
                    {"message", "so it is"}}}}};
  status.update(more);
  return cli::cache_row({{"metadata", {{"name", name}, {"namespace", "llm"}}},
                         {"spec",
                          {{"source", {{"huggingFace", {{"repo", "Qwen/Qwen3-32B"}, {"revision", kCommit}}}}},
                           {"storage", {{"claimName", "models"}}}}},
                         {"status", status}});
}

Json progress(std::int64_t done) {
  return {{"bytes", {{"done", done}, {"total", 65'527'000'000}}},
          {"bytesPerSecond", 108'000'000},
          {"remainingSeconds", 317}};
}

const Json kQwen = {{"namespace", "llm"},
                    {"name", "qwen"},
                    {"repo", "Qwen/Qwen3-32B"},
                    {"revision", kCommit},
                    {"phase", "Downloading"},
                    {"ready", false},
                    {"reason", "Downloading"},
                    {"message", "so it is"},
                    {"claim", "models"},
                    {"users", 8},
                    {"bytesPerSecond", 108'000'000},
                    {"remainingSeconds", 317},
                    {"bytes", {{"done", 31'240'000'000}, {"total", 65'527'000'000}}},
                    {"percent", 47}};

TEST(CacheJson, HasTheWholeCommitAndNumbersWithoutUnits) {
  EXPECT_EQ(Json::parse(cli::cache_json(row("qwen", "Downloading", progress(31'240'000'000)))), kQwen);
}

TEST(CacheJson, LeavesOutWhatIsNotKnown) {
  const Json made = Json::parse(cli::cache_json(cli::cache_row(Json::object())));
  EXPECT_EQ(made, Json({{"namespace", ""},
                        {"name", ""},
                        {"repo", ""},
                        {"revision", ""},
                        {"phase", "Unknown"},
                        {"ready", false},
                        {"reason", ""},
                        {"message", "no controller has looked at it yet"},
                        {"claim", ""},
                        {"users", 0}}));
  const Json old = Json::parse(
      cli::cache_json(row("qwen", "Ready", {{"replacedBy", "b"}, {"unusedSince", "2026-11-26T10:00:00Z"}})));
  EXPECT_EQ(old["replacedBy"], "b");
  EXPECT_EQ(old["unusedSince"], "2026-11-26T10:00:00Z");
  EXPECT_TRUE(old["ready"].get<bool>());
}

TEST(CacheJson, IsOneDocumentForAll) {
  EXPECT_EQ(Json::parse(cli::caches_json({})), Json({{"modelCaches", Json::array()}}));
  const Json two =
      Json::parse(cli::caches_json({row("qwen", "Downloading", progress(31'240'000'000)), row("llama", "Ready")}));
  ASSERT_EQ(two["modelCaches"].size(), 2U);
  EXPECT_EQ(two["modelCaches"][0], kQwen);
  EXPECT_EQ(two["modelCaches"][1]["name"], "llama");
}

TEST(CacheJson, StaysOneLineOfValidJsonWhateverTheClusterSays) {
  const std::string line = cli::cache_json(row("qwen", "a\nb\x1b[2J\xff\"", {{"replacedBy", "\r\n"}}));
  EXPECT_EQ(line.find_first_of("\n\r\x1b"), std::string::npos) << line;
  EXPECT_TRUE(Json::accept(line)) << line;
}

TEST(ChangedLines, AreThoseThatChanged) {
  ChangedLines lines(cli::cache_line);
  EXPECT_EQ(lines.next({row("a", "Pending"), row("b", "Ready")}),
            "llm/a Pending (Pending: so it is)\nllm/b Ready 100%\n");
  EXPECT_EQ(lines.next({row("a", "Pending"), row("b", "Ready")}), "");
  EXPECT_EQ(lines.next({row("a", "Ready"), row("b", "Ready")}), "llm/a Ready 100%\n");
  EXPECT_EQ(lines.next({row("b", "Ready")}), "llm/a Deleted\n");
  EXPECT_EQ(lines.next({row("b", "Ready")}), "");
}

TEST(ChangedLines, AreJsonForPrograms) {
  ChangedLines lines(cli::cache_json);
  EXPECT_EQ(Json::parse(lines.next({row("qwen", "Downloading", progress(31'240'000'000))})), kQwen);
  EXPECT_EQ(lines.next({row("qwen", "Downloading", progress(31'240'000'000))}), "");
  EXPECT_EQ(Json::parse(lines.next({row("qwen", "Downloading", progress(40'000'000'000))}))["percent"], 61);
  EXPECT_EQ(Json::parse(lines.next({})), Json({{"namespace", "llm"},
                                               {"name", "qwen"},
                                               {"repo", "Qwen/Qwen3-32B"},
                                               {"revision", kCommit},
                                               {"phase", "Deleted"},
                                               {"ready", false},
                                               {"reason", ""},
                                               {"message", ""},
                                               {"claim", "models"},
                                               {"users", 0}}));
}

}  // namespace
}  // namespace warmgate::testing
