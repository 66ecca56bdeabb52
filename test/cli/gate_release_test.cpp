// `gates release` against a cluster in memory.
#include "../../src/cli/gate_release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "controller/fake_cluster.h"
#include "warmgate/controller/plan.h"

namespace warmgate::testing {
namespace {

using cli::GateRelease;
using cli::GatesReleased;
using cluster::ApiError;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;

constexpr const char* kOurs = "warmgate.dev/model-cache";
const GateRelease kOneByOne{"", {}, false, 1};

class GateReleaseTest : public ::testing::Test {
 protected:
  void put(const std::string& ns, const std::string& name, const std::vector<std::string>& gates,
           const std::string& phase = "Pending") {
    Json list = Json::array();
    for (const std::string& gate : gates) {
      list.push_back({{"name", gate}});
    }
    cluster.put(controller::pods(), {{"metadata", {{"name", name}, {"namespace", ns}}},
                                     {"spec", {{"schedulingGates", list}}},
                                     {"status", {{"phase", phase}}}});
  }
  void put_all(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      put("llm", name, {kOurs});
    }
  }
  [[nodiscard]] Json gates_of(const std::string& ns, const std::string& name) const {
    return cluster.find(controller::pods(), ns, name).value()["spec"]["schedulingGates"];
  }
  GatesReleased release(const GateRelease& what) {
    return cli::release_gates(cluster, what, [&](const std::string& pod) { told.push_back(pod); }).value();
  }

