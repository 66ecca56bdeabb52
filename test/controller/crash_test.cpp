// The controller dies after any of its API calls, any two of them, and begins again: the end is as if it had not. With
// its own stores and executor against the cluster in memory; only the threads are left out, so that every run is alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <regex>

#include "controller/claim_world.h"
#include "controller/runtime.h"
#include "support/world.h"
#include "warmgate/controller/executor.h"

namespace warmgate::testing {
namespace {

using controller::claims;
using controller::jobs;
using controller::model_caches;

// Stands still but for what a world sets.
class WorldClock final : public cluster::Clock {
 public:
  explicit WorldClock(const ClaimWorld& world) : world_(world) {}
  [[nodiscard]] Steady::time_point now() const override { return Steady::time_point(world_.now.time_since_epoch()); }
  [[nodiscard]] Wall::time_point wall_now() const override { return world_.now; }
  void sleep_for(std::chrono::milliseconds /*time*/, const std::stop_token& /*stop*/) override {}

 private:
  const ClaimWorld& world_;
};

// What is lost when the controller dies.
class Process {
 public:
  explicit Process(ClaimWorld& world)
      : world_(world),
        clock_(world),
        stores_(clock_, nullptr),
        events_(world.cluster, clock_, telemetry_, "test", nullptr),
        executor_(world.cluster, clock_, stores_, events_, telemetry_, log_) {}

  // One look at the claim. False when nothing is left to be written.
  bool look(const std::string& claim) {
    watch();
    const controller::Plan plan =
        controller::plan_claim(stores_.observe_claim("llm", claim), world_.settings, world_.now);
    (void)executor_.carry_out(plan, {});
    return !plan.writes.empty();
  }

 private:
  // What the watches would tell by now.
  void watch() {
    for (std::size_t i = 0; i < controller::kStoreTypes; ++i) {
      const auto type = static_cast<controller::StoreType>(i);
      const controller::StoredType& stored = controller::stored_types().at(i);
      std::set<std::string> there;
      for (const Json& json : world_.cluster.all(stored.resource)) {
        const kube::Object object{document::Document(stored.trim(json).value_or(json))};
        there.insert(object.key().name);
        stores_.observe(type, nullptr, &object);
      }
      for (const kube::Object& known : stores_.all(type).all()) {
        if (!there.contains(known.key().name)) {
          const kube::Object gone = known;
          stores_.observe(type, &gone, nullptr);
        }
      }
    }
  }

