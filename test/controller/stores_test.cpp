#include "warmgate/controller/stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "cluster/fake_api.h"
#include "controller/fake_cluster.h"
#include "support/world.h"

namespace warmgate::testing {
namespace {

using controller::ObservedClaim;
using controller::Stores;
using controller::StoreType;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string kGated =
    R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "w", "namespace": "llm", "uid": "w1",
  "resourceVersion": "7", "labels": {"warmgate.dev/gated": "true"},
  "annotations": {"warmgate.dev/waits-for": "qwen=Qwen/Qwen3-32B@9216db5781bf21249d130ec9da846c4624c16137"}},
  "spec": {"schedulingGates": [{"name": "warmgate.dev/model-cache"}], "containers": [{"name": "vllm"}]}})";

Json mounting(const std::string& claim) {
  return {{"volumes", {{{"name", "cache"}, {"persistentVolumeClaim", {{"claimName", claim}}}}}},
          {"containers", {{{"name", "c"}}}}};
}

class StoresTest : public ::testing::Test {
 protected:
  static Json named(const std::string& kind, const std::string& name, int version, const Json& more = Json::object()) {
    Json object = {
        {"apiVersion", kind == "Job"          ? "batch/v1"
                       : kind == "ModelCache" ? "warmgate.dev/v1alpha1"
                                              : "v1"},
        {"kind", kind},
        {"metadata",
         {{"name", name}, {"namespace", "llm"}, {"uid", name + "-1"}, {"resourceVersion", std::to_string(version)}}}};
    object.update(more, true);
    return object;
  }
  // As a watch would tell it.
  void watch(StoreType type, const Json& object, bool deleted = false) {
    const std::optional<Json> trimmed = controller::stored_types().at(static_cast<std::size_t>(type)).trim(object);
    if (trimmed) {
      const kube::Object now{document::Document(*trimmed)};
      stores.observe(type, deleted ? &now : nullptr, deleted ? nullptr : &now);
    }
  }
  std::vector<std::string> told() { return std::exchange(dirty, {}); }
  void have_cache() {
    watch(StoreType::kCaches, named("ModelCache", "qwen", 1, {{"spec", {{"storage", {{"claimName", "shared"}}}}}}));
    told();
  }

  FakeClock clock;
  std::vector<std::string> dirty;
  Stores stores{clock, [this](const std::string& key) { dirty.push_back(key); }};
};

