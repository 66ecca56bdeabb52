// Settings that change under load: each verdict is by one of them as a whole.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "admission/answering.h"
#include "warmgate/base/snapshot.h"

namespace warmgate::testing {
namespace {

using admission::Hook;
using admission::Settings;

std::shared_ptr<const Settings> settings_with(const std::string& spec) {
  return std::make_shared<const Settings>(Settings{knowledge(), policy_with(spec)});
}

TEST(Settings, EveryVerdictIsByOneOfThemNeverByAMix) {
  const auto strict = settings_with("{rules: {WG101: deny, WG205: deny}}");
  const auto mild = settings_with("{rules: {WG101: audit, WG205: warn}}");
  base::Snapshot<Settings> current(strict);
  std::shared_ptr<const kube::ClusterFacts> no_facts = std::make_shared<const kube::BundleFacts>(facts(""));
  const admission::Handler handler([&] { return current.get(); }, [&] { return no_facts; });
  const std::string body = review({.object = manifest(deployment(pod("args: [--model, Qwen/Qwen3-32B]")))});
  const std::string by_strict = handler.handle(Hook::kValidate, body).body;
  current.set(mild);
  const std::string by_mild = handler.handle(Hook::kValidate, body).body;
  ASSERT_NE(by_strict, by_mild);

  constexpr int kThreads = 4;
  constexpr int kRequests = 50;
  std::atomic<int> strict_answers = 0;
  std::atomic<int> mild_answers = 0;
  std::atomic<bool> done = false;
  std::latch started(kThreads + 1);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      started.arrive_and_wait();
      for (int request = 0; request < kRequests; ++request) {
        const std::string answer = handler.handle(Hook::kValidate, body).body;
        strict_answers += answer == by_strict ? 1 : 0;
        mild_answers += answer == by_mild ? 1 : 0;
      }
    });
  }
  std::thread editor([&] {
    started.arrive_and_wait();
    for (bool flip = false; !done; flip = !flip) {
      current.set(flip ? mild : strict);
    }
  });
  for (std::thread& thread : threads) {
    thread.join();
  }
  done = true;
  editor.join();
  EXPECT_EQ(strict_answers + mild_answers, kThreads * kRequests);
}

TEST(Settings, AreTakenAnewByEachVerdict) {
  std::shared_ptr<const Settings> current = settings_with("{}");
  std::shared_ptr<const kube::ClusterFacts> no_facts = std::make_shared<const kube::BundleFacts>(facts(""));
  const admission::Handler handler([&] { return current; }, [&] { return no_facts; });
  const std::string body = review({.object = manifest(deployment(pod("args: [--model, Qwen/Qwen3-32B]")))});
  EXPECT_EQ(handler.handle(Hook::kValidate, body).record.decision, "deny");
  current = settings_with("{rules: {WG101: warn, WG205: warn}}");
  EXPECT_EQ(handler.handle(Hook::kValidate, body).record.decision, "allow");
}

}  // namespace
}  // namespace warmgate::testing
