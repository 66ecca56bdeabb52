// The fake refuses what a real API server would: what tests of the controller rest on.
#include "controller/fake_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "warmgate/controller/plan.h"

namespace warmgate::testing {
namespace {

using cluster::PatchType;
using ::testing::ElementsAre;

const cluster::PatchOptions kOurs{"", "warmgate-controller", true};
const cluster::PatchOptions kOurStatus{"status", "warmgate-controller", true};

Json cache(const std::string& name) {
  return {{"metadata", {{"name", name}, {"namespace", "llm"}}}, {"spec", {{"a", 1}}}};
}

class FakeClusterTest : public ::testing::Test {
 protected:
  Json now(const std::string& name = "qwen") { return cluster.find(controller::model_caches(), "llm", name).value(); }
  auto apply(const Json& body, const cluster::PatchOptions& options = kOurs) {
    return cluster.patch(controller::model_caches(), "llm", "qwen", PatchType::kApply, body, options);
  }

  FakeCluster cluster;
};

TEST_F(FakeClusterTest, AnApplyMergesAndTakesBackWhatItHeldBefore) {
  cluster.put(controller::model_caches(), cache("qwen"));
  EXPECT_TRUE(apply({{"metadata", {{"finalizers", {"x"}}}}}).ok());
  EXPECT_TRUE(apply({{"status", {{"phase", "Pending"}, {"bytes", {{"done", 1}}}}}}, kOurStatus).ok());
  const Json ready = {{"type", "Ready"}, {"status", "False"}};
  const Json stored = {{"type", "StorageReady"}, {"status", "True"}};
  EXPECT_TRUE(apply({{"status", {{"phase", "Ready"}, {"conditions", {ready, stored}}}}}, kOurStatus).ok());
  EXPECT_EQ(now()["status"], Json({{"phase", "Ready"}, {"conditions", {ready, stored}}}));
  EXPECT_EQ(now()["metadata"]["finalizers"], Json({"x"}));
  EXPECT_EQ(now()["metadata"]["generation"], 1);
  const Json before = now();
  EXPECT_TRUE(apply({{"metadata", {{"finalizers", {"x"}}}}}).ok());
  EXPECT_EQ(now(), before) << "what changes nothing makes no version";
  EXPECT_TRUE(apply(Json::object()).ok());
  EXPECT_FALSE(now()["metadata"].contains("finalizers"));
}

TEST_F(FakeClusterTest, StaleVersionsOtherUidsAndSecondCreationsAreConflicts) {
  cluster.put(controller::model_caches(), cache("qwen"));
  const std::string version = now()["metadata"]["resourceVersion"];
  EXPECT_TRUE(apply({{"metadata", {{"resourceVersion", version}, {"labels", {{"a", "b"}}}}}}).ok());
  EXPECT_EQ(apply({{"metadata", {{"resourceVersion", version}}}}).error().reason, "Conflict");
  EXPECT_EQ(apply({{"metadata", {{"uid", "other"}}}}).error().reason, "Conflict");
  EXPECT_EQ(cluster.create(controller::model_caches(), "llm", cache("qwen")).error().reason, "AlreadyExists");
  EXPECT_EQ(cluster.remove(controller::model_caches(), "llm", "qwen", {"other", ""}).error().reason, "Conflict");
  const Json patch = {{{"op", "test"}, {"path", "/spec/a"}, {"value", 2}}, {{"op", "remove"}, {"path", "/spec/a"}}};
  EXPECT_EQ(cluster.patch(controller::model_caches(), "llm", "qwen", PatchType::kJson, patch, {}).error().reason,
            "Invalid");
  EXPECT_EQ(now()["spec"], Json({{"a", 1}}));
}

TEST_F(FakeClusterTest, FinalizersDeferDeletionAndOwnersTakeTheirOwn) {
  cluster.put(controller::model_caches(), cache("qwen"));
  EXPECT_TRUE(apply({{"metadata", {{"finalizers", {"x"}}}}}).ok());
  Json job = cache("job");
  job["metadata"]["ownerReferences"] = {{{"uid", now()["metadata"]["uid"]}}};
  EXPECT_TRUE(cluster.create(controller::jobs(), "llm", job).ok());
  EXPECT_TRUE(cluster.remove(controller::model_caches(), "llm", "qwen", {}).ok());
  EXPECT_TRUE(now()["metadata"].contains("deletionTimestamp"));
  EXPECT_EQ(cluster.all(controller::jobs()).size(), 1U);
  EXPECT_TRUE(apply({{"metadata", {{"finalizers", Json::array()}}}}).ok());
  EXPECT_EQ(cluster.find(controller::model_caches(), "llm", "qwen"), std::nullopt);
  EXPECT_EQ(cluster.all(controller::jobs()).size(), 0U);
}

TEST_F(FakeClusterTest, TheLastWriteOfAProcessThatDiesIsCarriedOutAndNoneAfterIt) {
  cluster.die_after_write(2);
  EXPECT_TRUE(cluster.create(controller::jobs(), "llm", cache("a")).ok());
  EXPECT_FALSE(cluster.create(controller::jobs(), "llm", cache("b")).ok());
  EXPECT_FALSE(cluster.create(controller::jobs(), "llm", cache("c")).ok());
  EXPECT_FALSE(cluster.get(controller::jobs(), "llm", "a").ok());
  EXPECT_TRUE(cluster.dead());
  cluster.revive();
  EXPECT_TRUE(cluster.get(controller::jobs(), "llm", "b").ok());
  EXPECT_THAT(cluster.writes(), ElementsAre("create jobs llm/a", "create jobs llm/b"));
}

TEST_F(FakeClusterTest, ListsSelectByLabelsAndFields) {
  Json job = cache("a");
  job["metadata"]["labels"] = {{"task", "download"}};
  cluster.put(controller::jobs(), job);
  cluster.put(controller::jobs(), cache("b"));
  const auto names = [&](const std::string& labels, const std::string& fields) {
    std::string out;
    EXPECT_TRUE(cluster
                    .list(controller::jobs(), {"llm", labels, fields},
                          [&](Json&& item) { out.append(item["metadata"]["name"].get<std::string>()); })
                    .ok());
    return out;
  };
  EXPECT_EQ(names("task=download", ""), "a");
  EXPECT_EQ(names("task", ""), "a");
  EXPECT_EQ(names("task=remove", ""), "");
  EXPECT_EQ(names("task!=download", ""), "b");
  EXPECT_EQ(names("", "metadata.name=b"), "b");
  EXPECT_EQ(names("", ""), "ab");
}

}  // namespace
}  // namespace warmgate::testing
