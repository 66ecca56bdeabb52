// When the gate of a Pod goes, and what the Pod is told until then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"
#include "warmgate/api/names.h"
#include "warmgate/controller/observed.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using document::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using testing::kCommit;
using testing::kOtherCommit;

const WallTime kCreated = kube::read_time("2026-11-26T10:00:00Z").value();
const std::string kQwen = "qwen=Qwen/Qwen3-32B@" + kCommit;
const std::string kRelease = "warmgate gates release -n llm server";

Json waiting_pod(const std::string& waits_for = kQwen) {
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata",
           {{"name", "server"},
            {"namespace", "llm"},
            {"uid", "pod-uid"},
            {"resourceVersion", "7"},
            {"creationTimestamp", "2026-11-26T10:00:00Z"},
            {"annotations", {{api::kWaitsForAnnotation, waits_for}}}}},
          {"spec", {{"schedulingGates", {{{"name", "other.dev/gate"}}, {{"name", api::kGate}}}}}}};
}

Json cache(const std::string& phase, const std::string& reason, const std::string& message = "",
           const std::string& name = "qwen", const std::string& commit = kCommit) {
  Json object = testing::object(testing::model_cache(name, commit)).document().value();
  object["metadata"]["uid"] = name + "-uid";
  object["status"] = {{"phase", phase},
                      {"conditions",
                       {{{"type", "Downloaded"}, {"status", "Unknown"}, {"reason", "NotThis"}},
                        {{"type", "Ready"},
                         {"status", phase == "Ready" ? "True" : "False"},
                         {"reason", reason},
                         {"message", message},
                         {"lastTransitionTime", "2026-11-26T10:12:03Z"}}}}};
  return object;
}

kube::Object object(Json value) { return kube::Object(document::Document(std::move(value))); }

Plan plan(const Json& pod, const std::vector<Json>& caches, const std::string& policy = "{}",
          WallTime now = kCreated + 15min) {
  ObservedPod observed{object(pod), {}};
  for (const Json& one : caches) {
    observed.caches.push_back(object(one));
  }
  return plan_pod(observed, {testing::knowledge(), testing::policy_with(policy)}, now);
}

std::vector<std::string> told(const Plan& plan) {
  std::vector<std::string> all;
  for (const Note& note : plan.notes) {
    all.push_back((note.type == Note::Type::kWarning ? "Warning " : "Normal ") + note.reason + ": " + note.message);
  }
  return all;
}

void expect_release(const Plan& plan) {
  ASSERT_THAT(plan.writes, SizeIs(1));
  const Write& write = plan.writes[0];
  EXPECT_EQ(write.verb, Write::Verb::kJsonPatch);
  EXPECT_EQ(write.resource.plural, "pods");
  EXPECT_EQ(write.ns + "/" + write.name, "llm/server");
  EXPECT_EQ(*write.body, Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", "pod-uid"}},
                                      {{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", "7"}},
                                      {{"op", "test"}, {"path", "/spec/schedulingGates/1/name"}, {"value", api::kGate}},
                                      {{"op", "remove"}, {"path", "/spec/schedulingGates/1"}}}));
  EXPECT_EQ(plan.look_again, std::nullopt);
}

void expect_held(const Plan& plan, std::optional<std::chrono::seconds> look_again) {
  EXPECT_THAT(plan.writes, IsEmpty());
  EXPECT_EQ(plan.look_again, look_again);
}

TEST(PlanPod, ReleasesWhenEveryModelIsReadyAndSaysHowLongItTook) {
  const Plan one = plan(waiting_pod(), {cache("Ready", "Ready")});
  expect_release(one);
  EXPECT_THAT(told(one), ElementsAre("Normal GateReleased: ModelCache/qwen (Qwen/Qwen3-32B@9216db5781bf) is Ready, "
                                     "12m3s after this Pod was created"));
  EXPECT_EQ(one.notes[0].regarding, (kube::ObjectKey{"", "Pod", "llm", "server"}));
  EXPECT_EQ(one.notes[0].uid, "pod-uid");

  const Json both = waiting_pod(kQwen + ",draft=Qwen/Qwen3-32B@" + kOtherCommit);
  const Json draft = cache("Ready", "Ready", "", "draft", kOtherCommit);
  expect_release(plan(both, {draft, cache("Ready", "Ready")}));
  const Plan waits = plan(both, {draft, cache("Downloading", "Downloading", "42%")});
  expect_held(waits, 24h - 15min);
  EXPECT_THAT(told(waits), ElementsAre("Normal WaitingForModelCache: waits for ModelCache/qwen "
                                       "(Qwen/Qwen3-32B@9216db5781bf): Downloading"));
}

