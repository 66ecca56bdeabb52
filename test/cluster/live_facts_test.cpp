// ClusterFacts from the watches: what is kept of each object, what the questions of rules are answered with, and what
// is in doubt since when.
#include "warmgate/cluster/live_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "cluster/fake_api.h"
#include "warmgate/kube/time.h"

namespace warmgate::testing {
namespace {

using cluster::LiveFacts;
using cluster::LiveFactsOptions;
using cluster::ReflectorState;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const std::array<std::string, 6> kTypes = {
    "persistentvolumeclaims", "persistentvolumes", "storageclasses", "modelcaches", "horizontalpodautoscalers", "pods"};

Json json(const std::string& text) { return Json::parse(text); }

Json pod(const std::string& name, const std::string& claim, const Json& more = Json::object()) {
  Json out = {{"metadata", {{"name", name}, {"namespace", "llm"}, {"resourceVersion", "1"}}},
              {"spec",
               {{"nodeName", "gpu-a"},
                {"containers", {{{"name", "vllm"}, {"image", "vllm/vllm-openai:v0.11.0"}}}},
                {"volumes", {{{"name", "cache"}, {"persistentVolumeClaim", {{"claimName", claim}}}}}}}},
              {"status", {{"phase", "Running"}}}};
  out.merge_patch(more);
  return out;
}

Json owned(const std::string& kind, const std::string& name) {
  return {{"metadata",
           {{"ownerReferences", {{{"apiVersion", "apps/v1"}, {"kind", kind}, {"name", name}, {"controller", true}}}}}}};
}

std::vector<std::string> names(const std::vector<kube::Object>& objects) {
  std::vector<std::string> out;
  out.reserve(objects.size());
  for (const kube::Object& object : objects) {
    out.push_back(object.key().name);
  }
  return out;
}

class LiveFactsTest : public ::testing::Test {
 protected:
  void TearDown() override {
    api.close();
    live.reset();
  }

  void start() { live = std::make_unique<LiveFacts>(api, clock, LiveFactsOptions{}); }

  // Answers the first list of each type and waits until its watch is open.
  void sync(const std::map<std::string, std::vector<Json>>& objects) {
    start();
    for (const std::string& type : kTypes) {
      sync_one(type, objects.contains(type) ? objects.at(type) : std::vector<Json>());
    }
  }
  void sync_one(const std::string& type, const std::vector<Json>& items) {
    EXPECT_EQ(api.next_call(type), "list");
    api.answer_list(type, items, "10");
    EXPECT_EQ(api.next_call(type), "watch 10");
  }

