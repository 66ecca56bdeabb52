// The controller against a cluster in memory, with planners that are simple enough to be foreseen.
#include "warmgate/controller/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <set>

#include "cluster/fake_api.h"
#include "controller/claim_world.h"
#include "controller/runtime.h"
#include "support/world.h"
#include "warmgate/api/names.h"
#include "warmgate/controller/download_report.h"

namespace warmgate::testing {
namespace {

using controller::Controller;
using controller::ObservedClaim;
using controller::Plan;
using controller::Planners;
using controller::Settings;
using ::testing::ElementsAre;

class ControllerTest : public ::testing::Test {
 protected:
  void start(Planners planners, int workers = 4) {
    controller::ControllerOptions options;
    options.workers = workers;
    options.instance = "test";
    controller = std::make_unique<Controller>(
        cluster, clock, std::move(planners), [this] { return settings; }, telemetry, log, options);
    controller->lead();
  }
  bool wait_for_phase(const std::string& name, const std::string& phase) {
    return cluster.wait_until([&] {
      const std::optional<Json> cache = cluster.find(controller::model_caches(), "llm", name);
      return cache && document::View(*cache)["status"]["phase"].text() == phase;
    });
  }
  std::size_t count_writes(const std::string& beginning) {
    const std::vector<std::string> all = cluster.writes();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const std::string& write) { return write.starts_with(beginning); }));
  }

  FakeCluster cluster;
  cluster::SystemClock clock;
  FakeClock still_clock;
  CountingTelemetry telemetry;
  base::Log log{base::LogLevel::kError};
  std::shared_ptr<const Settings> settings = std::make_shared<const Settings>(Settings{knowledge(), policy_with()});
  std::unique_ptr<Controller> controller;
};

TEST_F(ControllerTest, ACacheBecomesReadyAndThePodsThatWaitForItAreLetGo) {
  cluster.put(controller::claims(), bound_claim("shared"));
  for (int i = 0; i < 8; ++i) {
    cluster.put(controller::pods(), gated_pod("vllm-" + std::to_string(i), "qwen"));
  }
  start(simple_planners());
  cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
  ASSERT_TRUE(wait_for_phase("qwen", "Downloading"));
  EXPECT_EQ(count_writes("patch pods"), 0U);
  complete_jobs(cluster);
  ASSERT_TRUE(wait_for_phase("qwen", "Ready"));
  EXPECT_TRUE(cluster.wait_until([&] { return count_writes("patch pods") == 8; }));
  EXPECT_TRUE(cluster.wait_until([&] { return telemetry["gate"] == 8; }));
  EXPECT_EQ(count_writes("create jobs"), 1U);
  EXPECT_EQ(count_writes("create events"), 2U);
  EXPECT_EQ(telemetry["claim exception"], 0);
}

TEST_F(ControllerTest, FiftyCachesAtOnceAllBecomeReadyWithOneWriterForEachClaim) {
  constexpr int kCaches = 50;
  std::atomic<std::size_t> most = 0;
  cluster.before_call([&](const FakeCluster::Call& call) {
    if (call.verb == "create" && call.resource == "events") {
      for (const Json& claim : cluster.all(controller::claims())) {
        most = std::max(most.load(), active_jobs(cluster, claim["metadata"]["uid"]));
      }
    }
  });
  for (int i = 0; i < 5; ++i) {
    cluster.put(controller::claims(), bound_claim("claim" + std::to_string(i)));
  }
  start(simple_planners());
  for (int i = 0; i < kCaches; ++i) {
    cluster.put(controller::model_caches(), cache_on("cache" + std::to_string(i), "claim" + std::to_string(i % 5)));
  }
  EXPECT_TRUE(cluster.wait_until([&] {
    complete_jobs(cluster);
    return all_ready(cluster, kCaches);
  }));
  EXPECT_EQ(count_writes("create jobs"), 50U);
  EXPECT_LE(most.load(), 1U);
}

