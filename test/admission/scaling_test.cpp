// Requests on the scale subresource and of HorizontalPodAutoscalers: the workload behind them is judged, and refused is
// what the new number of Pods brings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admission/answering.h"

namespace warmgate::testing {
namespace {

using document::Json;
using ::testing::HasSubstr;

const std::string kClaim =
    "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: models, namespace: llm}, "
    "spec: {accessModes: [ReadWriteOnce]}}\n";
const std::string kOnClaim = "volumes: [{name: c, persistentVolumeClaim: {claimName: models}}]";

// Unpinned, too: that is not the scale request's doing.
std::string server(const std::string& kind = "Deployment") {
  Json out =
      manifest(deployment(pod("args: [--model, Qwen/Qwen3-32B], env: [{name: HF_HOME, value: /cache}], "
                              "volumeMounts: [{name: c, mountPath: /cache, readOnly: true}]",
                              kOnClaim)));
  out["kind"] = kind;
  out["apiVersion"] = kind == "ReplicationController" ? "v1" : "apps/v1";
  out["spec"]["replicas"] = 1;
  return "---\n" + out.dump() + "\n";
}

Json scale(int replicas) {
  return {{"apiVersion", "autoscaling/v1"},
          {"kind", "Scale"},
          {"metadata", {{"name", "server"}, {"namespace", "llm"}}},
          {"spec", replicas == 0 ? Json::object() : Json{{"replicas", replicas}}}};
}

ReviewSpec scaling(int from, int to, const std::string& resource = "apps/deployments") {
  return {.object = scale(to),
          .old_object = scale(from),
          .operation = "UPDATE",
          .sub_resource = "scale",
          .user = "system:serviceaccount:kube-system:horizontal-pod-autoscaler",
          .resource = resource};
}

Json autoscaler(int most, const std::string& target = "server") {
  return manifest(
      "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: scaler, namespace: llm}, "
      "spec: {minReplicas: 1, maxReplicas: " +
      std::to_string(most) + ", scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: " + target + "}}}");
}

const Json kAllowed = {{"uid", kUid}, {"allowed", true}};

TEST(Scale, PastOnePodOnAReadWriteOnceCacheIsRefusedInTheNameOfTheWorkload) {
  const Json response = Answering(kClaim + server()).validate(scaling(1, 2));
  EXPECT_EQ(response["allowed"], false);
  EXPECT_EQ(response["status"]["code"], 403);
  EXPECT_EQ(
      response["status"]["message"],
      "Warmgate refuses Deployment/server: 1 problem\n"
      "1. WG201 rwo-cache-shared: cache claim \"models\" is ReadWriteOnce, for one node only, but "
      "Deployment/server can run 2 Pods (replicas): every Pod on a second node waits for the volume for ever\n"
      "   at /spec/template/spec/volumes/0/persistentVolumeClaim/claimName\n"
      "   fix: make the claim ReadWriteMany (Filestore, EFS, Azure Files, CephFS, NFS), or keep it to one Pod at a "
      "time\n"
      "   more: warmgate explain WG201");
  EXPECT_FALSE(response.contains("warnings")) << "what the workload has anyway is not the request's doing";
}

TEST(Scale, OfEveryKindIsJudged) {
  const std::vector<std::pair<std::string, std::string>> kinds = {{"StatefulSet", "apps/statefulsets"},
                                                                  {"ReplicaSet", "apps/replicasets"},
                                                                  {"ReplicationController", "/replicationcontrollers"}};
  for (const auto& [kind, resource] : kinds) {
    const Json response = Answering(kClaim + server(kind)).validate(scaling(1, 2, resource));
    EXPECT_EQ(response["allowed"], false) << kind;
    EXPECT_THAT(response["status"]["message"].get<std::string>(), HasSubstr("refuses " + kind + "/server: 1 problem"));
  }
}

TEST(Scale, DownOrToTheSameNumberIsAllowed) {
  const Answering answering(kClaim + server());
  EXPECT_EQ(answering.validate(scaling(1, 1)), kAllowed);
  EXPECT_EQ(answering.validate(scaling(1, 0)), kAllowed);
  EXPECT_EQ(answering.validate(scaling(3, 1)), kAllowed);
}

TEST(Scale, FromABadNumberToAWorseOneIsRefusedAndToABetterOneAllowedWithAWarning) {
  const Json worse = Answering(kClaim + server()).validate(scaling(2, 3));
  EXPECT_EQ(worse["allowed"], false);
  EXPECT_THAT(worse["status"]["message"].get<std::string>(), HasSubstr("Deployment/server can run 3 Pods (replicas)"));
  const Json better = Answering(kClaim + server()).validate(scaling(4, 3));
  EXPECT_EQ(better["allowed"], true);
  ASSERT_EQ(better["warnings"].size(), 1U);
  EXPECT_THAT(better["warnings"][0].get<std::string>(), HasSubstr("Deployment/server can run 3 Pods (replicas)"));
}

TEST(Scale, OfAWorkloadThatIsNotKnownOrNotJudgedIsAllowed) {
  EXPECT_EQ(Answering(kClaim).validate(scaling(1, 2)), kAllowed);
  EXPECT_EQ(Answering(kClaim + server()).validate(scaling(1, 2, "example.org/servers")), kAllowed);
  EXPECT_EQ(Answering(kClaim + server()).mutate(scaling(1, 2)), kAllowed);
  ReviewSpec deletion = scaling(1, 2);
  deletion.operation = "DELETE";
  EXPECT_EQ(Answering(kClaim + server()).validate(deletion), kAllowed);
}

TEST(Scale, IsJudgedByTheWorkloadAsTheSourceHasIt) {
  std::vector<kube::ObjectKey> asked;
  Answering answering(kClaim);
  answering.use_workloads([&](const kube::ObjectKey& key) {
    asked.push_back(key);
    return base::Result<std::optional<kube::Object>>(object(server()));
  });
  EXPECT_EQ(answering.validate(scaling(1, 2))["allowed"], false);
  EXPECT_THAT(asked, ::testing::ElementsAre(kube::ObjectKey{"apps", "Deployment", "llm", "server"}));
}

TEST(Scale, IsAllowedWithAWarningWhenTheWorkloadCannotBeRead) {
  Answering answering(kClaim + server());
  answering.use_workloads([](const kube::ObjectKey& /*key*/) {
    return base::Result<std::optional<kube::Object>>(base::Error{"no answer within 1 s"});
  });
  const admission::Outcome outcome = answering.outcome(admission::Hook::kValidate, review(scaling(1, 2)));
  EXPECT_EQ(
      Json::parse(outcome.body)["response"],
      Json({{"uid", kUid},
            {"allowed", true},
            {"warnings",
             {"Warmgate: Deployment/server could not be read, so what this does to its claims is not checked"}}}));
  EXPECT_THAT(outcome.record.unchecked, ::testing::ElementsAre("scale_target"));
  EXPECT_THAT(outcome.record.error, HasSubstr("no answer within 1 s"));
  EXPECT_EQ(outcome.record.decision, "allow");
}

TEST(Autoscaler, ThatCanGoPastOnePodOnAReadWriteOnceCacheIsRefusedAndNamesBoth) {
  const Json response = Answering(kClaim + server()).validate({.object = autoscaler(8)});
  EXPECT_EQ(response["allowed"], false);
  EXPECT_EQ(
      response["status"]["message"],
      "Warmgate refuses HorizontalPodAutoscaler/scaler: 1 problem\n"
      "1. WG201 rwo-cache-shared: cache claim \"models\" is ReadWriteOnce, for one node only, but "
      "Deployment/server can run 8 Pods (HorizontalPodAutoscaler/scaler): every Pod on a second node waits for the "
      "volume for ever\n"
      "   at /spec/maxReplicas\n"
      "   fix: make the claim ReadWriteMany (Filestore, EFS, Azure Files, CephFS, NFS), or keep it to one Pod at a "
      "time\n"
      "   more: warmgate explain WG201");
}

TEST(Autoscaler, OfKedaIsJudgedByItsOwnFields) {
  const auto scaled = [](const std::string& spec) {
    return manifest(
        "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: scaler, namespace: llm}, spec: "
        "{scaleTargetRef: {name: server}" +
        spec + "}}");
  };
  const Answering answering(kClaim + server());
  const Json response = answering.validate({.object = scaled(", maxReplicaCount: 8")});
  EXPECT_EQ(response["allowed"], false);
  EXPECT_THAT(
      response["status"]["message"].get<std::string>(),
      HasSubstr("Deployment/server can run 8 Pods (ScaledObject/scaler): every Pod on a second node waits for the "
                "volume for ever\n   at /spec/maxReplicaCount\n"));
  EXPECT_EQ(answering.validate({.object = scaled("")})["allowed"], false) << "100 where nothing is said";
  EXPECT_EQ(answering.validate({.object = scaled(", maxReplicaCount: 1")}), kAllowed);
}

TEST(Autoscaler, IsJudgedAlikeWhenTheFactsKnowItAlready) {
  EXPECT_EQ(Answering(kClaim + server() + "---\n" + autoscaler(8).dump() + "\n")
                .validate({.object = autoscaler(8)})["allowed"],
            false);
}

TEST(Autoscaler, OfOnePodOrOfAWorkloadThatIsNotThereYetIsAllowed) {
  const Answering answering(kClaim + server());
  EXPECT_EQ(answering.validate({.object = autoscaler(1)}), kAllowed);
  EXPECT_EQ(answering.validate({.object = autoscaler(8, "later")}), kAllowed);
}

TEST(Autoscaler, AnUpdateAnswersForWhatItBrings) {
  const Answering answering(kClaim + server());
  const auto update = [&](int from, int to) {
    return answering.validate({.object = autoscaler(to), .old_object = autoscaler(from), .operation = "UPDATE"});
  };
  EXPECT_EQ(update(1, 2)["allowed"], false);
  EXPECT_EQ(update(8, 8), kAllowed);
  EXPECT_EQ(update(4, 8)["allowed"], false);
  const Json fewer = update(8, 4);
  EXPECT_EQ(fewer["allowed"], true);
  EXPECT_EQ(fewer["warnings"].size(), 1U);
  EXPECT_EQ(update(8, 1), kAllowed);
}

// Facts of a cluster that was not heard of for a while.
class Doubtful final : public kube::ClusterFacts {
 public:
  explicit Doubtful(const std::string& text) : known_(objects(text)) {}
  [[nodiscard]] std::optional<kube::Object> claim(std::string_view ns, std::string_view name) const override {
    return known_.claim(ns, name);
  }
  [[nodiscard]] bool has_claims(std::string_view ns) const override { return known_.has_claims(ns); }
  [[nodiscard]] std::optional<kube::Object> persistent_volume(const kube::Object& claim) const override {
    return known_.persistent_volume(claim);
  }
  [[nodiscard]] std::optional<kube::Object> storage_class(std::string_view name) const override {
    return known_.storage_class(name);
  }
  [[nodiscard]] std::vector<kube::Object> workloads_on_claim(std::string_view ns,
                                                             std::string_view claim) const override {
    return known_.workloads_on_claim(ns, claim);
  }
  [[nodiscard]] std::optional<kube::Object> workload(const kube::ObjectKey& key) const override {
    return known_.workload(key);
  }
  [[nodiscard]] std::vector<kube::Object> autoscalers_of(const kube::ObjectKey& target) const override {
    return known_.autoscalers_of(target);
  }
  [[nodiscard]] std::vector<kube::Object> model_caches(std::string_view ns) const override {
    return known_.model_caches(ns);
  }
  [[nodiscard]] bool complete() const override { return false; }
  [[nodiscard]] std::vector<kube::FactsDoubt> doubts() const override {
    return {{"persistentvolumeclaims", std::chrono::seconds(75), "dial tcp 10.0.0.1"}, {"pods", std::nullopt, ""}};
  }