  ClaimWorld& world_;
  WorldClock clock_;
  CountingTelemetry telemetry_;
  base::Log log_{base::LogLevel::kError};
  controller::Stores stores_;
  controller::EventRecorder events_;
  controller::Executor executor_;
};

// What others do, one after the other, each when the controller has come to rest.
struct Scenario {
  const char* name;
  std::vector<std::function<void(ClaimWorld&)>> steps;
  int jobs = 1;  // that are made in all
};

// What is compared: UIDs and versions are other ones when a process made less.
std::string normal(const Json& object) {
  Json shown = object;
  shown["metadata"].erase("resourceVersion");
  return std::regex_replace(shown.dump(1), std::regex("-uid-[0-9]+"), "-uid");
}

struct End {
  std::vector<std::string> objects;
  std::multiset<std::string> events;
  int jobs_made = 0;
  std::size_t writes = 0;
};

End end_of(const ClaimWorld& world) {
  End end;
  for (const cluster::Resource& resource : {model_caches(), claims(), jobs()}) {
    for (const Json& object : world.cluster.all(resource)) {
      end.objects.push_back(normal(object));
    }
  }
  for (const Json& event : world.cluster.all({"", "v1", "events", "Event", true})) {
    end.events.insert(event["reason"].get<std::string>() + ": " + event["message"].get<std::string>());
  }
  const std::vector<std::string> writes = world.cluster.writes();
  end.writes = writes.size();
  end.jobs_made = static_cast<int>(std::count_if(
      writes.begin(), writes.end(), [](const std::string& write) { return write.starts_with("create jobs "); }));
  return end;
}

// `deaths`: after how many writes, each counted from the one before.
End run(const Scenario& scenario, std::vector<int> deaths) {
  constexpr int kMostLooks = 30;
  ClaimWorld world;
  auto process = std::make_unique<Process>(world);
  const auto next_death = [&] {
    const int death = deaths.empty() ? 0 : deaths.front();
    if (!deaths.empty()) {
      deaths.erase(deaths.begin());
    }
    world.cluster.die_after_write(death);
  };
  next_death();
  for (const auto& step : scenario.steps) {
    step(world);
    bool busy = true;
    for (int i = 0; i < kMostLooks && busy; ++i) {
      busy = process->look("model-cache");
      if (world.cluster.dead()) {
        next_death();
        process = std::make_unique<Process>(world);
        busy = true;
      }
    }
    EXPECT_FALSE(busy) << scenario.name << " does not come to rest";
  }
  return end_of(world);
}

void add_waiting_cache(ClaimWorld& world) {
  world.add_cache("model-cache", R"({"metadata": {"finalizers": null}, "spec": {"reclaimPolicy": "Delete", "storage":
      {"claimName": null, "create": {"storageClassName": "standard-rwx"}}}})");
}
void bind(ClaimWorld& world) { world.edit(claims(), "model-cache", R"({"status": {"phase": "Bound"}})"); }
void download(ClaimWorld& world) { world.complete("model-cache-9216db57"); }
void fail(ClaimWorld& world) {
  world.run_pod("model-cache-9216db57", "worker");
  world.end_pod("worker", 71, "");
  world.end_job("model-cache-9216db57", "Failed", "PodFailurePolicy");
}
void retry(ClaimWorld& world) {
  world.edit(model_caches(), "model-cache", R"({"metadata": {"annotations": {"warmgate.dev/retry": "1"}}})");
}
void erase(ClaimWorld& world) {
  world.edit(model_caches(), "model-cache", R"({"metadata": {"deletionTimestamp": "2026-11-26T12:08:58Z"}})");
}
void replace_claim(ClaimWorld& world) {
  world.cluster.erase(claims(), "llm", "model-cache");
  world.add_claim();
}
// Another cache on the claim, so that the claim must stay and the files go by a Job.
void share(ClaimWorld& world) {
  world.add_cache("other", R"({"spec": {"suspend": true, "source": {"huggingFace": {"repo": "acme/other-7B"}}}})");
}
void remove_files(ClaimWorld& world) { world.end_job("model-cache-remove-9216db57", "Complete"); }

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"from nothing to Ready", {add_waiting_cache, bind, download}, 1},
      {"retry", {add_waiting_cache, bind, fail, retry, download}, 2},
      {"another claim", {add_waiting_cache, bind, download, replace_claim, download}, 2},
      {"deletion with the claim", {add_waiting_cache, bind, download, erase}, 1},
      {"deletion of the files", {add_waiting_cache, bind, download, share, erase, remove_files}, 2},
      {"deletion while it downloads",
       {add_waiting_cache, bind, [](ClaimWorld& world) { world.run_pod("model-cache-9216db57", "worker"); }, erase},
       1},
  };
  return all;
}

void expect_same(const End& end, const End& expected, const std::string& deaths) {
  EXPECT_EQ(end.objects, expected.objects) << deaths;
  // What lies between two steps may be seen by the next process only, and is told then; nothing is lost or told twice.
  for (const std::string& event : expected.events) {
    EXPECT_EQ(end.events.count(event), expected.events.count(event)) << event << ", " << deaths;
  }
  EXPECT_EQ(end.jobs_made, expected.jobs_made) << deaths;
}

TEST(Crash, WithoutOneEachScenarioEndsAsItShould) {
  for (const Scenario& scenario : scenarios()) {
    SCOPED_TRACE(scenario.name);
    const End end = run(scenario, {});
    EXPECT_EQ(end.jobs_made, scenario.jobs);
    const bool deletes = std::string(scenario.name).starts_with("deletion");
    const std::string first = end.objects.empty() ? "" : end.objects.front();
    EXPECT_EQ(first.find(R"("phase": "Ready")") != std::string::npos, !deletes) << first;
    EXPECT_EQ(first.find(R"("name": "model-cache")") != std::string::npos, !deletes) << first;
  }
}

TEST(Crash, AfterAnyOneCallTheEndIsTheSame) {
  for (const Scenario& scenario : scenarios()) {
    SCOPED_TRACE(scenario.name);
    const End expected = run(scenario, {});
    for (int n = 1; n <= static_cast<int>(expected.writes); ++n) {
      expect_same(run(scenario, {n}), expected, "died after write " + std::to_string(n));
    }
  }
}

TEST(Crash, AfterAnyTwoCallsTheEndIsTheSame) {
  const Scenario& scenario = scenarios().front();
  const End expected = run(scenario, {});
  for (int first = 1; first <= static_cast<int>(expected.writes); ++first) {
    for (int second = 1; second <= static_cast<int>(expected.writes); ++second) {
      expect_same(run(scenario, {first, second}), expected,
                  "died after write " + std::to_string(first) + " and " + std::to_string(second) + " more");
    }
  }
}

}  // namespace
}  // namespace warmgate::testing
