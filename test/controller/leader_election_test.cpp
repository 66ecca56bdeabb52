#include "warmgate/controller/leader_election.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "cluster/fake_api.h"
#include "controller/fake_cluster.h"
#include "warmgate/controller/fenced_api.h"
#include "warmgate/controller/plan.h"

namespace warmgate::testing {
namespace {

using controller::FencedApi;
using controller::LeaderElection;
using controller::LeaseOptions;
using std::chrono::milliseconds;
using std::chrono::seconds;

const cluster::Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease", true};

LeaseOptions options_of(const std::string& identity) {
  LeaseOptions options;
  options.ns = "warmgate";
  options.name = "warmgate-controller";
  options.identity = identity;
  return options;
}

// By one try.
bool takes(LeaderElection& election, FakeCluster& cluster) {
  std::stop_source once;
  cluster.before_call([&](const FakeCluster::Call& /*call*/) { once.request_stop(); });
  const bool taken = election.acquire(once.get_token());
  cluster.before_call(nullptr);
  return taken;
}

class LeaderElectionTest : public ::testing::Test {
 protected:
  Json spec() { return cluster.find(kLeases, "warmgate", "warmgate-controller").value()["spec"]; }
  std::string holder() { return spec()["holderIdentity"]; }

  // Lets as much time pass as `election` waits for the Lease, and no more.
  void acquire(LeaderElection& election) {
    clock.pass_sleeps(true);
    EXPECT_TRUE(election.acquire({}));
    clock.pass_sleeps(false);
  }
  // Holds on a thread; ends with the test.
  void hold(LeaderElection& election) {
    holding.emplace_back([&](const std::stop_token& stop) { ended = election.hold(stop); });
  }
  void pass_two_seconds() {
    EXPECT_EQ(clock.await_sleeper(), seconds(2));
    clock.advance(seconds(2));
  }