TEST_F(ControllerTest, ABurstOfChangesIsLookedAtOnce) {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = false;
  std::atomic<int> looks = 0;
  Planners planners = simple_planners();
  planners.claim = [&](const ObservedClaim& /*seen*/, const Settings& /*settings*/, controller::WallTime /*now*/) {
    ++looks;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return open; });
    return Plan();
  };
  cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
  start(std::move(planners));
  ASSERT_TRUE(cluster.wait_until([&] { return looks == 1; }));
  for (int i = 0; i < 500; ++i) {
    cluster.change(controller::model_caches(), "llm", "qwen",
                   [&](Json& cache) { cache["spec"]["suspend"] = i % 2 == 0; });
  }
  ASSERT_TRUE(cluster.wait_until([&] {
    const auto seen = controller->stores().find(controller::model_caches(), "llm", "qwen");
    return seen->root()["metadata"]["generation"].integer() == 501;
  }));
  {
    const std::lock_guard lock(mutex);
    open = true;
    changed.notify_all();
  }
  ASSERT_TRUE(cluster.wait_until([&] { return telemetry["claim ok"] == 2; }));
  EXPECT_EQ(looks, 2);
}

TEST_F(ControllerTest, NothingIsDecidedBeforeAllHasBeenRead) {
  for (int i = 0; i < 3; ++i) {
    cluster.fail_next("list", "pods", {403, "Forbidden", "pods is forbidden"});
  }
  cluster.put(controller::claims(), bound_claim("shared"));
  cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
  start(simple_planners());
  ASSERT_TRUE(cluster.wait_until([&] { return controller->waiting_for() == "pods (pods is forbidden)"; }));
  EXPECT_EQ(telemetry["taken"], 0);
  controller->stop();
  EXPECT_THAT(cluster.writes(), ElementsAre());
}

TEST_F(ControllerTest, WhatFailsOrChangedMeanwhileIsLookedAtAgain) {
  cluster.put(controller::claims(), bound_claim("shared"));
  start(simple_planners());
  ASSERT_TRUE(cluster.wait_until([&] { return controller->waiting_for().empty(); }));
  cluster.fail_next("apply", "modelcaches/status", {409, "Conflict", "modified"});
  cluster.fail_next("create", "jobs", {409, "AlreadyExists", "there"});
  cluster.fail_next("create", "events", {403, "Forbidden", "no events"});
  cluster.fail_next("list", "jobs", {503, "ServiceUnavailable", "later"});
  cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
  EXPECT_TRUE(wait_for_phase("qwen", "Downloading"));
  EXPECT_EQ(count_writes("create jobs"), 1U);
  EXPECT_EQ(telemetry["claim error"], 1);
  EXPECT_GE(telemetry["claim stale"], 1);
  EXPECT_EQ(telemetry["event failed"], 1);
}

TEST_F(ControllerTest, AWriteThatTheClusterRefusesIsToldToWhoLooksAtTheCache) {
  cluster.put(controller::claims(), bound_claim("shared"));
  cluster.fail_next("create", "jobs", {403, "Forbidden", "exceeded quota: jobs"});
  cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
  start(simple_planners());
  EXPECT_TRUE(wait_for_phase("qwen", "Downloading"));
  EXPECT_TRUE(cluster.wait_until([&] {
    const std::vector<Json> events = cluster.all({"", "v1", "events", "Event", true});
    return std::any_of(events.begin(), events.end(), [](const Json& event) {
      return event["reason"] == "WriteRefused" &&
             event["message"] ==
                 "the cluster refuses what the controller writes for it, which is tried again: exceeded quota: jobs" &&
             event["involvedObject"]["name"] == "qwen";
    });
  }));
}

TEST_F(ControllerTest, AJobIsNotMadeWhileAnotherOneThatNoWatchHasToldOfMayWrite) {
  cluster.put(controller::claims(), bound_claim("shared"));
  const std::string uid = cluster.find(controller::claims(), "llm", "shared").value()["metadata"]["uid"];
  std::atomic<bool> once = false;
  cluster.before_call([&](const FakeCluster::Call& call) {
    // Nothing of it tells the watch that it is on this claim.
    if (call.verb == "list" && call.resource == "jobs" && call.ns == "llm" && !once.exchange(true)) {
      cluster.put(controller::jobs(),
                  {{"metadata", {{"name", "older"}, {"namespace", "llm"}, {"labels", {{api::kClaimUidLabel, uid}}}}}});
    }
  });
  cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
  start(simple_planners());
  ASSERT_TRUE(cluster.wait_until([&] { return telemetry["claim stale"] >= 3; }));
  EXPECT_EQ(count_writes("create jobs"), 0U);
  // Its Pod outlives it.
  cluster.put(controller::pods(),
              {{"metadata", {{"name", "older-x"}, {"namespace", "llm"}, {"labels", {{api::kClaimUidLabel, uid}}}}},
               {"status", {{"phase", "Running"}}}});
  cluster.erase(controller::jobs(), "llm", "older");
  const int stale = telemetry["claim stale"];
  ASSERT_TRUE(cluster.wait_until([&] { return telemetry["claim stale"] >= stale + 2; }));
  EXPECT_EQ(count_writes("create jobs"), 0U);
  cluster.erase(controller::pods(), "llm", "older-x");
  EXPECT_TRUE(wait_for_phase("qwen", "Downloading"));
}

