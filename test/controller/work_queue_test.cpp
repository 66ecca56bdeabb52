#include "warmgate/controller/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "cluster/fake_api.h"

namespace warmgate::testing {
namespace {

using controller::WorkQueue;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class WorkQueueTest : public ::testing::Test {
 protected:
  std::string next() {
    const std::optional<std::string> key = queue.take();
    return key.value_or("nothing");
  }
  // Fails the key, and tells for how long.
  milliseconds backoff(const std::string& key, milliseconds at_least = {}) {
    queue.add_failed(key, at_least);
    const milliseconds wait = clock.await_sleeper();
    clock.advance(wait);
    EXPECT_EQ(next(), key);
    queue.done(key);
    return wait;
  }

  FakeClock clock;
  std::mutex mutex;  // of `waited`: several threads take
  std::vector<double> waited;
  WorkQueue queue{clock, {milliseconds(5), minutes(5), 10, 100, [this](double time) {
                            const std::lock_guard lock(mutex);
                            waited.push_back(time);
                          }}};
};

TEST_F(WorkQueueTest, AKeyWaitsOnceHoweverOftenItIsAdded) {
  for (int i = 0; i < 1000; ++i) {
    queue.add("a");
    queue.add("b");
  }
  EXPECT_EQ(queue.depth(), 2U);
  clock.advance(seconds(2));
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(next(), "b");
  EXPECT_EQ(queue.depth(), 0U);
  EXPECT_THAT(waited, ::testing::ElementsAre(2, 2));
}

TEST_F(WorkQueueTest, AKeyThatIsAddedWhileItIsWorkedOnComesAgainWhenThatIsDone) {
  queue.add("a");
  EXPECT_EQ(next(), "a");
  queue.add("a");
  queue.add("b");
  EXPECT_EQ(queue.depth(), 1U);
  EXPECT_EQ(next(), "b");
  clock.advance(seconds(3));
  EXPECT_EQ(queue.longest_work(), seconds(3));
  queue.done("a");
  queue.done("b");
  EXPECT_EQ(queue.longest_work(), seconds(0));
  EXPECT_EQ(next(), "a");
}

TEST_F(WorkQueueTest, OfSeveralTimesOfAKeyTheEarliestCounts) {
  queue.add_after("slow", seconds(20));
  EXPECT_EQ(clock.await_sleeper(), seconds(20));
  queue.add_after("a", seconds(10));
  queue.add_after("a", seconds(5));
  queue.add_after("a", seconds(30));
  EXPECT_EQ(queue.delayed(), 2U);
  while (clock.await_sleeper() != seconds(5)) {  // the timer turns to the earlier one
    std::this_thread::yield();
  }
  clock.advance(seconds(5));
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(clock.await_sleeper(), seconds(15));
  queue.add_after("now", seconds(0));
  EXPECT_EQ(next(), "now");
}

TEST_F(WorkQueueTest, FailuresInARowWaitLongerUpToABoundAndOthersDoNot) {
  EXPECT_EQ(backoff("a"), milliseconds(5));
  EXPECT_EQ(backoff("a"), milliseconds(10));
  EXPECT_EQ(backoff("a"), milliseconds(20));
  EXPECT_EQ(backoff("b"), milliseconds(5));
  for (int i = 0; i < 50; ++i) {
    backoff("a");
  }
  EXPECT_EQ(backoff("a"), minutes(5));
  queue.forget("a");
  EXPECT_EQ(backoff("a"), milliseconds(5));
  EXPECT_EQ(backoff("b", seconds(30)), seconds(30)) << "the API server asked for it";
}

TEST_F(WorkQueueTest, FailuresOfAllKeysTogetherComeAtABoundedRate) {
  for (int i = 0; i < 120; ++i) {
    queue.add_failed("key" + std::to_string(i));
  }
  while (queue.depth() < 100) {  // the timer takes what is due as it comes
    clock.advance(clock.await_sleeper() > milliseconds(5) ? milliseconds(0) : milliseconds(5));
  }
  EXPECT_EQ(queue.depth() + queue.delayed(), 120U);
  EXPECT_GE(queue.delayed(), 18U);
  clock.advance(seconds(2));
  while (queue.delayed() > 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(queue.depth(), 120U);
}

TEST_F(WorkQueueTest, ShuttingDownEndsWhoWaitsAndGivesNothingOut) {
  std::jthread waiting([&] { EXPECT_EQ(next(), "nothing"); });
  queue.shut_down();
  waiting.join();
  queue.add("a");
  queue.add_after("b", seconds(1));
  EXPECT_EQ(next(), "nothing");
}

TEST_F(WorkQueueTest, NoTwoWorkersEverHaveTheSameKeyAndNoChangeIsLost) {
  constexpr int kKeys = 7;
  constexpr int kChanges = 20'000;
  std::array<std::atomic<int>, kKeys> wanted{};
  std::array<std::atomic<int>, kKeys> seen{};
  std::array<std::atomic<bool>, kKeys> busy{};
  constexpr std::size_t kWorkers = 4;
  std::vector<std::jthread> workers;
  workers.reserve(kWorkers);
  while (workers.size() < kWorkers) {
    workers.emplace_back([&] {
      while (const std::optional<std::string> key = queue.take()) {
        const auto index = static_cast<std::size_t>(std::stoi(*key));
        EXPECT_FALSE(busy.at(index).exchange(true));
        seen.at(index) = wanted.at(index).load();
        busy.at(index) = false;
        queue.done(*key);
      }
    });
  }
  for (int i = 0; i < kChanges; ++i) {
    const auto index = static_cast<std::size_t>(i % kKeys);
    ++wanted.at(index);
    queue.add(std::to_string(index));
  }
  const auto all_seen = [&] {
    for (std::size_t i = 0; i < kKeys; ++i) {
      if (seen.at(i) != wanted.at(i)) {
        return false;
      }
    }
    return true;
  };
  const auto deadline = std::chrono::steady_clock::now() + minutes(1);
  while (!all_seen() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(all_seen());
  queue.shut_down();
}

}  // namespace
}  // namespace warmgate::testing
