// Which requests are judged, and how the answer reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admission/answering.h"

namespace warmgate::testing {
namespace {

using admission::Hook;
using document::Json;
using ::testing::HasSubstr;

const std::string kUnpinnedPod = pod("args: [--model, Qwen/Qwen3-32B]");

Json service() { return manifest("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {}}"); }

TEST(Verdict, AllowsWithNothingElseInTheAnswer) {
  const admission::Outcome outcome = Answering().outcome(Hook::kValidate, review({.object = service()}));
  EXPECT_EQ(outcome.body,
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"allowed":true,"uid":")" +
                kUid + "\"}}");
  EXPECT_EQ(outcome.http_status, 200);
  EXPECT_EQ(outcome.record.decision, "allow");
  EXPECT_EQ(Answering().outcome(Hook::kMutate, review({.object = service()})).body, outcome.body);
}

TEST(Verdict, DeniesWithAMessageAPersonCanActOn) {
  const Json response = Answering().validate({.object = manifest(deployment(kUnpinnedPod))});
  const Json expected = {
      {"uid", kUid},
      {"allowed", false},
      {"status",
       {{"code", 403},
        {"reason", "Forbidden"},
        {"message",
         "Warmgate refuses Deployment/server: 2 problems\n"
         "1. WG101 unpinned-revision: container \"vllm\" serves Qwen/Qwen3-32B without --revision: whatever the branch "
         "main is that day\n"
         "   at /spec/template/spec/containers/0/args/1\n"
         "   fix: add --revision <commit>; get the commit with: git ls-remote https://huggingface.co/Qwen/Qwen3-32B "
         "HEAD\n"
         "   more: warmgate explain WG101\n"
         "2. WG205 ephemeral-cache: container \"vllm\" serves Qwen/Qwen3-32B from /root/.cache/huggingface/hub "
         "(the default) on the container's own disk, which is gone with every restart: every start downloads it again "
         "(about 64 GB, by its name) on GPU time\n"
         "   at /spec/template/spec/containers/0/args/1\n"
         "   fix: mount a shared (ReadWriteMany) claim read-only and set HF_HOME to the mount; fill it once with a "
         "download Job or a ModelCache\n"
         "   more: warmgate explain WG205"}}},
      {"auditAnnotations",
       {{"WG101",
         "deny: container \"vllm\" serves Qwen/Qwen3-32B without --revision: whatever the branch main is that day"},
        {"WG205",
         "deny: container \"vllm\" serves Qwen/Qwen3-32B from /root/.cache/huggingface/hub "
         "(the default) on the container's own disk, which is gone with every restart: every start downloads it again "
         "(about 64 GB, by its name) on GPU time"}}}};
  EXPECT_EQ(response.dump(1), expected.dump(1));
}

TEST(Verdict, CallsWhatTheApiServerRefusesInvalid) {
  for (const std::string spec : {"7", "{containers: {}}"}) {
    const Json pod = manifest("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: " + spec + "}");
    for (const bool mutating : {false, true}) {
      const Json response = mutating ? Answering().mutate({.object = pod}) : Answering().validate({.object = pod});
      EXPECT_EQ(response["allowed"], false);
      EXPECT_EQ(response["status"]["code"], 422);
      EXPECT_EQ(response["status"]["reason"], "Invalid");
      EXPECT_THAT(response["status"]["message"].get<std::string>(), HasSubstr("1. WG006 wrong-type: /spec"));
    }
  }
}

TEST(Mutation, PatchesWithPatchAndPatchTypeAndThePatchedPodIsAllowed) {
  const Answering answering(model_cache());
  const Json before = manifest(kUnpinnedPod);
  const Json response = answering.mutate({.object = before});
  EXPECT_EQ(response["allowed"], true);
  EXPECT_EQ(response["patchType"], "JSONPatch");
  EXPECT_FALSE(response.contains("status"));
  const Json after = patched(before, response);
  EXPECT_EQ(after["spec"]["containers"][0]["args"], Json({"--model", "Qwen/Qwen3-32B", "--revision", kCommit}));
  EXPECT_EQ(response["warnings"].size(), 2U);  // what was mended, and by which ModelCache
  EXPECT_THAT(response["warnings"][0].get<std::string>(), HasSubstr("ModelCache/qwen at 9216db5781bf"));
  EXPECT_THAT(response["auditAnnotations"]["WG101"].get<std::string>(),
              HasSubstr("warn: Warmgate supplies this from ModelCache/qwen"));

  const Json validated = answering.validate({.object = after});
  EXPECT_EQ(validated, Json({{"uid", kUid}, {"allowed", true}}));
  const Json again = answering.mutate({.object = after});
  EXPECT_EQ(again, Json({{"uid", kUid}, {"allowed", true}}));
}

TEST(Verdict, DeniesAPodThatReachedValidationWithoutItsInjection) {
  const Json response = Answering(model_cache()).validate({.object = manifest(kUnpinnedPod)});
  EXPECT_EQ(response["allowed"], false);
  EXPECT_THAT(response["status"]["message"].get<std::string>(), HasSubstr(": 2 problems\n1. WG101"));
}

TEST(Mutation, HasNeitherPatchNorPatchTypeWithoutAnythingToDo) {
  const Json response = Answering(model_cache()).mutate({.object = manifest(deployment(kUnpinnedPod))});
  EXPECT_EQ(response, Json({{"uid", kUid}, {"allowed", true}}));
}

TEST(Mutation, RefusesAConflictByNamingBothValues) {
  const Json response =
      Answering(model_cache())
          .mutate(
              {.object = manifest(pod("args: [--model, Qwen/Qwen3-32B], env: [{name: HF_HOME, value: /root/hf}]"))});
  EXPECT_EQ(response["allowed"], false);
  EXPECT_FALSE(response.contains("patch"));
  EXPECT_THAT(response["status"]["message"].get<std::string>(),
              HasSubstr("HF_HOME is /root/hf, but ModelCache/qwen is used at /cache/huggingface"));
}

TEST(Mutation, InjectsNothingIntoAPodThatIsThere) {
  const Json pod = manifest(kUnpinnedPod);
  EXPECT_EQ(Answering(model_cache()).mutate({.object = pod, .old_object = pod, .operation = "UPDATE"}),
            Json({{"uid", kUid}, {"allowed", true}}));
}

// The API server lets nobody change the arguments of a Pod, and applying the manifest again would. The ModelCache may
// be gone by then, and the policy may inject no longer.
TEST(Mutation, LetsAnInjectedPodKeepItsArgumentsWhenItsManifestIsAppliedAgain) {
  const Json applied = manifest(kUnpinnedPod);
  const Json stored = patched(applied, Answering(model_cache()).mutate({.object = applied}));
  Json update = stored;
  update["spec"]["containers"][0]["args"] = applied["spec"]["containers"][0]["args"];
  const ReviewSpec spec = {.object = update, .old_object = stored, .operation = "UPDATE"};
  const Answering answering("", "{inject: false}");
  const Json response = answering.mutate(spec);
  EXPECT_EQ(patched(update, response), stored);
  const std::string said = "Warmgate keeps \"--revision " + kCommit +
                           "\" in the args of container \"vllm\": the Pod was given it from a ModelCache when it was "
                           "created";
  EXPECT_EQ(response["warnings"], Json({said}));
  EXPECT_EQ(response["auditAnnotations"], Json({{"restored", said}}));
  const admission::Outcome outcome = answering.outcome(Hook::kMutate, review(spec));
  EXPECT_TRUE(outcome.record.patched);
  EXPECT_EQ(outcome.record.decision, "allow");
  EXPECT_EQ(answering.mutate({.object = stored, .old_object = stored, .operation = "UPDATE"}),
            Json({{"uid", kUid}, {"allowed", true}}));
}

TEST(Mutation, RestoresNothingInSubResources) {
  const Json applied = manifest(kUnpinnedPod);
  const Json stored = patched(applied, Answering(model_cache()).mutate({.object = applied}));
  for (const std::string sub : {"status", "resize", "ephemeralcontainers"}) {
    EXPECT_EQ(Answering(model_cache())
                  .mutate({.object = applied, .old_object = stored, .operation = "UPDATE", .sub_resource = sub}),
              Json({{"uid", kUid}, {"allowed", true}}))
        << sub;
  }
}

TEST(Mutation, UsesTheNamespaceOfTheRequest) {
  Json pod = manifest(kUnpinnedPod);
  pod["metadata"].erase("namespace");
  EXPECT_TRUE(Answering(model_cache()).mutate({.object = pod, .ns = "llm"}).contains("patch"));
  EXPECT_EQ(Answering(model_cache()).mutate({.object = pod, .ns = "other"})["allowed"], false);
}

TEST(Mutation, TellsTheAuditLogWhatItMendedUnderAnAuditPolicy) {
  const Json response =
      Answering(model_cache(), "{rules: {WG101: audit, WG205: audit}}").mutate({.object = manifest(kUnpinnedPod)});
  EXPECT_FALSE(response.contains("warnings"));
  EXPECT_THAT(response["auditAnnotations"]["WG101"].get<std::string>(), HasSubstr("audit: "));
}

TEST(Requests, ThatDeleteOrConnectAreAllowed) {
  const Answering answering;
  const Json bad = manifest(deployment(kUnpinnedPod));
  const Json allowed = {{"uid", kUid}, {"allowed", true}};
  EXPECT_EQ(answering.validate({.old_object = bad, .operation = "DELETE", .dry_run = true}), allowed);
  EXPECT_EQ(answering.validate({.operation = "CONNECT"}), allowed);
  EXPECT_EQ(answering.mutate({.old_object = bad, .operation = "DELETE"}), allowed);
}

TEST(Requests, OfOtherSubResourcesAreAllowedUnjudged) {
  const Json bad = manifest(deployment(kUnpinnedPod));
  for (const std::string sub : {"status", "scale", "binding", "eviction"}) {
    EXPECT_EQ(Answering().validate({.object = bad, .old_object = bad, .operation = "UPDATE", .sub_resource = sub}),
              Json({{"uid", kUid}, {"allowed", true}}))
        << sub;
  }
}

TEST(Requests, ThatAddAnEphemeralContainerAreJudgedForIt) {
  const Json before = manifest(kUnpinnedPod);
  Json after = before;
  after["spec"]["ephemeralContainers"] = {
      {{"name", "debug"}, {"image", "vllm/vllm-openai:v0.11.0"}, {"args", {"--model", "Qwen/Qwen3-8B"}}}};
  const Json response = Answering().validate(
      {.object = after, .old_object = before, .operation = "UPDATE", .sub_resource = "ephemeralcontainers"});
  EXPECT_EQ(response["allowed"], false);
  EXPECT_THAT(response["status"]["message"].get<std::string>(), HasSubstr("1 problem\n1. WG101"));
  EXPECT_THAT(response["status"]["message"].get<std::string>(), HasSubstr("container \"debug\""));
  EXPECT_EQ(response["warnings"].size(), 2U);  // of the container that was there
}

TEST(Requests, ThatUpdateAnswerForWhatTheyBring) {
  const Json before = manifest(deployment(kUnpinnedPod));
  Json scaled = before;
  scaled["spec"]["replicas"] = 3;
  const Json unchanged = Answering().validate({.object = scaled, .old_object = before, .operation = "UPDATE"});
  EXPECT_EQ(unchanged["allowed"], true);
  EXPECT_EQ(unchanged["warnings"].size(), 2U);

  Json worse = scaled;
  worse["spec"]["template"]["spec"]["containers"][0]["env"] = {{{"name", "HF_TOKEN"}, {"value", kToken}}};
  const Json refused = Answering().validate({.object = worse, .old_object = before, .operation = "UPDATE"});
  EXPECT_EQ(refused["allowed"], false);
  EXPECT_THAT(refused["status"]["message"].get<std::string>(), HasSubstr("1 problem\n1. WG501"));
  EXPECT_EQ(refused["warnings"].size(), 2U);
}

TEST(Requests, NameAPodThatHasNoNameYet) {
  Json pod = manifest(kUnpinnedPod);
  pod["metadata"].erase("name");
  pod["metadata"]["generateName"] = "server-";
  const admission::Outcome outcome = Answering().outcome(Hook::kMutate, review({.object = pod}));
  EXPECT_THAT(outcome.body, HasSubstr("Warmgate refuses Pod/server-*: 2 problems"));
  EXPECT_EQ(outcome.record.object, "Pod/server-*");
}

TEST(Requests, ThatOnlyTryAreAnsweredAlike) {
  const Json pod = manifest(kUnpinnedPod);
  const Answering answering(model_cache());
  EXPECT_EQ(answering.mutate({.object = pod, .dry_run = true}), answering.mutate({.object = pod}));
  EXPECT_TRUE(answering.outcome(Hook::kMutate, review({.object = pod, .dry_run = true})).record.dry_run);
}

Json owned(const std::string& group_version, const std::string& kind) {
  Json pod = manifest(kUnpinnedPod);
  pod["metadata"]["ownerReferences"] = {
      {{"apiVersion", group_version}, {"kind", kind}, {"name", "server-1"}, {"uid", "1"}, {"controller", true}}};
  return pod;
}

TEST(OwnedPods, OfAJudgedControllerGetWarnings) {
  for (const std::string user :
       {"system:serviceaccount:kube-system:replicaset-controller", "system:kube-controller-manager"}) {
    const Json response = Answering().validate({.object = owned("apps/v1", "ReplicaSet"), .user = user});
    EXPECT_EQ(response["allowed"], true) << user;
    EXPECT_EQ(response["warnings"].size(), 2U);
    EXPECT_THAT(response["auditAnnotations"]["WG101"].get<std::string>(), HasSubstr("warn: "));
  }
}

TEST(OwnedPods, WithAForgedOwnerAreDenied) {
  struct Forgery {
    Json pod;
    std::string user;
  };
  const std::vector<Forgery> forgeries = {
      {owned("apps/v1", "ReplicaSet"), "alice"},
      {owned("apps/v1", "ReplicaSet"), "system:serviceaccount:llm:replicaset-controller"},
      {owned("apps/v1", "ReplicaSet"), "system:serviceaccount:kube-system:job-controller"},
      {owned("other.io/v1", "ReplicaSet"), "system:serviceaccount:kube-system:replicaset-controller"},
      {owned("other.io/v1", "Server"), "system:serviceaccount:kube-system:server-controller"},
  };
  for (const Forgery& forgery : forgeries) {
    EXPECT_EQ(Answering().validate({.object = forgery.pod, .user = forgery.user})["allowed"], false) << forgery.user;
  }
}

TEST(OwnedPods, AreDeniedWhereThePolicySaysSo) {
  EXPECT_EQ(Answering("", "{ownedPods: deny}")
                .validate({.object = owned("apps/v1", "ReplicaSet"),
                           .user = "system:serviceaccount:kube-system:replicaset-controller"})["allowed"],
            false);
}

TEST(Records, SayWhatWasDecided) {
  const admission::Outcome denied =
      Answering().outcome(Hook::kValidate, review({.object = manifest(deployment(kUnpinnedPod))}));
  EXPECT_EQ(denied.record.uid, kUid);
  EXPECT_EQ(denied.record.object, "Deployment/server");
  EXPECT_EQ(denied.record.ns, "llm");
  EXPECT_EQ(denied.record.operation, "CREATE");
  EXPECT_EQ(denied.record.user, "alice");
  EXPECT_EQ(denied.record.decision, "deny");
  const std::vector<std::pair<std::string, std::string>> rules = {{"WG101", "deny"}, {"WG205", "deny"}};
  EXPECT_EQ(denied.record.rules, rules);
  EXPECT_FALSE(denied.record.patched);
  EXPECT_TRUE(
      Answering(model_cache()).outcome(Hook::kMutate, review({.object = manifest(kUnpinnedPod)})).record.patched);
}

}  // namespace
}  // namespace warmgate::testing