TEST_F(ControllerTest, AJobIsNotMadeBesideOneOfOthersThatThePlannerDidNotKnow) {
  cluster.put(controller::claims(), bound_claim("shared"));
  std::atomic<bool> once = false;
  cluster.before_call([&](const FakeCluster::Call& call) {
    if (call.verb == "list" && call.resource == "jobs" && call.ns == "llm" && !once.exchange(true)) {
      const Json pod = {{"volumes", {{{"name", "cache"}, {"persistentVolumeClaim", {{"claimName", "shared"}}}}}}};
      cluster.put(controller::jobs(), {{"metadata", {{"name", "theirs"}, {"namespace", "llm"}}},
                                       {"spec", {{"template", {{"spec", pod}}}}},
                                       {"status", {{"conditions", {{{"type", "Complete"}, {"status", "True"}}}}}}});
    }
  });
  std::atomic<bool> seen_theirs = false;
  Planners planners = simple_planners();
  const auto plan = planners.claim;
  planners.claim = [&](const ObservedClaim& seen, const Settings& now_set, controller::WallTime now) {
    Plan made = plan(seen, now_set, now);
    const bool theirs = std::any_of(seen.jobs.begin(), seen.jobs.end(),
                                    [](const kube::Object& job) { return job.key().name == "theirs"; });
    seen_theirs = seen_theirs || theirs;
    if (theirs) {
      std::erase_if(made.writes,
                    [](const controller::Write& write) { return write.verb == controller::Write::Verb::kCreateJob; });
    }
    return made;
  };
  cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
  start(std::move(planners));
  EXPECT_TRUE(cluster.wait_until([&] { return seen_theirs && telemetry["claim stale"] >= 1; }));
  EXPECT_EQ(count_writes("create jobs"), 0U);
}

TEST_F(ControllerTest, APlannerThatThrowsHarmsNoOtherKey) {
  Planners planners = simple_planners();
  const auto plan = planners.claim;
  planners.claim = [&](const ObservedClaim& seen, const Settings& now_set, controller::WallTime now) {
    if (seen.claim_name == "bad") {
      throw std::runtime_error("planned");
    }
    return plan(seen, now_set, now);
  };
  cluster.put(controller::claims(), bound_claim("good"));
  cluster.put(controller::model_caches(), cache_on("a", "bad"));
  cluster.put(controller::model_caches(), cache_on("b", "good"));
  start(std::move(planners), 1);
  EXPECT_TRUE(wait_for_phase("b", "Downloading"));
  EXPECT_TRUE(cluster.wait_until([&] { return telemetry["claim exception"] >= 2; }));
}

TEST_F(ControllerTest, ProgressIsReadFromTheLogThatThePlanAsksForAndDecidedWithAtOnce) {
  Planners planners;
  planners.claim = [](const ObservedClaim& seen, const Settings& /*settings*/, controller::WallTime /*now*/) {
    Plan plan;
    plan.logs_of = {"qwen-x"};
    const auto progress = seen.progress.find("qwen-x");
    controller::Write write;
    write.verb = controller::Write::Verb::kApplyStatus;
    write.resource = controller::model_caches();
    write.ns = seen.ns;
    write.name = "qwen";
    const std::int64_t done = progress == seen.progress.end() ? -1 : progress->second.bytes_done;
    if (seen.caches.front().root()["status"]["done"].integer() == done) {
      return plan;
    }
    write.body = std::make_shared<const Json>(Json{{"status", {{"done", done}}}});
    plan.writes = {write};
    return plan;
  };
  planners.progress = [](std::string_view tail, const auto& /*before*/, controller::WallTime now) {
    controller::Progress progress;
    progress.bytes_done = static_cast<std::int64_t>(tail.size());
    progress.at = now;
    return std::optional(progress);
  };
  Json pod = gated_pod("qwen-x", "qwen");
  cluster.put(controller::pods(), pod);
  cluster.set_log("llm", "qwen-x", "four");
  cluster.put(controller::model_caches(), cache_on("qwen", "shared"));
  planners.pod = [](const auto&, const Settings&, controller::WallTime) { return Plan(); };
  start(std::move(planners));
  EXPECT_TRUE(cluster.wait_until([&] {
    return document::View(*cluster.find(controller::model_caches(), "llm", "qwen"))["status"]["done"].integer() == 4;
  }));
  EXPECT_EQ(count_writes("apply"), 1U);
}

