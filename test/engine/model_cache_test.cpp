// What the policy and a running controller make of ModelCaches: the missing ones, the slow ones, and what they name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"
#include "warmgate/api/model_cache_spec.h"
#include "warmgate/engine/judge.h"

namespace warmgate::testing {
namespace {

using document::Json;
using engine::Judgement;
using engine::Stage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kLease =
    "---\n{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: warmgate-controller, namespace: "
    "warmgate}}\n";
const std::string kPinned = pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]");

struct World {
  std::string facts;
  std::string policy = "{}";
  bool complete = true;
};

Judgement judge(const kube::Object& manifest, const World& world, Stage stage = Stage::kBeforeInjection) {
  const kube::BundleFacts known = facts(world.facts, world.complete);
  const policy::Policy policy = policy_with(world.policy);
  return engine::judge(manifest, {known, knowledge(), policy}, stage);
}

// "WG101 deny", of one rule or of all.
std::vector<std::string> actions(const Judgement& judgement, const std::string& rule = "") {
  std::vector<std::string> out;
  for (const engine::JudgedFinding& judged : judgement.findings) {
    if (rule.empty() || judged.finding.rule == rule) {
      out.push_back(std::string(judged.finding.rule) + " " + std::string(api::to_string(judged.action)));
    }
  }
  return out;
}

std::string missing(const std::string& what) { return "{modelCaches: {missing: " + what + "}}"; }

TEST(MissingModelCache, IsWhatThePolicySaysOfPinnedGpuPods) {
  struct Case {
    std::string manifest;
    World world;
    std::vector<std::string> found;
  };
  const std::string other = model_cache("other", kOtherCommit, "other");
  const std::vector<Case> cases = {
      {kPinned, {""}, {}},
      {kPinned, {"", missing("warn")}, {"WG309 warn"}},
      {kPinned, {"", missing("deny")}, {"WG309 deny"}},
      {deployment(kPinned), {"", missing("deny")}, {"WG309 deny"}},
      {kPinned, {model_cache(), missing("deny")}, {}},
      {kPinned, {other, missing("deny")}, {"WG309 deny"}},
      {kPinned, {model_cache("qwen", kCommit, "c", "elsewhere"), missing("deny")}, {"WG309 deny"}},
      {kPinned, {"", missing("deny"), false}, {"WG309 audit"}},  // manifests alone prove nothing
      {kPinned, {other, missing("deny"), false}, {"WG309 deny"}},
      {pod("args: [--model, Qwen/Qwen3-32B]"), {"", missing("deny")}, {}},
      {pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]", "", false), {"", missing("deny")}, {}},
      {pod("args: [--model, /models/qwen]"), {"", missing("deny")}, {}},
      // Without a controller nobody would make it.
      {kPinned, {"", missing("create")}, {"WG309 warn"}},
      {kPinned, {kLease, "{modelCaches: {missing: create, gates: false}}"}, {"WG309 warn"}},
      {pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]", "nodeName: gpu-1"),
       {kLease, missing("create")},
       {"WG309 warn"}},
      {kPinned, {kLease, missing("create")}, {}},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(actions(judge(object(test.manifest), test.world), "WG309"), test.found)
        << test.manifest << test.world.facts << test.world.policy;
  }
}

TEST(CreatedModelCache, APodGetsItsClaimAndWaitsForItAsIfItExisted) {
  const World world{kLease, missing("create")};
  const std::string name = api::created_name("Qwen/Qwen3-32B", kCommit);
  const Judgement judgement = judge(object(kPinned), world);
  EXPECT_FALSE(judgement.denied());
  ASSERT_EQ(judgement.injection.holds.size(), 1U);
  const Json& patched = *judgement.injection.patched;
  EXPECT_EQ(patched["spec"]["schedulingGates"], json(R"([{"name": "warmgate.dev/model-cache"}])"));
  EXPECT_EQ(patched["metadata"]["annotations"]["warmgate.dev/waits-for"], name + "=Qwen/Qwen3-32B@" + kCommit);
  EXPECT_EQ(patched["spec"]["volumes"],
            (Json{{{"name", "warmgate-cache"}, {"persistentVolumeClaim", {{"claimName", name}, {"readOnly", true}}}}}));
  EXPECT_EQ(patched["spec"]["containers"][0]["volumeMounts"][0]["mountPath"], "/cache/huggingface");

  // Mutated again it is the same, and what went through mutation is in order.
  const kube::Object injected(document::Document(patched), "llm");
  EXPECT_TRUE(judge(injected, world).injection.empty());
  EXPECT_THAT(actions(judge(injected, world, Stage::kAsIs)), IsEmpty());
  // Once the controller has made it, nothing changes for the next Pod.
  const World made{kLease + model_cache(name, kCommit, name), missing("create")};
  EXPECT_EQ(*judge(object(kPinned), made).injection.patch, *judgement.injection.patch);
}