TEST(PlanPod, TheSameStateIsToldInTheSameWordsWheneverItIsLookedAt) {
  const std::vector<Json> ready = {cache("Ready", "Ready")};
  EXPECT_EQ(told(plan(waiting_pod(), ready, "{}", kCreated + 15min)),
            told(plan(waiting_pod(), ready, "{}", kCreated + 16min)));
  const Plan before = plan(waiting_pod(), {cache("Downloading", "Downloading", "42%")}, "{}", kCreated + 1min);
  const Plan after = plan(waiting_pod(), {cache("Downloading", "Downloading", "43%")}, "{}", kCreated + 2min);
  EXPECT_EQ(told(before), told(after));
  EXPECT_EQ(before.notes[0].occasion, after.notes[0].occasion);
}

TEST(PlanPod, ReadyCountsOnlyForThisModelAndOnlyWhileItIsNotBeingDeleted) {
  Json deleted = cache("Ready", "Ready");
  deleted["metadata"]["deletionTimestamp"] = "2026-11-26T10:13:00Z";
  const Plan deleting = plan(waiting_pod(), {deleted});
  expect_held(deleting, 24h - 15min);
  EXPECT_THAT(told(deleting), ElementsAre(HasSubstr(": Deleting: it is being deleted")));

  const Plan other = plan(waiting_pod(), {cache("Ready", "Ready", "", "qwen", kOtherCommit)});
  expect_held(other, 24h - 15min);
  EXPECT_THAT(told(other),
              ElementsAre("Warning ModelCacheFailed: waits for ModelCache/qwen (Qwen/Qwen3-32B@9216db5781bf), but the "
                          "ModelCache of that name is for Qwen/Qwen3-32B@" +
                          kOtherCommit + ": delete this Pod, so that the next one waits for what is there; start " +
                          "without it: " + kRelease));
  Json broken = cache("Ready", "Ready");
  broken["spec"] = 5;
  EXPECT_THAT(told(plan(waiting_pod(), {broken})), ElementsAre(HasSubstr("is for nothing that can be read")));
  EXPECT_THAT(told(plan(waiting_pod(), {cache("Ready", "Ready", "", "another")})),
              ElementsAre(HasSubstr("Warning ModelCacheMissing: ModelCache/qwen")));
}

TEST(PlanPod, TellsWhatAPersonCanDoAboutAFailedDownload) {
  const Plan failed = plan(waiting_pod(), {cache("Failed", "GatedRepo", "accept the licence")});
  expect_held(failed, 24h - 15min);
  const std::string retry = "kubectl -n llm annotate --overwrite modelcache qwen warmgate.dev/retry=\"$(date +%s)\"";
  const std::string beginning =
      "Warning ModelCacheFailed: ModelCache/qwen (Qwen/Qwen3-32B@9216db5781bf) has failed, and this Pod waits for it: ";
  EXPECT_THAT(told(failed), ElementsAre(beginning + "GatedRepo: accept the licence; try again with: " + retry +
                                        "; start without it: " + kRelease));
  EXPECT_THAT(told(plan(waiting_pod(), {cache("Failed", "OutOfSpace", "full; then retry: " + retry)})),
              ElementsAre(beginning + "OutOfSpace: full; then retry: " + retry + "; start without it: " + kRelease));
  Json retried = cache("Failed", "GatedRepo", "accept the licence");
  retried["metadata"]["annotations"] = {{api::kRetryAnnotation, "2"}};
  EXPECT_NE(plan(waiting_pod(), {retried}).notes[0].occasion, failed.notes[0].occasion);
  const Plan pending = plan(waiting_pod(), {cache("Pending", "ClaimPending", "the claim waits for a volume")});
  EXPECT_THAT(told(pending), ElementsAre(HasSubstr("ClaimPending: the claim waits for a volume")));
  EXPECT_LT(plan(waiting_pod(), {cache("Failed", "X", std::string(9000, 'x'))}).notes[0].message.size(), 1024U);
}

