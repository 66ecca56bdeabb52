// PersistentMap against std::map over random changes, and that copies cost and share what they should.
#include "warmgate/cluster/persistent_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace warmgate::testing {
namespace {

using Map = cluster::PersistentMap<int>;

std::vector<std::pair<std::string, int>> entries(const Map& map, const std::string& prefix = "") {
  std::vector<std::pair<std::string, int>> out;
  map.visit(prefix, [&](std::string_view key, int value) {
    out.emplace_back(key, value);
    return true;
  });
  return out;
}

TEST(PersistentMap, HoldsWhatAnOrderedMapHoldsAfterEveryChange) {
  std::mt19937 random(20260101);
  Map map;
  std::map<std::string, int> expected;
  for (int step = 0; step < 4000; ++step) {
    const std::string key = std::to_string(random() % 300);
    if (random() % 3 == 0) {
      map.remove(key);
      expected.erase(key);
    } else {
      map.put(key, step);
      expected[key] = step;
    }
    ASSERT_EQ(map.size(), expected.size()) << step;
    if (step % 50 == 0) {
      const std::vector<std::pair<std::string, int>> all(expected.begin(), expected.end());
      ASSERT_EQ(entries(map), all) << step;
    }
  }
  for (const auto& [key, value] : expected) {
    ASSERT_NE(map.find(key), nullptr);
    EXPECT_EQ(*map.find(key), value);
  }
  EXPECT_EQ(map.find("none"), nullptr);
}

TEST(PersistentMap, ACopyKeepsWhatItHad) {
  Map map;
  map.put("a", 1);
  map.put("b", 2);
  const Map before = map;
  map.put("a", 7);
  map.remove("b");
  map.put("c", 3);
  EXPECT_EQ(entries(before), (std::vector<std::pair<std::string, int>>{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(entries(map), (std::vector<std::pair<std::string, int>>{{"a", 7}, {"c", 3}}));
}

TEST(PersistentMap, VisitsTheKeysOfAPrefixInOrderUntilTheVisitorHasEnough) {
  Map map;
  for (const std::string key : {"b/2", "a/1", "b/1", "b", "b0", "c/1", "b/3", ""}) {
    map.put(key, 0);
  }
  EXPECT_EQ(entries(map, "b/"), (std::vector<std::pair<std::string, int>>{{"b/1", 0}, {"b/2", 0}, {"b/3", 0}}));
  EXPECT_TRUE(entries(map, "d").empty());
  EXPECT_EQ(entries(map).size(), 8U);
  std::vector<std::string> seen;
  map.visit("b/", [&](std::string_view key, int /*value*/) {
    seen.emplace_back(key);
    return seen.size() < 2;
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"b/1", "b/2"}));
}

// A value that counts how often it was copied.
struct Counted {
  Counted() = default;
  explicit Counted(int* counter) : copies(counter) {}
  Counted(const Counted& other) : copies(other.copies) { ++*copies; }
  Counted(Counted&& other) noexcept = default;
  Counted& operator=(const Counted&) = delete;
  Counted& operator=(Counted&&) = delete;
  ~Counted() = default;
  int* copies = nullptr;
};

TEST(PersistentMap, AChangeBesideASnapshotCopiesNoOtherValue) {
  int copies = 0;
  cluster::PersistentMap<Counted> map;
  for (int i = 0; i < 50'000; ++i) {
    map.put("pod-" + std::to_string(i), Counted(&copies));
  }
  const cluster::PersistentMap<Counted> snapshot = map;
  map.put("pod-25000", Counted(&copies));
  map.remove("pod-777");
  EXPECT_EQ(copies, 0);
  EXPECT_EQ(snapshot.size(), 50'000U);
}

}  // namespace
}  // namespace warmgate::testing
