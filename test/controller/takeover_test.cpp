// Two controllers on one cluster: whatever the one that led does when it wakes, the one that leads now is not harmed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "cluster/fake_api.h"
#include "controller/runtime.h"
#include "support/world.h"
#include "warmgate/controller/controller.h"
#include "warmgate/controller/fenced_api.h"
#include "warmgate/controller/leader_election.h"

namespace warmgate::testing {
namespace {

using controller::Controller;
using controller::FencedApi;
using controller::LeaderElection;
using std::chrono::seconds;

// Stops a thread where it stands, as SIGSTOP stops a process.
class Pause {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    set_ = false;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    paused_ += set_ ? 1 : 0;
    changed_.wait(lock, [&] { return !set_; });
  }
  int paused() {
    const std::lock_guard lock(mutex_);
    return paused_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
  int paused_ = 0;
};

// A process: its election, its fence, its controller.
struct Process {
  Process(FakeCluster& the_cluster, FakeClock& the_clock, const std::string& name)
      : cluster(the_cluster), clock(the_clock), identity(name) {}

  void start() {
    controller::ControllerOptions options;
    options.workers = 1;
    options.instance = identity;
    planners.claim = [this, plan = planners.claim](const controller::ObservedClaim& seen,
                                                   const controller::Settings& set, controller::WallTime now) {
      controller::Plan decided = plan(seen, set, now);
      if (!decided.writes.empty()) {
        before_writing.pass();
      }
      return decided;
    };
    runtime = std::make_unique<Controller>(
        fenced, clock, planners, [this] { return settings; }, telemetry, log, options);
    thread = std::jthread([this](const std::stop_token& stop) {
      if (election.acquire(stop)) {
        leading = true;
        runtime->lead();
        ended = election.hold(stop);
        leading = false;
      }
    });
  }

  static controller::LeaseOptions lease(const std::string& identity) {
    controller::LeaseOptions options;
    options.ns = "warmgate";
    options.name = "warmgate-controller";
    options.identity = identity;
    return options;
  }

  FakeCluster& cluster;
  FakeClock& clock;
  std::string identity;
  Pause before_writing;  // when it has decided
  Pause after_check;     // when the fence let a write through that has not left yet
  CountingTelemetry telemetry;
  LeaderElection election{cluster, clock, lease(identity)};
  FencedApi fenced{
      cluster, cluster,
      [this] {
        const bool may = election.surely_ours(seconds(5));
        if (may) {
          after_check.pass();
        }
        return may;
      },
      [this](std::string_view verb, std::string_view resource, int code) { telemetry.api_call(verb, resource, code); }};
  base::Log log{base::LogLevel::kError};
  std::shared_ptr<const controller::Settings> settings =
      std::make_shared<const controller::Settings>(controller::Settings{knowledge(), policy_with()});
  controller::Planners planners = simple_planners();
  std::unique_ptr<Controller> runtime;
  std::atomic<bool> leading = false;
  std::optional<LeaderElection::End> ended;
  std::jthread thread;
};

class TakeoverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    cluster.put(controller::claims(), bound_claim("shared"));
    a = std::make_unique<Process>(cluster, clock, "a");
    b = std::make_unique<Process>(cluster, clock, "b");
  }
  void TearDown() override {
    for (Process* process : {a.get(), b.get()}) {
      process->before_writing.wake();
      process->after_check.wake();
      process->thread = std::jthread();
    }
  }

  template <class Done>
  bool run_until(const Done& done) {
    return cluster.wait_until([&] {
      clock.advance(std::chrono::milliseconds(100));
      return done();
    });
  }
  // `a` leads and is stopped before its first write, then `b` takes over and makes the cache ready.
  void take_over_while(Pause& pause) {
    a->start();
    ASSERT_TRUE(run_until([&] { return a->leading && a->runtime->waiting_for().empty(); }));
    pause.set();
    cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
    ASSERT_TRUE(cluster.wait_until([&] { return pause.paused() == 1; }));
    a->thread = std::jthread();  // the process is stopped as a whole
    b->start();
    ASSERT_TRUE(run_until([&] {
      complete_jobs(cluster);
      return b->leading && all_ready(cluster, 1);
    }));
    EXPECT_FALSE(a->election.surely_ours(seconds(0)));
    pause.wake();
  }
  std::vector<std::string> effects() {
    std::vector<std::string> all = cluster.writes();
    std::erase_if(all, [](const std::string& write) { return write.find(" leases ") != std::string::npos; });
    return all;
  }
  std::size_t jobs_made() {
    const std::vector<std::string> all = cluster.writes();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const std::string& one) { return one.starts_with("create jobs"); }));
  }

  FakeClock clock;
  FakeCluster cluster;
  std::unique_ptr<Process> a, b;
};

TEST_F(TakeoverTest, ADecisionOfALeaderThatSleptIsNotCarriedOut) {
  take_over_while(a->before_writing);
  const std::vector<std::string> before = effects();
  a->runtime->stop();
  EXPECT_EQ(effects(), before);
  EXPECT_EQ(a->telemetry["create events"] + a->telemetry["create jobs"] + a->telemetry["apply modelcaches"], 0)
      << "nothing even left";
  EXPECT_EQ(jobs_made(), 1U);
  EXPECT_TRUE(all_ready(cluster, 1));
}

TEST_F(TakeoverTest, AWriteThatWasOnItsWayTakesNoEffectAgainstWhatIsThereNow) {
  take_over_while(a->after_check);
  a->runtime->stop();
  EXPECT_EQ(a->telemetry["create events"], 1) << "it did leave";
  EXPECT_EQ(jobs_made(), 1U);
  EXPECT_TRUE(all_ready(cluster, 1)) << "not set back to Downloading";
}

TEST_F(TakeoverTest, WhoWakesPastItsLeaseEndsInsteadOfWriting) {
  a->start();
  ASSERT_TRUE(run_until([&] { return a->leading.load(); }));
  a->thread = std::jthread();
  b->start();
  ASSERT_TRUE(run_until([&] { return b->leading.load(); }));
  std::atomic<bool> lost = false;
  a->thread =
      std::jthread([&](const std::stop_token& stop) { lost = a->election.hold(stop) == LeaderElection::End::kLost; });
  EXPECT_TRUE(run_until([&] { return lost.load(); }));
  EXPECT_FALSE(a->election.surely_ours(seconds(0)));
}

TEST_F(TakeoverTest, ALeaderThatStopsHandsOverWithoutWaitingForItsLease) {
  a->start();
  ASSERT_TRUE(run_until([&] { return a->leading.load(); }));
  b->start();
  a->thread = std::jthread();
  a->runtime->stop();
  a->election.release();
  const auto released = clock.now();
  cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
  ASSERT_TRUE(run_until([&] { return b->leading.load(); }));
  EXPECT_LT(clock.now() - released, seconds(10)) << "the pause between two tries, not 15 s";
}

}  // namespace
}  // namespace warmgate::testing