TEST(PlanPod, HoldsAsLongAsPolicySaysAndThenReleasesOrKeeps) {
  const std::vector<Json> caches = {cache("Downloading", "Downloading")};
  const std::string hold = "{modelCaches: {maxHold: 2h}}";
  expect_held(plan(waiting_pod(), caches, hold, kCreated + 2h - 1500ms), 2s);
  const Plan released = plan(waiting_pod(), caches, hold, kCreated + 2h);
  expect_release(released);
  EXPECT_THAT(
      told(released),
      ElementsAre("Warning HeldTooLong: released after 2h (modelCaches.maxHold of the CachePolicy) without "
                  "ModelCache/qwen (Qwen/Qwen3-32B@9216db5781bf): it may download by itself now, while it holds "
                  "its accelerators"));
  const Plan kept = plan(waiting_pod(), caches, "{modelCaches: {maxHold: 2h, afterHold: keep}}", kCreated + 3h);
  expect_held(kept, std::nullopt);
  EXPECT_THAT(told(kept), ElementsAre(HasSubstr("Normal WaitingForModelCache"),
                                      HasSubstr("Warning HeldTooLong: has waited for 2h for ModelCache/qwen")));
  Json dateless = waiting_pod();
  dateless["metadata"]["creationTimestamp"] = "yesterday";
  expect_held(plan(dateless, caches, hold), 2h);
}