  FakeCluster cluster;
  std::vector<std::string> told;
};

TEST_F(GateReleaseTest, TakesOurGateAndNoOtherOffEveryPod) {
  put("llm", "a", {"other.dev/x", kOurs, "other.dev/y"});
  put("llm", "b", {"other.dev/x"});
  put("prod", "c", {kOurs});
  const GatesReleased done = release({});
  EXPECT_EQ(done.released, 2U);
  EXPECT_THAT(done.failures, IsEmpty());
  EXPECT_THAT(told, ElementsAre("llm/a", "prod/c"));
  EXPECT_EQ(gates_of("llm", "a"), Json({{{"name", "other.dev/x"}}, {{"name", "other.dev/y"}}}));
  EXPECT_EQ(gates_of("llm", "b"), Json({{{"name", "other.dev/x"}}}));
  EXPECT_EQ(gates_of("prod", "c"), Json::array());
  EXPECT_EQ(release({}).released, 0U);
}

TEST_F(GateReleaseTest, OnlyInTheNamespaceAndOnlyThePodsThatAreNamed) {
  put("llm", "a", {kOurs});
  put("llm", "b", {kOurs});
  put("prod", "a", {kOurs});
  EXPECT_EQ(release({"llm", {"a"}, false}).released, 1U);
  EXPECT_THAT(told, ElementsAre("llm/a"));
  EXPECT_EQ(release({"llm", {}, false}).released, 1U);
  EXPECT_EQ(gates_of("prod", "a").size(), 1U);
}

TEST_F(GateReleaseTest, SaysWhichOfThePodsThatAreNamedDoNotWait) {
  put("llm", "a", {kOurs});
  put("llm", "b", {"other.dev/x"});
  const GatesReleased done = release({"llm", {"a", "a", "b", "c"}, false});
  EXPECT_EQ(done.released, 1U);
  EXPECT_THAT(done.unknown, ElementsAre("b", "c"));
}

TEST_F(GateReleaseTest, ADryRunChangesNothing) {
  put("llm", "a", {kOurs});
  EXPECT_EQ(release({"", {}, true}).released, 1U);
  EXPECT_THAT(told, ElementsAre("llm/a"));
  EXPECT_THAT(cluster.writes(), IsEmpty());
}

TEST_F(GateReleaseTest, ListsAgainWhenAGateMovedMeanwhile) {
  put("llm", "a", {"other.dev/x", kOurs});
  bool moved = false;
  cluster.before_call([&](const FakeCluster::Call& call) {
    if (call.verb == "patch" && !moved) {
      moved = true;
      put("llm", "a", {kOurs, "other.dev/x"});
    }
  });
  const GatesReleased done = release({});
  EXPECT_EQ(done.released, 1U);
  EXPECT_THAT(done.failures, IsEmpty());
  EXPECT_EQ(gates_of("llm", "a"), Json({{{"name", "other.dev/x"}}}));
}

TEST_F(GateReleaseTest, GoesOnAfterFailuresAndSaysWhichTheyWere) {
  put("llm", "a", {kOurs});
  put("llm", "b", {kOurs});
  put("llm", "gone", {kOurs});
  cluster.before_call([&](const FakeCluster::Call& call) {
    if (call.verb == "patch" && call.name == "a") {
      cluster.fail_next("patch", "pods", ApiError{403, "Forbidden", "may not patch", {}});
    }
    if (call.verb == "patch" && call.name == "gone") {
      cluster.erase(controller::pods(), "llm", "gone");
    }
  });
  const GatesReleased done = release(kOneByOne);
  EXPECT_EQ(done.released, 1U);
  EXPECT_EQ(done.gone, 1U);
  EXPECT_FALSE(done.given_up);
  EXPECT_THAT(done.failures, ElementsAre("llm/a: may not patch"));
  EXPECT_THAT(told, ElementsAre("llm/b"));
}

TEST_F(GateReleaseTest, StopsWhenNobodyAnswers) {
  put_all({"a", "b", "c", "d", "e"});
  int patches = 0;
  cluster.before_call([&](const FakeCluster::Call& call) {
    if (call.verb == "patch") {
      ++patches;
      cluster.fail_next("patch", "pods", ApiError{0, "", "no answer", {}});
    }
  });
  const GatesReleased done = release(kOneByOne);
  EXPECT_TRUE(done.given_up);
  EXPECT_EQ(patches, 3);
  EXPECT_THAT(done.failures, ElementsAre("llm/a: no answer", "llm/b: no answer", "llm/c: no answer", "llm/d: not tried",
                                         "llm/e: not tried"));
}

// No call goes on before all three have begun.
TEST_F(GateReleaseTest, ReleasesSeveralAtOnceAndTellsInOrder) {
  put_all({"a", "b", "c"});
  std::latch all_called(3);
  cluster.before_call([&](const FakeCluster::Call& call) {
    if (call.verb == "patch") {
      all_called.arrive_and_wait();
    }
  });
  EXPECT_EQ(release({"", {}, false, 3}).released, 3U);
  EXPECT_THAT(told, ElementsAre("llm/a", "llm/b", "llm/c"));
}

TEST_F(GateReleaseTest, NeverMoreAtOnceThanItMay) {
  std::vector<std::string> expected;
  for (int i = 100; i < 400; ++i) {
    put("llm", "p" + std::to_string(i), {kOurs});
    expected.push_back("llm/p" + std::to_string(i));
  }
  std::atomic<int> running = 0;
  std::atomic<bool> too_many = false;
  cluster.before_call([&](const FakeCluster::Call& call) {
    if (call.verb == "patch") {
      too_many = too_many || ++running > 4;
      std::this_thread::yield();
      --running;
    }
  });
  const GatesReleased done = release({"", {}, false, 4});
  EXPECT_EQ(done.released, 300U);
  EXPECT_FALSE(too_many);
  EXPECT_EQ(told, expected);
}

TEST_F(GateReleaseTest, ManyAtOnceThatAreNotAnsweredAreTriedAsLongAsOne) {
  put_all({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
  std::atomic<int> patches = 0;
  cluster.before_call([&](const FakeCluster::Call& call) {
    if (call.verb == "patch") {
      ++patches;
      cluster.fail_next("patch", "pods", ApiError{0, "", "no answer", {}});
    }
  });
  const GatesReleased done = release({"", {}, false, 2});
  EXPECT_TRUE(done.given_up);
  // Those that had begun when the sixth failed end too.
  EXPECT_THAT(patches.load(), AllOf(Ge(6), Le(7)));
  EXPECT_EQ(done.failures.size(), 10U);
  EXPECT_EQ(done.failures.back(), "llm/j: not tried");
}

TEST_F(GateReleaseTest, FailsWhenPodsCannotBeListed) {
  cluster.fail_next("list", "pods", ApiError{403, "Forbidden", "may not list", {}});
  const auto done = cli::release_gates(cluster, {}, nullptr);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message, "may not list");
}

}  // namespace
}  // namespace warmgate::testing