TEST(CreatedModelCache, ATemplateIsJudgedAsItsPodsWillRun) {
  const Judgement judgement = judge(object(deployment(kPinned)), {kLease, missing("create")});
  EXPECT_FALSE(judgement.denied());
  EXPECT_THAT(actions(judgement), ElementsAre("WG205 warn", "WG406 warn"));
}

TEST(CreatedModelCache, APodThatMutationDidNotReachIsNotSilentlyTakenForOneThatWaits) {
  EXPECT_THAT(actions(judge(object(kPinned), {kLease, missing("create")}, Stage::kAsIs), "WG309"),
              ElementsAre("WG309 warn"));
}

std::string downloading(const Json& status) {
  Json cache = object(model_cache()).document().value();
  cache["status"] = status;
  return "---\n" + cache.dump() + "\n";
}

kube::Object deployment_with(const Json& spec) {
  Json out = object(deployment(kPinned)).document().value();
  out["spec"].update(spec);
  return kube::Object(document::Document(out), "llm");
}

TEST(DeadlineBeforeDownload, IsToldWhereTheControllerHoldsPodsBack) {
  struct Case {
    Json spec;
    std::string facts;
    std::string message;  // "": nothing is found
  };
  const std::string tail = ": the rollout is reported as failed before the download is done";
  const std::string waits = ", and its Pods wait for ModelCache/qwen, which takes about ";
  const std::vector<Case> cases = {
      {Json::object(), model_cache() + kLease,
       "progressDeadlineSeconds is 600, the default" + waits + "640 s more" + tail},
      {Json::object(), model_cache(), ""},
      {{{"progressDeadlineSeconds", 3600}}, model_cache() + kLease, ""},
      {{{"progressDeadlineSeconds", 3600}},
       downloading({{"remainingSeconds", 5000}}) + kLease,
       "progressDeadlineSeconds is 3600" + waits + "5000 s more" + tail},
      {Json::object(), downloading({{"remainingSeconds", 599}}) + kLease, ""},
      {Json::object(), downloading({{"bytes", {{"done", 1'000}, {"total", 90'000'001'000}}}}) + kLease,
       "progressDeadlineSeconds is 600, the default" + waits + "900 s more" + tail},
      {Json::object(), downloading({{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}) + kLease, ""},
      {{{"replicas", 0}}, model_cache() + kLease, ""},
      {{{"paused", true}}, model_cache() + kLease, ""},
  };
  for (const Case& test : cases) {
    const Judgement judgement = judge(deployment_with(test.spec), {test.facts, "{}", false});
    std::string message;
    for (const engine::JudgedFinding& judged : judgement.findings) {
      message += judged.finding.rule == "WG406" ? judged.finding.message : "";
    }
    EXPECT_EQ(message, test.message) << test.spec << test.facts;
  }
}

TEST(ForeignDownload, IsAnImageOrEndpointThatThePolicyDoesNotAllow) {
  struct Case {
    std::string image;
    std::string endpoint;
    std::vector<std::string> found;
  };
  const std::string policy =
      "{modelCaches: {images: [registry.example.com/*], endpoints: [\"https://hf-mirror.example.com\"]}}";
  const std::vector<Case> cases = {
      {"", "", {}},
      {"registry.example.com/python:3.10-slim", "https://hf-mirror.example.com/", {}},
      {"docker.io/someone/tool:1", "", {"WG504 deny"}},
      {"", "https://hf-mirror.example.com.evil.org", {"WG504 deny"}},
      {"registry.example.com.evil.org/x", "https://evil.org", {"WG504 deny", "WG504 deny"}},
  };
  for (const Case& test : cases) {
    Json cache = object(model_cache()).document().value();
    if (!test.image.empty()) {
      cache["spec"]["download"]["image"] = test.image;
    }
    if (!test.endpoint.empty()) {
      cache["spec"]["source"]["huggingFace"]["endpoint"] = test.endpoint;
    }
    EXPECT_EQ(actions(judge(kube::Object(document::Document(cache), "llm"), {"", policy})), test.found)
        << test.image << " " << test.endpoint;
    EXPECT_THAT(actions(judge(kube::Object(document::Document(cache), "llm"), {""})), IsEmpty());
  }
}

TEST(ForeignDownload, ATokenInAModelCacheIsFound) {
  Json cache = object(model_cache()).document().value();
  cache["spec"]["download"]["env"] = {{{"name", "OTHER"}, {"value", kToken}}};
  const Judgement judgement = judge(kube::Object(document::Document(cache), "llm"), {""});
  EXPECT_THAT(actions(judgement), ElementsAre("WG501 deny"));
  EXPECT_THAT(judgement.findings[0].finding.message, ::testing::Not(HasSubstr(kToken)));
}

}  // namespace
}  // namespace warmgate::testing