  FakeClock clock;
  FakeApi api;
  std::unique_ptr<LiveFacts> live;
};

TEST_F(LiveFactsTest, KeepsOfAPodWhatRulesRead) {
  sync({{"pods", {json(R"({
    "metadata": {"name": "a", "namespace": "llm", "resourceVersion": "7", "uid": "u", "labels": {"app": "a"},
                 "annotations": {"long": "text"}, "managedFields": [{"manager": "x"}], "deletionTimestamp": "2026-01-01T00:00:00Z",
                 "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a-1", "controller": true}]},
    "spec": {"nodeName": "gpu-a", "nodeSelector": {"x": "y"}, "restartPolicy": "Always", "serviceAccountName": "default",
             "tolerations": [{"operator": "Exists"}],
             "affinity": {"podAntiAffinity": {}, "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}},
             "initContainers": [{"name": "init", "image": "i", "terminationMessagePath": "/dev/termination-log"}],
             "containers": [{"name": "vllm", "image": "i", "command": ["c"], "args": ["a"], "env": [{"name": "E", "value": "v"}],
                             "envFrom": [{"secretRef": {"name": "s"}}], "resources": {"limits": {"nvidia.com/gpu": "1"}},
                             "livenessProbe": {}, "volumeMounts": [{"name": "cache", "mountPath": "/cache"},
                               {"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
             "volumes": [{"name": "cache", "persistentVolumeClaim": {"claimName": "models"}}, {"name": "shm", "emptyDir": {}},
                         {"name": "token", "projected": {"sources": []}}]},
    "status": {"phase": "Running", "podIP": "10.0.0.1"}})")}}});
  const std::vector<kube::Object> pods = live->snapshot()->workloads_on_claim("llm", "models");
  ASSERT_THAT(pods, SizeIs(1));
  EXPECT_EQ(pods[0].document().value(), json(R"({
    "apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "a", "namespace": "llm", "resourceVersion": "7", "labels": {"app": "a"},
                 "deletionTimestamp": "2026-01-01T00:00:00Z",
                 "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a-1", "controller": true}]},
    "spec": {"nodeName": "gpu-a", "nodeSelector": {"x": "y"}, "restartPolicy": "Always",
             "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}},
             "initContainers": [{"name": "init", "image": "i"}],
             "containers": [{"name": "vllm", "image": "i", "command": ["c"], "args": ["a"], "env": [{"name": "E", "value": "v"}],
                             "envFrom": [{"secretRef": {"name": "s"}}], "resources": {"limits": {"nvidia.com/gpu": "1"}},
                             "volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}],
             "volumes": [{"name": "cache", "persistentVolumeClaim": {"claimName": "models"}}, {"name": "shm", "emptyDir": {}}]}})"));
}

TEST_F(LiveFactsTest, KeepsOfAModelCacheWhatInjectionReads) {
  const std::string status =
      R"("claimUID": "u", "refs": true, "remainingSeconds": 600, "bytes": {"done": 1, "total": 2},
      "conditions": [{"type": "Ready", "status": "True"}])";
  sync({{"modelcaches",
         {json(R"({"metadata": {"name": "qwen", "namespace": "llm", "managedFields": []}, "spec": {"a": 1},
      "status": {"phase": "Ready", "users": 7, )" +
               status + "}}")}}});
  const std::vector<kube::Object> caches = live->snapshot()->model_caches("llm");
  ASSERT_THAT(caches, SizeIs(1));
  EXPECT_EQ(caches[0].document().value()["status"], json("{" + status + "}"));
}

TEST_F(LiveFactsTest, KnowsThePodsThatHoldAClaimAsLongAsTheyHoldIt) {
  const Json plain =
      json(R"({"metadata": {"name": "plain", "namespace": "llm"}, "spec": {"volumes": [{"emptyDir": {}}]}})");
  sync({{"pods",
         {pod("a", "models"), pod("b", "other"), plain,
          pod("done", "models", {{"status", {{"phase", "Succeeded"}}}})}}});
  EXPECT_THAT(names(live->snapshot()->workloads_on_claim("llm", "models")), ElementsAre("a"));
  EXPECT_THAT(live->snapshot()->workloads_on_claim("web", "models"), IsEmpty());
  EXPECT_THAT(live->snapshot()->workloads_on_claim("llm", "model"), IsEmpty());
  api.send("pods", EventType::kAdded, pod("c", "models"));
  EXPECT_THAT(names(live->snapshot()->workloads_on_claim("llm", "models")), ElementsAre("a", "c"));
  api.send("pods", EventType::kModified, pod("a", "models", {{"status", {{"phase", "Failed"}}}}));
  api.send("pods", EventType::kDeleted, pod("c", "models"));
  EXPECT_THAT(live->snapshot()->workloads_on_claim("llm", "models"), IsEmpty());
  for (const ReflectorState& state : live->states()) {
    EXPECT_EQ(state.objects, state.resource == "pods" ? 1U : 0U) << state.resource;
  }
}

TEST_F(LiveFactsTest, ShowsOnePodOfThoseThatAreAlike) {
  std::vector<Json> pods;
  for (int i = 0; i < 30; ++i) {
    Json one = pod("vllm-" + std::to_string(10 + i), "models", owned("ReplicaSet", "vllm"));
    one["spec"]["nodeName"] = i % 2 == 0 ? "gpu-a" : "gpu-b";
    pods.push_back(one);
  }
  pods.push_back(pod("db-0", "models", owned("StatefulSet", "db")));
  pods.push_back(pod("bare-1", "models"));
  pods.push_back(pod("bare-2", "models"));
  sync({{"pods", pods}});
  EXPECT_THAT(names(live->snapshot()->workloads_on_claim("llm", "models")),
              UnorderedElementsAre("vllm-10", "vllm-11", "db-0", "bare-1", "bare-2"));
}

TEST_F(LiveFactsTest, AnswersTheQuestionsOfRules) {
  sync({{"persistentvolumeclaims",
         {json(R"({"metadata": {"name": "models", "namespace": "llm"}, "spec": {"volumeName": "pv-1", "dataSource": {}},
                   "status": {"accessModes": ["ReadWriteOnce"], "phase": "Bound"}})")}},
        {"persistentvolumes",
         {json(R"({"metadata": {"name": "pv-1"}, "spec": {"csi": {}, "accessModes": ["ReadWriteOnce"]}})")}},
        {"storageclasses", {json(R"({"metadata": {"name": "fast"}, "provisioner": "pd.csi.storage.gke.io"})")}},
        {"modelcaches",
         {json(R"({"metadata": {"name": "qwen", "namespace": "llm"}, "spec": {"x": 1}, "status": {"conditions": []}})"),
          json(R"({"metadata": {"name": "qwen", "namespace": "llm-2"}})")}},
        {"horizontalpodautoscalers",
         {json(R"({"metadata": {"name": "a", "namespace": "llm"}, "spec": {"maxReplicas": 3, "metrics": [],
                   "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "vllm"}}})"),
          json(R"({"metadata": {"name": "b", "namespace": "llm"}, "spec": {"maxReplicas": 3,
                   "scaleTargetRef": {"apiVersion": "other/v1", "kind": "Deployment", "name": "vllm"}}})")}}});
  const auto facts = live->snapshot();
  EXPECT_TRUE(facts->complete());
  EXPECT_THAT(facts->doubts(), IsEmpty());
  const std::optional<kube::Object> claim = facts->claim("llm", "models");
  ASSERT_TRUE(claim);
  EXPECT_EQ(
      claim->document().value(),
      json(R"({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "models", "namespace": "llm"},
                     "spec": {"volumeName": "pv-1"}, "status": {"accessModes": ["ReadWriteOnce"]}})"));
  EXPECT_FALSE(facts->claim("web", "models"));
  EXPECT_TRUE(facts->has_claims("llm"));
  EXPECT_FALSE(facts->has_claims("ll"));
  EXPECT_EQ(facts->persistent_volume(*claim)->key().name, "pv-1");
  EXPECT_EQ(facts->storage_class("fast")->root()["provisioner"].text(), "pd.csi.storage.gke.io");
  EXPECT_FALSE(facts->storage_class("slow"));
  EXPECT_THAT(facts->model_caches("llm"), SizeIs(1));
  EXPECT_THAT(names(facts->autoscalers_of({"apps", "Deployment", "llm", "vllm"})), ElementsAre("a"));
  EXPECT_THAT(facts->autoscalers_of({"apps", "Deployment", "web", "vllm"}), IsEmpty());
}

Json lease(const std::string& renewed, int duration = 15) {
  return {{"metadata", {{"name", "warmgate-controller"}, {"namespace", "warmgate"}, {"resourceVersion", renewed}}},
          {"spec", {{"holderIdentity", "a"}, {"leaseDurationSeconds", duration}, {"renewTime", renewed}}}};
}

class LeaseTest : public LiveFactsTest {
 protected:
  // A renewTime so long ago.
  [[nodiscard]] std::string renewed(seconds ago) const { return kube::to_micro_time(clock.wall_now() - ago); }
  void sync_with(const std::vector<Json>& leases) {
    live = std::make_unique<LiveFacts>(
        api, clock, LiveFactsOptions{.lease_ns = "warmgate", .lease_name = "warmgate-controller", .on_change = {}});
    for (const std::string& type : kTypes) {
      sync_one(type, {});
    }
    sync_one("leases", leases);
  }
  [[nodiscard]] bool active() const { return live->snapshot()->controller_active(); }
};

TEST_F(LeaseTest, TheControllerIsActiveWhileItsLeaseIsSeenToBeRenewed) {
  sync_with({lease(renewed(seconds(10)))});
  EXPECT_TRUE(active());
  clock.advance(seconds(19));
  EXPECT_TRUE(active());
  clock.advance(seconds(1));  // 30 s after it was renewed
  EXPECT_FALSE(active());
  // Clocks of nodes differ: what was seen to change is fresh, whatever time it says.
  const Json behind = lease(renewed(seconds(4 * 3600)));
  api.send("leases", EventType::kModified, behind);
  clock.advance(seconds(29));
  EXPECT_TRUE(active());
  api.send("leases", EventType::kModified, behind);  // touched, not renewed
  clock.advance(seconds(1));
  EXPECT_FALSE(active());
}

TEST_F(LeaseTest, AnOldLeaseOfAControllerThatIsGoneIsNone) {
  sync_with({lease(renewed(seconds(30)))});
  EXPECT_FALSE(active());
}

TEST_F(LeaseTest, ALeaseThatIsGivenBackHoldsUntilTheNextOneCanHaveTakenIt) {
  sync_with({lease(renewed(seconds(1)))});
  Json released = lease(renewed(seconds(-5)), 1);
  released["spec"]["holderIdentity"] = "";
  api.send("leases", EventType::kModified, released);
  clock.advance(seconds(29));
  EXPECT_TRUE(active());
  api.send("leases", EventType::kDeleted, released);
  EXPECT_FALSE(active());
}

TEST_F(LeaseTest, WithoutALeaseOrTheRightToSeeItNobodyIsActiveAndNobodyWaits) {
  sync_with({});
  EXPECT_FALSE(active());
  api.break_watch("leases", {403, "Forbidden", "leases is forbidden"});
  clock.await_sleeper();
  EXPECT_EQ(live->waiting_for(), "");
  EXPECT_TRUE(live->snapshot()->complete());
  EXPECT_THAT(live->snapshot()->doubts(), IsEmpty());
}

TEST_F(LiveFactsTest, ASnapshotStaysAsItWas) {
  sync({{"pods", {pod("a", "models")}}});
  const auto before = live->snapshot();
  api.send("pods", EventType::kDeleted, pod("a", "models"));
  EXPECT_THAT(before->workloads_on_claim("llm", "models"), SizeIs(1));
  EXPECT_THAT(live->snapshot()->workloads_on_claim("llm", "models"), IsEmpty());
}

TEST_F(LiveFactsTest, IsInDoubtUntilEverythingWasListedAndSaysWhatIsMissing) {
  start();
  EXPECT_FALSE(live->snapshot()->complete());
  EXPECT_THAT(live->snapshot()->doubts(), SizeIs(6));
  for (const std::string& type : kTypes) {
    if (type == "pods") {
      EXPECT_EQ(api.next_call(type), "list");
      api.fail_list(type, {403, "Forbidden", "pods is forbidden: User \"x\" cannot list resource \"pods\""});
      clock.await_sleeper();
    } else {
      sync_one(type, {});
    }
  }
  EXPECT_EQ(live->waiting_for(), "pods (pods is forbidden: User \"x\" cannot list resource \"pods\")");
  const std::vector<kube::FactsDoubt> doubts = live->snapshot()->doubts();
  ASSERT_THAT(doubts, SizeIs(1));
  EXPECT_EQ(doubts[0].resource, "pods");
  EXPECT_EQ(doubts[0].age, std::nullopt);
  EXPECT_FALSE(live->snapshot()->complete());
  clock.wake();
  sync_one("pods", {});
  EXPECT_EQ(live->waiting_for(), "");
  EXPECT_TRUE(live->snapshot()->complete());
}

TEST_F(LiveFactsTest, FactsThatNobodyConfirmedForAMinuteAreInDoubtUntilTheWatchWorksAgain) {
  sync({{"pods", {pod("a", "models")}}});
  clock.advance(seconds(600));  // all watches open: nothing is old
  EXPECT_TRUE(live->snapshot()->complete());
  api.refuse_watches();
  api.break_watch("pods", {0, "", "connection refused"});
  clock.await_sleeper();
  clock.advance(seconds(60));
  EXPECT_EQ(api.next_call("pods"), "watch 10");
  EXPECT_TRUE(live->snapshot()->complete());
  clock.advance(seconds(1));
  const std::vector<kube::FactsDoubt> doubts = live->snapshot()->doubts();
  ASSERT_THAT(doubts, SizeIs(1));
  EXPECT_EQ(doubts[0].resource, "pods");
  EXPECT_EQ(doubts[0].age, seconds(61));
  EXPECT_EQ(doubts[0].reason, "connection refused");
  EXPECT_FALSE(live->snapshot()->complete());
  EXPECT_THAT(live->snapshot()->workloads_on_claim("llm", "models"), SizeIs(1)) << "what was known stays in use";
  api.send("pods", EventType::kBookmark, {{"metadata", {{"resourceVersion", "12"}}}});
  EXPECT_TRUE(live->snapshot()->complete());
}

TEST_F(LiveFactsTest, WithoutTheCrdThereAreNoModelCachesAndNoDoubt) {
  start();
  for (const std::string& type : kTypes) {
    if (type == "modelcaches") {
      EXPECT_EQ(api.next_call(type), "list");
      api.fail_list(type, {404, "NotFound", "the server could not find the requested resource"});
      clock.await_sleeper();
    } else {
      sync_one(type, {});
    }
  }
  EXPECT_TRUE(live->snapshot()->complete());
  EXPECT_THAT(live->snapshot()->model_caches("llm"), IsEmpty());
  EXPECT_EQ(live->waiting_for(), "");
}

TEST(ReadFacts, ListsEachTypeOnce) {
  FakeApi api;
  for (const std::string& type : kTypes) {
    if (type == "modelcaches") {
      api.fail_list(type, {404, "NotFound", "not installed"});
    } else {
      api.answer_list(type, type == "pods" ? std::vector<Json>{pod("a", "models")} : std::vector<Json>(), "10");
    }
  }
  const auto facts = cluster::read_facts(api);
  ASSERT_TRUE(facts.ok()) << facts.error().message;
  EXPECT_TRUE((*facts)->complete());
  EXPECT_THAT(names((*facts)->workloads_on_claim("llm", "models")), ElementsAre("a"));
}

TEST(ReadFacts, SaysWhichRightIsMissingAndHowToGetIt) {
  FakeApi api;
  api.fail_list("persistentvolumeclaims", {403, "Forbidden", "User \"ci\" cannot list resource"});
  EXPECT_EQ(
      cluster::read_facts(api).error().message,
      "cannot list persistentvolumeclaims in the cluster: User \"ci\" cannot list resource; for example: kubectl "
      "create clusterrole warmgate-facts-persistentvolumeclaims --verb=list --resource=persistentvolumeclaims, and "
      "bind that role to the user of this kubeconfig");
  // As much as a Status may say (api_error.cpp), with the advice at its end.
  const std::string long_answer = std::string(1500, 'x') + "; grant it by RBAC";
  api.fail_list("persistentvolumeclaims", {403, "Forbidden", long_answer});
  EXPECT_THAT(cluster::read_facts(api).error().message, ::testing::HasSubstr(long_answer + "; for example: kubectl"));
  for (const std::string& type : kTypes) {
    if (type == "storageclasses") {
      api.fail_list(type, {0, "", "connection refused"});
    } else {
      api.answer_list(type, {}, "10");
    }
  }
  EXPECT_EQ(cluster::read_facts(api).error().message,
            "cannot list storageclasses.storage.k8s.io in the cluster: connection refused");
}

TEST(ReadControllerActive, GoesByTheLeasesOwnTime) {
  FakeApi api;
  const FakeClock clock;
  const auto active = [&] { return cluster::read_controller_active(api, clock, "warmgate", "warmgate-controller"); };
  EXPECT_FALSE(active());
  for (const int age : {29, 30}) {
    api.answer_get("coordination.k8s.io/leases/warmgate/warmgate-controller",
                   std::make_shared<const Json>(lease(kube::to_micro_time(clock.wall_now() - seconds(age)))));
    EXPECT_EQ(active(), age < 30) << age;
  }
}

TEST(ReadWorkload, AsksForTheObjectByItsPath) {
  FakeApi api;
  api.answer_get("apps/deployments/llm/vllm",
                 std::make_shared<const Json>(
                     json(R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "vllm"}})")));
  api.answer_get("/replicationcontrollers/llm/old", ApiError{0, "", "no answer\nin 1 s"});
  const auto found = cluster::read_workload(api, {"apps", "Deployment", "llm", "vllm"});
  EXPECT_EQ(found.value()->display_name(), "Deployment/vllm");
  EXPECT_EQ(found.value()->key().ns, "llm");
  EXPECT_EQ(cluster::read_workload(api, {"apps", "Deployment", "llm", "none"}).value(), std::nullopt);
  EXPECT_EQ(cluster::read_workload(api, {"example.org", "Server", "llm", "vllm"}).value(), std::nullopt);
  EXPECT_EQ(cluster::read_workload(api, {"", "ReplicationController", "llm", "old"}).error().message,
            "no answer in 1 s");
}

}  // namespace
}  // namespace warmgate::testing
