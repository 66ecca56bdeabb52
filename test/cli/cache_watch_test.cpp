// `cache status` against a cluster in memory.
#include "../../src/cli/cache_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/fakes.h"
#include "controller/fake_cluster.h"
#include "warmgate/controller/plan.h"

namespace warmgate::testing {
namespace {

using cli::CacheRow;
using cli::WatchEnd;
using cluster::ApiError;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CacheWatchTest : public ::testing::Test {
 protected:
  void put(const std::string& name, const std::string& phase, const std::string& ns = "llm") {
    cluster.put(
        controller::model_caches(),
        {{"metadata", {{"name", name}, {"namespace", ns}}},
         {"status",
          {{"phase", phase}, {"conditions", {{{"type", "Ready"}, {"status", phase == "Ready" ? "True" : "False"}}}}}}});
  }

  // What is done to the cluster after each look, until there is nothing more to do.
  base::Result<WatchEnd> watch(const cli::CacheQuery& query, bool until_ready,
                               std::vector<std::function<void()>> steps = {}) {
    std::size_t next = 0;
    const auto show = [&](const std::vector<CacheRow>& rows) {
      std::string line;
      for (const CacheRow& row : rows) {
        line.append(line.empty() ? "" : " ").append(row.name).append("=").append(row.phase);
      }
      shown.push_back(line);
      if (next < steps.size()) {
        steps[next++]();
        return true;
      }
      return until_ready;
    };
    return cli::watch_caches(
        {cluster, clock, query, until_ready, show, [&](const std::string& text) { warnings.push_back(text); }});
  }

  FakeCluster cluster;
  cluster::test::FakeClock clock;
  std::vector<std::string> shown, warnings;
};

TEST_F(CacheWatchTest, ReadsThoseThatAreAskedFor) {
  put("b", "Ready");
  put("a", "Failed");
  put("a", "Pending", "other");
  EXPECT_EQ(cli::read_caches(cluster, {"llm", ""})->size(), 2U);
  EXPECT_EQ(cli::read_caches(cluster, {"llm", ""})->front().name, "a");
  EXPECT_EQ(cli::read_caches(cluster, {"", ""})->size(), 3U);
  EXPECT_EQ(cli::read_caches(cluster, {"llm", "b"})->front().phase, "Ready");
  EXPECT_TRUE(cli::read_caches(cluster, {"empty", ""})->empty());
  EXPECT_EQ(cli::read_caches(cluster, {"llm", "c"}).error().message, "there is no ModelCache c in namespace llm");
}

TEST_F(CacheWatchTest, SaysWhyTheyCannotBeRead) {
  cluster.fail_next("list", "modelcaches", ApiError{403, "Forbidden", "may not list", {}});
  EXPECT_EQ(cli::read_caches(cluster, {"llm", ""}).error().message, "may not list");
  cluster.fail_next("list", "modelcaches", ApiError{404, "NotFound", "is the CRD installed?", {}});
  EXPECT_EQ(watch({"llm", ""}, false).error().message, "is the CRD installed?");
}

TEST_F(CacheWatchTest, ShowsEachChangeUntilNobodyLooks) {
  put("a", "Pending");
  EXPECT_EQ(*watch({"llm", ""}, false,
                   {[&] { put("a", "Downloading"); }, [&] { put("b", "Pending"); },
                    [&] { cluster.erase(controller::model_caches(), "llm", "a"); }}),
            WatchEnd::kNobodyLooks);
  EXPECT_THAT(shown, ElementsAre("a=Pending", "a=Downloading", "a=Downloading b=Pending", "b=Pending"));
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(CacheWatchTest, WaitsUntilAllAreReadyOrOneFailed) {
  put("a", "Ready");
  EXPECT_EQ(*watch({"llm", "a"}, true), WatchEnd::kReady);
  put("b", "Pending");
  EXPECT_EQ(*watch({"llm", ""}, true, {[&] { put("b", "Ready"); }}), WatchEnd::kReady);
  put("b", "Pending");
  EXPECT_EQ(*watch({"llm", ""}, true, {[&] { put("b", "Failed"); }}), WatchEnd::kFailed);
  put("b", "Pending");
  EXPECT_EQ(*watch({"llm", "b"}, true, {[&] { cluster.erase(controller::model_caches(), "llm", "b"); }}),
            WatchEnd::kDeleted);
  EXPECT_EQ(watch({"llm", "b"}, true).error().message, "there is no ModelCache b in namespace llm");
}

TEST_F(CacheWatchTest, GoesOnWhenTheWatchOrTheListBreaks) {
  put("a", "Pending");
  cluster.fail_next("watch", "modelcaches", ApiError{0, "", "no answer", {}});
  int lists = 0;
  cluster.before_call([&](const FakeCluster::Call& call) {
    if (call.verb == "list" && ++lists == 2) {
      cluster.fail_next("list", "modelcaches", ApiError{503, "", "busy", std::chrono::seconds{7}});
    }
    if (call.verb == "list" && lists == 3) {
      put("a", "Ready");
    }
  });
  EXPECT_EQ(*watch({"llm", ""}, true), WatchEnd::kReady);
  EXPECT_THAT(warnings, ElementsAre("no answer", "busy"));
  EXPECT_THAT(clock.sleeps, ElementsAre(std::chrono::seconds{2}, std::chrono::seconds{7}));
  EXPECT_THAT(shown, ElementsAre("a=Pending", "a=Ready"));
}

}  // namespace
}  // namespace warmgate::testing