 private:
  kube::BundleFacts known_;
};

const std::string kDoubts =
    "Warmgate lacks current facts about the cluster: persistentvolumeclaims (not confirmed for 75 s); pods (never "
    "read)";

// A Pod in order, apart from the doubts.
const std::string kShared =
    "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: shared, namespace: llm}, "
    "spec: {accessModes: [ReadWriteMany]}}\n";
const std::string kGood =
    pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit +
            "], env: [{name: HF_HOME, value: /cache}], volumeMounts: [{name: c, mountPath: /cache, "
            "readOnly: true}]",
        "volumes: [{name: c, persistentVolumeClaim: {claimName: shared}}]");

Answering doubtful(const std::string& policy = "{}") {
  Answering answering("", policy);
  answering.use_facts(std::make_shared<const Doubtful>(kClaim + kShared + server()));
  return answering;
}

TEST(StaleFacts, AreSaidOnceForWhatDependsOnThem) {
  EXPECT_EQ(doubtful().validate({.object = manifest(kGood)}), Json({{"uid", kUid},
                                                                    {"allowed", true},
                                                                    {"warnings", {kDoubts}},
                                                                    {"auditAnnotations", {{"stale-facts", kDoubts}}}}));
  const Json mutated = doubtful().mutate({.object = manifest(kGood)});
  EXPECT_EQ(mutated["allowed"], true);
  EXPECT_FALSE(mutated.contains("warnings"));
  EXPECT_EQ(
      doubtful().validate({.object = manifest("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: "
                                              "[{name: web, image: nginx}]}}")}),
      kAllowed);
  EXPECT_EQ(doubtful().validate(scaling(1, 1))["warnings"], Json({kDoubts}));
}

TEST(StaleFacts, StandBesideADenial) {
  const Json response = doubtful().validate(scaling(1, 2));
  EXPECT_EQ(response["allowed"], false);
  EXPECT_EQ(response["status"]["code"], 403);
  EXPECT_EQ(response["warnings"], Json({kDoubts}));
}

TEST(StaleFacts, AreIgnoredOrRefusedWhereThePolicySaysSo) {
  EXPECT_EQ(doubtful("{staleFacts: ignore}").validate({.object = manifest(kGood)}), kAllowed);
  const Json refused = doubtful("{staleFacts: deny}").validate({.object = manifest(kGood)});
  EXPECT_EQ(refused["allowed"], false);
  EXPECT_EQ(refused["status"],
            Json({{"code", 503},
                  {"reason", "ServiceUnavailable"},
                  {"message", kDoubts + ". The policy wants no verdict without them (staleFacts: deny); try again in a "
                                        "minute"}}));
  EXPECT_EQ(doubtful("{staleFacts: deny}").mutate({.object = manifest(kGood)})["allowed"], false);
}

TEST(StaleFacts, DoNotHoldBackThePodsOfAJudgedController) {
  Json owned = manifest(kGood);
  owned["metadata"]["ownerReferences"] = {
      {{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}, {"name", "server-1"}, {"controller", true}}};
  const Json response =
      doubtful("{staleFacts: deny}")
          .validate({.object = owned, .user = "system:serviceaccount:kube-system:replicaset-controller"});
  EXPECT_EQ(response["allowed"], true);
  EXPECT_EQ(response["warnings"][0], kDoubts);
}

}  // namespace
}  // namespace warmgate::testing