TEST_F(StoresTest, OfItsOwnJobsAndTheirPodsTheScriptIsNotKeptButOfOthersItIs) {
  const auto kept = [](StoreType type, const Json& object, const char* pointer) {
    return controller::stored_types()
        .at(static_cast<std::size_t>(type))
        .trim(object)
        .value()
        .at(Json::json_pointer(pointer));
  };
  const auto with = [](const Json& spec, const Json& labels) {
    return named("Job", "fetch", 1, {{"metadata", {{"labels", labels}}}, {"spec", spec}});
  };
  const Json pod_spec = Json::parse(R"({
      "volumes": [{"name": "cache", "persistentVolumeClaim": {"claimName": "shared"}}],
      "affinity": {"nodeAffinity": {}},
      "containers": [{"name": "download", "image": "python", "command": ["sh", "-c"], "args": ["hf download"],
                      "env": [{"name": "A", "value": "b"}],
                      "volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}]})");
  const Json job_spec = {{"backoffLimit", 3}, {"template", {{"spec", pod_spec}}}};
  const Json ours = {{"app.kubernetes.io/managed-by", "warmgate"}, {"warmgate.dev/task", "download"}};
  EXPECT_EQ(kept(StoreType::kJobs, with(job_spec, ours), "/spec"), Json::parse(R"({
      "backoffLimit": 3,
      "template": {"spec": {
          "volumes": [{"name": "cache", "persistentVolumeClaim": {"claimName": "shared"}}],
          "containers": [{"name": "download", "volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}]}}})"));
  EXPECT_EQ(kept(StoreType::kJobs, with(job_spec, {{"app", "mine"}}), "/spec"), job_spec);
  EXPECT_EQ(kept(StoreType::kPods, with(pod_spec, ours), "/spec/containers"), Json::parse(R"([
      {"name": "download", "image": "python", "volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}])"));
  EXPECT_EQ(kept(StoreType::kPods, with(pod_spec, {{"app", "mine"}}), "/spec/containers"), pod_spec["containers"]);
}

TEST_F(StoresTest, EveryChangeMakesTheKeysDirtyThatItMattersTo) {
  watch(StoreType::kCaches, named("ModelCache", "qwen", 1, {{"spec", {{"storage", {{"claimName", "shared"}}}}}}));
  EXPECT_THAT(told(), ElementsAre("claim/llm/shared"));
  watch(StoreType::kCaches, named("ModelCache", "own", 1, {{"spec", {{"storage", {{"create", Json::object()}}}}}}));
  EXPECT_THAT(told(), ElementsAre("claim/llm/own"));
  watch(StoreType::kPods, json(kGated));
  EXPECT_THAT(told(), ElementsAre("claim/llm/shared", "pod/llm/w"));
  watch(StoreType::kPods, named("Pod", "user", 3, {{"spec", mounting("shared")}}));
  EXPECT_THAT(told(), ElementsAre("claim/llm/shared"));
  watch(StoreType::kJobs, named("Job", "j", 3, {{"spec", {{"template", {{"spec", mounting("shared")}}}}}}));
  EXPECT_THAT(told(), ElementsAre("claim/llm/shared"));
  watch(StoreType::kClaims, named("PersistentVolumeClaim", "shared", 3));
  EXPECT_THAT(told(), ElementsAre("claim/llm/shared"));
  watch(StoreType::kVolumes,
        named("PersistentVolume", "pv", 3, {{"spec", {{"claimRef", {{"namespace", "llm"}, {"name", "own"}}}}}}));
  EXPECT_THAT(told(), ElementsAre("claim/llm/own"));
  watch(StoreType::kClasses, named("StorageClass", "fast", 3));
  EXPECT_THAT(told(), UnorderedElementsAre("claim/llm/shared", "claim/llm/own"));
  watch(StoreType::kCaches, named("ModelCache", "qwen", 2, {{"spec", {{"storage", {{"claimName", "other"}}}}}}));
  EXPECT_THAT(told(), ElementsAre("claim/llm/shared", "pod/llm/w", "claim/llm/other", "pod/llm/w"));
}

TEST_F(StoresTest, WhatNoModelCacheIsConcernedWithMakesNothingDirty) {
  have_cache();
  watch(StoreType::kClaims, named("PersistentVolumeClaim", "database", 3));
  watch(StoreType::kPods, named("Pod", "database", 3, {{"spec", mounting("database")}}));
  watch(StoreType::kNodes, named("Node", "n", 3));
  EXPECT_THAT(told(), IsEmpty());
  watch(StoreType::kPods, named("Pod", "plain", 3, {{"spec", {{"containers", {{{"name", "c"}}}}}}}));
  EXPECT_EQ(stores.find(controller::pods(), "llm", "plain"), std::nullopt) << "not even kept";
  Json again = named("ModelCache", "qwen", 2, {{"spec", {{"storage", {{"claimName", "shared"}}}}}});
  again["metadata"]["managedFields"] = {1, 2, 3};
  watch(StoreType::kCaches, again);
  EXPECT_THAT(told(), IsEmpty()) << "only its version and who wrote it are new";
}

Json without_nodes(const std::string& name, const std::string& reason) {
  return {{"metadata", {{"name", name}, {"namespace", "llm"}, {"uid", name + "-1"}, {"resourceVersion", "5"}}},
          {"spec", {{"storage", {{"claimName", name}}}}},
          {"status", {{"conditions", {{{"type", "StorageReady"}, {"status", "False"}, {"reason", reason}}}}}}};
}

TEST_F(StoresTest, NodesTellOnlyThoseThatWaitForOneAndOnlyWhatIsReadOfThem) {
  watch(StoreType::kCaches, without_nodes("far", "TopologyConflict"));
  watch(StoreType::kCaches, without_nodes("pending", "ClaimPending"));
  told();
  Json node = {{"metadata",
                {{"name", "n"},
                 {"uid", "n-1"},
                 {"resourceVersion", "10"},
                 {"annotations", {{"a", "1"}}},
                 {"labels", {{"topology.kubernetes.io/zone", "a"}}}}},
               {"spec", {{"podCIDR", "10.0.0.0/24"}}},
               {"status",
                {{"allocatable", {{"memory", "64Gi"}}},
                 {"capacity", {{"memory", "66Gi"}}},
                 {"images", {{{"names", {"vllm"}}}}},
                 {"conditions",
                  {{{"type", "DiskPressure"}, {"status", "False"}},
                   {{"type", "Ready"}, {"status", "True"}, {"lastHeartbeatTime", "2026-11-26T10:00:00Z"}}}}}}};
  int version = 10;
  const auto after = [&](const std::function<void(Json&)>& edit) {
    edit(node);
    node["metadata"]["resourceVersion"] = std::to_string(++version);
    watch(StoreType::kNodes, node);
    const std::vector<std::string> all = told();
    return std::set<std::string>(all.begin(), all.end());
  };
  const auto silent = [&](const std::function<void(Json&)>& edit) { EXPECT_THAT(after(edit), IsEmpty()) << node; };
  const auto tells = [&](const std::function<void(Json&)>& edit) {
    EXPECT_THAT(after(edit), ElementsAre("claim/llm/far")) << node;
  };
  tells([](Json&) {});
  silent([](Json& it) { it["status"]["conditions"][1]["lastHeartbeatTime"] = "2026-11-26T10:00:10Z"; });
  silent([](Json& it) { it["status"]["conditions"][0]["status"] = "True"; });
  silent([](Json& it) { it["status"]["images"].push_back({{"names", {"sglang"}}}); });
  silent([](Json& it) { it["status"]["capacity"]["memory"] = "67Gi"; });
  silent([](Json& it) { it["metadata"]["annotations"]["a"] = "2"; });
  tells([](Json& it) { it["metadata"]["labels"]["topology.kubernetes.io/zone"] = "b"; });
  tells([](Json& it) { it["status"]["allocatable"]["nvidia.com/gpu"] = "8"; });
  tells([](Json& it) { it["spec"]["unschedulable"] = true; });
  tells([](Json& it) { it["spec"]["taints"] = {{{"key", "a"}, {"effect", "NoSchedule"}}}; });
  tells([](Json& it) { it["status"]["conditions"][1]["status"] = "Unknown"; });
  watch(StoreType::kNodes, node, true);
  EXPECT_THAT(told(), ElementsAre("claim/llm/far"));
  watch(StoreType::kCaches, without_nodes("far", "ClaimBound"));
  told();
  silent([](Json& it) { it["metadata"]["labels"]["topology.kubernetes.io/zone"] = "c"; });
}

TEST_F(StoresTest, WhatAWriteReturnedHoldsUntilTheWatchCatchesUp) {
  have_cache();
  const auto version = [&] {
    const auto found = stores.find(controller::jobs(), "llm", "j");
    return found ? found->root()["metadata"]["resourceVersion"].text() : "none";
  };
  const auto job = [&](int at, const std::string& mark) {
    return named("Job", "j", at, {{"spec", {{"mark", mark}, {"template", {{"spec", mounting("shared")}}}}}});
  };
  stores.learn(controller::jobs(), job(10, "made"));
  EXPECT_EQ(version(), "10");
  EXPECT_THAT(told(), ElementsAre("claim/llm/shared"));
  watch(StoreType::kJobs, job(8, "of the past"));
  EXPECT_EQ(version(), "10");
  watch(StoreType::kJobs, job(10, "made"));
  EXPECT_THAT(told(), IsEmpty()) << "it is known already";
  watch(StoreType::kJobs, job(12, "run"));
  stores.learn(controller::jobs(), job(11, "late"));
  EXPECT_EQ(version(), "12");
  stores.learn_deletion(controller::jobs(), "llm", "j");
  EXPECT_TRUE(stores.find(controller::jobs(), "llm", "j")->root()["metadata"]["deletionTimestamp"]);
  watch(StoreType::kJobs, job(13, "run"), true);
  EXPECT_EQ(version(), "none");
}

TEST_F(StoresTest, ADeletionOfThePastDoesNotTakeAwayWhatHasBeenMadeAnew) {
  have_cache();
  const Json old = named("Job", "j", 10, {{"spec", {{"template", {{"spec", mounting("shared")}}}}}});
  watch(StoreType::kJobs, old);
  Json fresh = old;
  fresh["metadata"]["uid"] = "j-2";
  fresh["metadata"]["resourceVersion"] = "20";
  stores.learn(controller::jobs(), fresh);
  watch(StoreType::kJobs, old, true);
  EXPECT_EQ(stores.find(controller::jobs(), "llm", "j")->root()["metadata"]["uid"].text(), "j-2");
}

TEST_F(StoresTest, WhatCameAndWentUnseenIsForgottenAfterAMinute) {
  have_cache();
  stores.learn(controller::jobs(), named("Job", "j", 10, {{"spec", {{"template", {{"spec", mounting("shared")}}}}}}));
  told();
  const cluster::Collection nothing;
  clock.advance(seconds(59));
  stores.settle(StoreType::kJobs, nothing);
  EXPECT_TRUE(stores.find(controller::jobs(), "llm", "j"));
  clock.advance(seconds(1));
  stores.settle(StoreType::kJobs, nothing);
  EXPECT_FALSE(stores.find(controller::jobs(), "llm", "j"));
  EXPECT_THAT(told(), ElementsAre("claim/llm/shared"));
}

TEST_F(StoresTest, AClaimIsSeenWithAllThatStandsOnIt) {
  have_cache();
  watch(StoreType::kPods, json(kGated));
  watch(StoreType::kPods, named("Pod", "user", 3, {{"spec", mounting("shared")}}));
  watch(StoreType::kPods, named("Pod", "other", 3, {{"spec", mounting("another")}}));
  Json worker = named("Pod", "j-x", 3, {{"spec", mounting("shared")}});
  worker["metadata"]["ownerReferences"] = {
      {{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"name", "j"}, {"controller", true}}};
  watch(StoreType::kPods, worker);
  watch(StoreType::kJobs, named("Job", "j", 3, {{"spec", {{"template", {{"spec", mounting("shared")}}}}}}));
  watch(StoreType::kClaims, named("PersistentVolumeClaim", "shared", 3, {{"spec", {{"volumeName", "pv"}}}}));
  Json volume = named("PersistentVolume", "pv", 3);
  volume["metadata"].erase("namespace");
  watch(StoreType::kVolumes, volume);
  const ObservedClaim seen = stores.observe_claim("llm", "shared");
  const auto names = [](const std::vector<kube::Object>& objects) {
    std::vector<std::string> out;
    out.reserve(objects.size());
    for (const kube::Object& object : objects) {
      out.push_back(object.key().name);
    }
    return out;
  };
  EXPECT_EQ(seen.claim->key().name, "shared");
  EXPECT_EQ(seen.volume->key().name, "pv");
  EXPECT_THAT(names(seen.caches), ElementsAre("qwen"));
  EXPECT_THAT(names(seen.jobs), ElementsAre("j"));
  EXPECT_THAT(names(seen.pods), ElementsAre("j-x", "user", "w"));
  EXPECT_THAT(stores.all_keys(), ElementsAre("claim/llm/shared", "pod/llm/w"));
  EXPECT_THAT(names(stores.observe_pod("llm", "w")->caches), ElementsAre("qwen"));
  EXPECT_FALSE(stores.observe_pod("llm", "user"));
}

TEST_F(StoresTest, AModelCacheWhoseLastFinalizerWentIsGone) {
  have_cache();
  Json last = named("ModelCache", "qwen", 1, {{"spec", {{"storage", {{"claimName", "shared"}}}}}});
  last["metadata"]["deletionTimestamp"] = "2026-11-26T10:00:00Z";
  stores.learn(controller::model_caches(), last);
  EXPECT_FALSE(stores.find(controller::model_caches(), "llm", "qwen"));
}

}  // namespace
}  // namespace warmgate::testing