  FakeClock clock;
  FakeCluster cluster;
  LeaderElection a{cluster, clock, options_of("a")};
  LeaderElection b{cluster, clock, options_of("b")};
  std::optional<LeaderElection::End> ended;
  std::vector<std::jthread> holding;
};

TEST_F(LeaderElectionTest, TheFirstMakesTheLease) {
  EXPECT_FALSE(a.surely_ours(seconds(0)));
  EXPECT_TRUE(takes(a, cluster));
  EXPECT_EQ(spec(), Json({{"holderIdentity", "a"},
                          {"leaseDurationSeconds", 15},
                          {"acquireTime", "2026-11-26T10:46:40.000000Z"},
                          {"renewTime", "2026-11-26T10:46:40.000000Z"},
                          {"leaseTransitions", 1}}));
  EXPECT_TRUE(a.surely_ours(milliseconds(14'999)));
  EXPECT_FALSE(a.surely_ours(seconds(15)));
  clock.advance(seconds(10));
  EXPECT_TRUE(a.surely_ours(milliseconds(4'999)));
  EXPECT_FALSE(a.surely_ours(seconds(5)));
}

TEST_F(LeaderElectionTest, AnotherOneWaitsForTheWholeDurationByItsOwnClockAndTheOldOneHasEndedByThen) {
  acquire(a);
  const auto taken = clock.now();
  acquire(b);
  EXPECT_GE(clock.now() - taken, seconds(15));
  EXPECT_EQ(holder(), "b");
  EXPECT_EQ(spec()["leaseTransitions"], 2);
  EXPECT_FALSE(a.surely_ours(seconds(0)));
  EXPECT_TRUE(b.surely_ours(seconds(5)));
}

TEST_F(LeaderElectionTest, WhoRenewsKeepsIt) {
  acquire(a);
  const Json taken = spec()["acquireTime"];
  hold(a);
  for (int i = 0; i < 20; ++i) {
    pass_two_seconds();
  }
  EXPECT_EQ(clock.await_sleeper(), seconds(2));
  EXPECT_TRUE(a.surely_ours(milliseconds(14'000)));
  EXPECT_EQ(holder(), "a");
  EXPECT_EQ(spec()["acquireTime"], taken);
  EXPECT_FALSE(takes(b, cluster)) << "it has been renewed since";
}

TEST_F(LeaderElectionTest, ARenewalWhoseAnswerIsLostIsFoundAgain) {
  acquire(a);
  cluster.fail_next("patch", "leases", {0, "", "timed out"}, true);
  hold(a);
  pass_two_seconds();
  pass_two_seconds();
  EXPECT_EQ(clock.await_sleeper(), seconds(2));
  EXPECT_TRUE(a.surely_ours(milliseconds(14'000)));
  EXPECT_EQ(ended, std::nullopt);
}

TEST_F(LeaderElectionTest, WithoutRenewalsItIsGivenUpBeforeOthersMayTakeIt) {
  acquire(a);
  for (int i = 0; i < 10; ++i) {
    cluster.fail_next("patch", "leases", {503, "", "away"});
  }
  const auto begun = clock.now();
  hold(a);
  for (int i = 0; i < 5; ++i) {
    pass_two_seconds();
  }
  holding.front().join();
  EXPECT_EQ(ended, LeaderElection::End::kLost);
  EXPECT_EQ(clock.now() - begun, seconds(10));
  EXPECT_FALSE(a.surely_ours(seconds(0)));
}

TEST_F(LeaderElectionTest, WhoWakesAfterAnotherTookItLosesAtOnceAndTakesNothingBack) {
  acquire(a);
  acquire(b);
  hold(a);
  pass_two_seconds();
  holding.front().join();
  EXPECT_EQ(ended, LeaderElection::End::kLost);
  EXPECT_EQ(holder(), "b");
  a.release();
  EXPECT_EQ(holder(), "b");
}

TEST_F(LeaderElectionTest, AReleasedLeaseIsTakenAtOnce) {
  acquire(a);
  a.release();
  EXPECT_FALSE(a.surely_ours(seconds(0)));
  EXPECT_EQ(holder(), "");
  EXPECT_EQ(spec()["leaseDurationSeconds"], 1);
  EXPECT_TRUE(takes(b, cluster));
  EXPECT_EQ(holder(), "b");
}

TEST_F(LeaderElectionTest, ALeaseIsReleasedEvenWhenTheLastRenewalWasInterrupted) {
  acquire(a);
  std::stop_source stop;
  cluster.fail_next("patch", "leases", {0, "", "stopped"}, true);
  cluster.before_call([&](const FakeCluster::Call& /*call*/) { stop.request_stop(); });
  hold(a);
  pass_two_seconds();
  EXPECT_TRUE(cluster.wait_until([&] { return stop.stop_requested(); }));
  holding.clear();
  cluster.before_call(nullptr);
  a.release();
  EXPECT_EQ(holder(), "");
}

TEST_F(LeaderElectionTest, NoWriteLeavesUnlessTheLeaseOutlivesIt) {
  FencedApi fenced(
      cluster, cluster, [&] { return a.surely_ours(seconds(5)); }, nullptr);
  const Json job = {{"metadata", {{"name", "x"}}}};
  const auto refused = [&] {
    std::vector<std::string> reasons = {
        fenced.create(controller::jobs(), "llm", job).ok() ? "" : "NotLeader",
        fenced.patch(controller::jobs(), "llm", "x", cluster::PatchType::kApply, job, {}).ok() ? "" : "NotLeader",
        fenced.remove(controller::jobs(), "llm", "x", {}).ok() ? "" : "NotLeader"};
    return reasons;
  };
  EXPECT_THAT(refused(), ::testing::Each("NotLeader"));
  acquire(a);
  EXPECT_THAT(refused(), ::testing::Each(""));
  clock.advance(seconds(10));
  const std::size_t before = cluster.writes().size();
  EXPECT_THAT(refused(), ::testing::Each("NotLeader"));
  EXPECT_EQ(cluster.writes().size(), before);
}

}  // namespace
}  // namespace warmgate::testing