TEST(PlanPod, APodThatNobodyCanTellWhatItWaitsForGoesAfterMaxHoldWhateverPolicyKeeps) {
  Json bare = waiting_pod();
  bare["metadata"].erase("annotations");
  for (const Json& pod : {bare, waiting_pod("garbage"), waiting_pod(std::string(200'000, ',')), waiting_pod("")}) {
    const Plan held = plan(pod, {cache("Ready", "Ready")});
    expect_held(held, 24h - 15min);
    EXPECT_THAT(told(held), ElementsAre(HasSubstr("Warning WaitsForUnreadable: annotation warmgate.dev/waits-for ")));
    EXPECT_LT(held.notes[0].message.size(), 500U);
    const Plan released = plan(pod, {}, "{modelCaches: {afterHold: keep}}", kCreated + 24h);
    expect_release(released);
    EXPECT_THAT(told(released), ElementsAre(HasSubstr("Warning HeldTooLong: annotation warmgate.dev/waits-for ")));
  }
}

TEST(PlanPod, LeavesPodsAloneThatAreDeletedOrHaveNoGateOfOurs) {
  Json deleted = waiting_pod();
  deleted["metadata"]["deletionTimestamp"] = "2026-11-26T10:13:00Z";
  Json ungated = waiting_pod();
  ungated["spec"]["schedulingGates"].erase(1);
  Json bare = waiting_pod();
  bare["spec"] = "text";
  for (const Json& pod : {deleted, ungated, bare}) {
    const Plan nothing = plan(pod, {cache("Ready", "Ready")}, "{modelCaches: {gates: false}}");
    expect_held(nothing, std::nullopt);
    EXPECT_THAT(nothing.notes, IsEmpty());
  }
}

TEST(PlanPod, ReleasesAtOnceWherePolicyWantsNoGates) {
  const std::string policy = "{namespaces: [{names: [llm], modelCaches: {gates: false}}]}";
  const Plan released = plan(waiting_pod(), {cache("Downloading", "Downloading")}, policy);
  expect_release(released);
  EXPECT_THAT(told(released), ElementsAre(HasSubstr("Normal GateReleased: released: modelCaches.gates of the "
                                                    "CachePolicy is false for namespace llm")));
}

TEST(PlanPod, TellsOfAMissingModelCacheOnlyWhenItHadTimeToCome) {
  const Plan early = plan(waiting_pod(), {}, "{}", kCreated + 20s);
  expect_held(early, 40s);
  EXPECT_THAT(early.notes, IsEmpty());
  const Plan late = plan(waiting_pod(), {}, "{}", kCreated + 60s);
  expect_held(late, 24h - 60s);
  EXPECT_THAT(
      told(late),
      ElementsAre("Warning ModelCacheMissing: ModelCache/qwen (Qwen/Qwen3-32B@9216db5781bf) does not exist, and "
                  "this Pod waits for it: make it (warmgate cache create Qwen/Qwen3-32B@" +
                  kCommit + " --name qwen -n llm --claim CLAIM --apply), or start without it: " + kRelease));
}

class PlanPodCreates : public ::testing::Test {
 protected:
  const std::string name_ = api::created_name("Qwen/Qwen3-32B", kCommit);
  const std::string policy_ =
      "{namespaces: [{names: [llm], modelCaches: {missing: create, create: {storageClassName: fast, size: 200Gi}}}]}";
  const std::string waits_for_ = name_ + "=Qwen/Qwen3-32B@" + kCommit;
};

TEST_F(PlanPodCreates, MakesTheModelCacheWithThePodsOwnToken) {
  Json pod = waiting_pod(waits_for_);
  pod["metadata"]["ownerReferences"] = {
      {{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}, {"name", "server-6d4f"}, {"controller", true}}};
  pod["spec"]["initContainers"] = {{{"name", "a"}, {"env", {{{"name", "HF_TOKEN"}, {"value", "literal"}}}}}};
  pod["spec"]["containers"] = {
      {{"name", "b"},
       {"env",
        {{{"name", "OTHER"}, {"valueFrom", {{"secretKeyRef", {{"name", "no"}, {"key", "no"}}}}}},
         {{"name", "HF_TOKEN"}, {"valueFrom", {{"secretKeyRef", {{"name", "hf"}, {"key", "token"}}}}}}}}}};
  const Plan made = plan(pod, {}, policy_);
  EXPECT_EQ(made.look_again, 24h - 15min);
  EXPECT_THAT(told(made), ElementsAre("Normal ModelCacheCreated: makes ModelCache/" + name_ +
                                      " (Qwen/Qwen3-32B@9216db5781bf), as modelCaches.missing of the CachePolicy says "
                                      "for namespace llm"));
  ASSERT_THAT(made.writes, SizeIs(1));
  EXPECT_EQ(made.writes[0].verb, Write::Verb::kCreate);
  EXPECT_EQ(made.writes[0].resource.plural, "modelcaches");
  EXPECT_EQ(made.writes[0].name, name_);
  const Json expected = {
      {"apiVersion", "warmgate.dev/v1alpha1"},
      {"kind", "ModelCache"},
      {"metadata",
       {{"name", name_},
        {"namespace", "llm"},
        {"labels", {{"app.kubernetes.io/managed-by", "warmgate"}}},
        {"annotations", {{"warmgate.dev/created-for", "ReplicaSet/server-6d4f"}}}}},
      {"spec",
       {{"source",
         {{"huggingFace",
           {{"repo", "Qwen/Qwen3-32B"},
            {"revision", kCommit},
            {"tokenSecretRef", {{"name", "hf"}, {"key", "token"}}}}}}},
        {"storage",
         {{"create", {{"accessModes", {"ReadWriteMany"}}, {"storageClassName", "fast"}, {"size", "200Gi"}}}}}}}};
  EXPECT_EQ(*made.writes[0].body, expected);
  EXPECT_TRUE(api::read_model_cache_spec(object(*made.writes[0].body)).has_value());
}

TEST_F(PlanPodCreates, LeavesOutWhatNobodySays) {
  Json pod = waiting_pod(waits_for_);
  pod["spec"]["containers"] = {
      {{"name", "b"},
       {"env",
        {{{"name", "HF_TOKEN"}, {"valueFrom", {{"secretKeyRef", {{"name", std::string(254, 'a')}, {"key", "k"}}}}}},
         {{"name", "HF_TOKEN"}, {"valueFrom", {{"secretKeyRef", {{"name", "hf"}}}}}}}}}};
  const Plan made = plan(pod, {}, "{modelCaches: {missing: create}}");
  ASSERT_THAT(made.writes, SizeIs(1));
  EXPECT_EQ((*made.writes[0].body)["metadata"]["annotations"]["warmgate.dev/created-for"], "Pod/server");
  EXPECT_EQ((*made.writes[0].body)["spec"],
            Json({{"source", {{"huggingFace", {{"repo", "Qwen/Qwen3-32B"}, {"revision", kCommit}}}}},
                  {"storage", {{"create", {{"accessModes", {"ReadWriteMany"}}}}}}}));
}

TEST_F(PlanPodCreates, NothingUnderAnotherNameOrWherePolicyDoesNotSaySo) {
  EXPECT_THAT(told(plan(waiting_pod(), {}, policy_)), ElementsAre(HasSubstr("ModelCacheMissing")));
  const std::string elsewhere = "{namespaces: [{names: [lab], modelCaches: {missing: create}}]}";
  const Plan denied = plan(waiting_pod(waits_for_), {}, elsewhere);
  EXPECT_THAT(denied.writes, IsEmpty());
  EXPECT_THAT(told(denied), ElementsAre(HasSubstr("ModelCacheMissing")));
  EXPECT_THAT(plan(waiting_pod(waits_for_), {cache("Pending", "Pending", "", name_)}, policy_).writes, IsEmpty());
}

TEST_F(PlanPodCreates, NothingMoreForAPodThatWaitedTooLong) {
  const Plan released = plan(waiting_pod(waits_for_), {}, policy_, kCreated + 24h);
  expect_release(released);
  EXPECT_THAT(told(released), ElementsAre(HasSubstr("Warning HeldTooLong")));
}

}  // namespace
}  // namespace warmgate::controller