// The clock stands still: nothing is looked at again by time.
TEST_F(ControllerTest, ANodeThatCanMountTheVolumeEndsATopologyConflictAtOnce) {
  ClaimWorld world;
  world.add_claim();
  world.cluster.put(kVolumes, json(R"({"metadata": {"name": "pv-1"}, "spec": {"nodeAffinity": {"required":
      {"nodeSelectorTerms": [{"matchExpressions":
          [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["zone-a"]}]}]}}}})"));
  world.add_node("gpu-b", "zone-b", true);
  world.add_cache();
  Controller looks(
      world.cluster, still_clock, {controller::plan_claim, controller::plan_pod, controller::read_progress},
      [&] { return std::make_shared<const Settings>(world.settings); }, telemetry, log,
      controller::ControllerOptions());
  looks.lead();
  const auto storage = [&] { return world.condition("StorageReady"); };
  ASSERT_TRUE(world.cluster.wait_until([&] { return storage() == "False TopologyConflict"; }));
  world.add_node("gpu-a", "zone-a", true);
  EXPECT_TRUE(world.cluster.wait_until([&] { return storage() == "True ClaimBound"; }));
}

TEST_F(ControllerTest, ManyDownloadsAtOnceAreNotAllAskedForTheirProgressAtOnce) {
  constexpr int kDownloads = 50;
  std::atomic<int> logs = 0;
  cluster.before_call([&](const FakeCluster::Call& call) { logs += call.verb == "log" ? 1 : 0; });
  for (int i = 0; i < kDownloads; ++i) {
    const std::string name = "claim" + std::to_string(i);
    cluster.put(controller::pods(), gated_pod(name + "-x", "cache" + std::to_string(i)));
    cluster.put(controller::model_caches(), cache_on("cache" + std::to_string(i), name));
  }
  Planners planners = simple_planners();
  planners.claim = [](const ObservedClaim& seen, const Settings& /*settings*/, controller::WallTime /*now*/) {
    Plan plan;
    plan.logs_of = {seen.claim_name + "-x"};
    return plan;
  };
  controller = std::make_unique<Controller>(
      cluster, still_clock, planners, [this] { return settings; }, telemetry, log, controller::ControllerOptions());
  controller->lead();
  ASSERT_TRUE(cluster.wait_until([&] { return telemetry["claim ok"] == kDownloads; }));
  EXPECT_EQ(logs, 20);
}

TEST_F(ControllerTest, WhereverItDiesTheNextOneEndsInTheSameStateWithoutASecondJob) {
  for (int n = 1; n <= 12; ++n) {
    SCOPED_TRACE(n);
    FakeCluster fresh;
    fresh.put(controller::claims(), bound_claim("shared"));
    fresh.put(controller::model_caches(), cache_on("a", "shared"));
    fresh.put(controller::model_caches(), cache_on("b", "shared"));
    fresh.put(controller::pods(), gated_pod("vllm", "b"));
    const std::string uid = fresh.find(controller::claims(), "llm", "shared").value()["metadata"]["uid"];
    fresh.die_after_write(n);
    const auto run = [&] {
      controller::ControllerOptions options;
      options.workers = 1;
      Controller mortal(
          fresh, clock, simple_planners(), [this] { return settings; }, telemetry, log, options);
      mortal.lead();
      EXPECT_TRUE(fresh.wait_until([&] {
        EXPECT_LE(active_jobs(fresh, uid), 1U);
        complete_jobs(fresh);
        const Json pod = fresh.find(controller::pods(), "llm", "vllm").value();
        return fresh.dead() || (all_ready(fresh, 2) && pod["spec"]["schedulingGates"].empty());
      }));
    };
    run();
    fresh.revive();
    run();
    const std::vector<std::string> writes = fresh.writes();
    std::vector<std::string> jobs;
    std::copy_if(writes.begin(), writes.end(), std::back_inserter(jobs),
                 [](const std::string& write) { return write.starts_with("create jobs"); });
    EXPECT_THAT(jobs, ElementsAre("create jobs llm/a-job", "create jobs llm/b-job"));
    const std::set<std::string> different(writes.begin(), writes.end());
    EXPECT_EQ(different.size(), 9U) << "two Jobs, two statuses, the gate, four Events";
  }
}

}  // namespace
}  // namespace warmgate::testing
