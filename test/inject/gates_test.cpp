// The scheduling gate: which Pods get it, which do not and why, and that it is set once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "inject/planning.h"
#include "warmgate/inject/restore.h"

namespace warmgate::testing {
namespace {

using document::Json;

const std::string kLease =
    "---\n{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: warmgate-controller, namespace: "
    "warmgate}}\n";
const std::string kModel = "args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]";
const std::string kMounted = kModel +
                             ", env: [{name: HF_HOME, value: /cache/huggingface}], volumeMounts: [{name: cache, "
                             "mountPath: /cache/huggingface, readOnly: true}]";
const std::string kVolumes =
    "volumes: [{name: cache, persistentVolumeClaim: {claimName: model-cache, readOnly: true}}]";

std::string with_status(const std::string& cache, const Json& status) {
  Json value = object(cache).document().value();
  value["status"] = status;
  return "---\n" + value.dump() + "\n";
}
std::string ready(const std::string& cache) {
  return with_status(cache, {{"conditions", {{{"type", "Ready"}, {"status", "True"}}}}});
}
std::string waiting_for(const std::string& caches) {
  return "held back by the scheduling gate warmgate.dev/model-cache until " + caches;
}
const std::string kWaits = waiting_for("ModelCache/qwen (Qwen/Qwen3-32B at 9216db5781bf) is Ready");

struct Case {
  std::string name;
  std::string pod;
  std::string facts;
  std::vector<std::string> holds;  // described
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

const std::string kSnapshot = "/cache/huggingface/hub/models--Qwen--Qwen3-32B/snapshots/" + kCommit;
const std::string kByPath = "volumeMounts: [{name: cache, mountPath: /cache/huggingface, readOnly: true}]";

const std::vector<Case> kCases = {
    {"InjectedByUs", pod(kModel), model_cache() + kLease, {kWaits}},
    {"MountedByItsAuthor", pod(kMounted, kVolumes), model_cache() + kLease, {kWaits}},
    {"UnpinnedScript",
     pod("command: [sh, -c], args: [\"vllm serve Qwen/Qwen3-32B\"]"),
     model_cache() + kLease,
     {kWaits}},
    {"ServesTheSnapshotByItsPath",
     pod("args: [--model, " + kSnapshot + "], " + kByPath, kVolumes),
     model_cache() + kLease,
     {kWaits}},
    {"ServesAnotherSnapshotByItsPath",
     pod("args: [--model, /cache/huggingface/other], " + kByPath, kVolumes),
     model_cache() + kLease,
     {}},
    {"ServesThePathFromAnotherClaim",
     pod("args: [--model, " + kSnapshot + "], " + kByPath,
         "volumes: [{name: cache, persistentVolumeClaim: {claimName: own}}]"),
     model_cache() + kLease,
     {}},
    {"ReadyCache", pod(kModel), ready(model_cache()) + kLease, {}},
    {"CacheThatIsGoingAway",
     pod(kModel),
     "---\n" +
         [] {
           Json cache = object(model_cache()).document().value();
           cache["metadata"]["deletionTimestamp"] = "2026-11-26T13:25:49Z";
           return cache.dump();
         }() +
         "\n" + kLease,
     {}},
    {"NoAccelerator", pod(kModel, "", false), model_cache() + kLease, {}},
    {"OwnClaimInTheWay",
     pod(kModel + ", volumeMounts: [{name: own, mountPath: /root/.cache/huggingface}]",
         "volumes: [{name: own, persistentVolumeClaim: {claimName: own-cache}}]"),
     model_cache() + kLease,
     {}},
    {"NodeName",
     pod(kModel, "nodeName: gpu-1"),
     model_cache() + kLease,
     {"not held back although ModelCache/qwen (Qwen/Qwen3-32B at 9216db5781bf) is not Ready: spec.nodeName is set, so "
      "no "
      "scheduler is asked"}},
    {"NobodyKnowsOfAController", pod(kModel), model_cache(), {}},
};

class Gate : public ::testing::TestWithParam<Case> {};

TEST_P(Gate, IsSetWhereAPodCanAndMustWait) {
  const inject::Injection injection = plan(object(GetParam().pod), facts(GetParam().facts));
  std::vector<std::string> holds;
  for (const inject::Hold& hold : injection.holds) {
    holds.push_back(describe(hold));
  }
  EXPECT_EQ(holds, GetParam().holds);
  const Json& patched = *injection.patched;
  const bool held = !injection.holds.empty() && injection.holds[0].why_not.empty();
  EXPECT_EQ(patched["spec"].contains("schedulingGates"), held);
  EXPECT_EQ(patched["metadata"].value("/labels/warmgate.dev~1gated"_json_pointer, ""), held ? "true" : "");
  EXPECT_EQ(patched["metadata"].value("/annotations/warmgate.dev~1waits-for"_json_pointer, ""),
            held ? "qwen=Qwen/Qwen3-32B@" + kCommit : "");
}

INSTANTIATE_TEST_SUITE_P(Pods, Gate, ::testing::ValuesIn(kCases), [](const auto& test) { return test.param.name; });

TEST(Gates, AreExactlyThesePartsOfAPod) {
  const inject::Injection injection = plan(object(pod(kMounted, kVolumes)), facts(model_cache() + kLease));
  EXPECT_EQ(lines(*injection.patch),
            "add /metadata/annotations {}\n"
            "add /metadata/annotations/warmgate.dev~1models \"vllm=Qwen/Qwen3-32B@" +
                kCommit +
                "\"\n"
                "add /metadata/annotations/warmgate.dev~1claims \"vllm=model-cache\"\n"
                "add /spec/schedulingGates []\n"
                "add /spec/schedulingGates/- {\"name\":\"warmgate.dev/model-cache\"}\n"
                "add /metadata/labels {}\n"
                "add /metadata/labels/warmgate.dev~1gated \"true\"\n"
                "add /metadata/annotations/warmgate.dev~1waits-for \"qwen=Qwen/Qwen3-32B@" +
                kCommit + "\"\n");
}

TEST(Gates, ASecondMutationChangesNothing) {
  const kube::BundleFacts world = facts(model_cache() + kLease);
  const inject::Injection first = plan(object(pod(kModel, "schedulingGates: [{name: other}]")), world);
  EXPECT_EQ((*first.patched)["spec"]["schedulingGates"].size(), 2U);
  const inject::Injection second = plan(kube::Object(document::Document(*first.patched)), world);
  EXPECT_TRUE(second.empty()) << lines(*second.patch);
  EXPECT_EQ(second.holds.size(), 1U);
}

TEST(Gates, ThePolicyCanLeaveThemOut) {
  inject::Options options;
  options.gates = false;
  const inject::Injection injection = plan(object(pod(kModel)), facts(model_cache() + kLease), options);
  EXPECT_TRUE(injection.holds.empty());
  EXPECT_FALSE((*injection.patched)["spec"].contains("schedulingGates"));
}

TEST(Gates, WithoutAControllerWhereEverythingIsKnownTheReasonIsSaid) {
  const inject::Injection injection = plan(object(pod(kModel)), facts(model_cache(), true));
  ASSERT_EQ(injection.holds.size(), 1U);
  EXPECT_EQ(injection.holds[0].why_not,
            "the Warmgate controller does not run (its Lease is not renewed), and nobody else lets Pods go");
  EXPECT_FALSE((*injection.patched)["spec"].contains("schedulingGates"));
}

TEST(Gates, PodsOfATemplateGetThemToo) {
  const inject::Injection injection = plan(object(deployment(pod(kModel))), facts(model_cache() + kLease));
  EXPECT_EQ((*injection.patched)["spec"]["template"]["spec"]["schedulingGates"],
            json(R"([{"name": "warmgate.dev/model-cache"}])"));
  EXPECT_EQ((*injection.patched)["spec"]["template"]["metadata"]["labels"],
            json(R"({"app": "server", "warmgate.dev/gated": "true"})"));
}

TEST(Gates, AModelBesideTheWeightsIsWaitedForToo) {
  const std::string draft =
      "---\n{apiVersion: warmgate.dev/v1alpha1, kind: ModelCache, metadata: {name: draft, namespace: "
      "llm}, spec: {source: {huggingFace: {repo: Qwen/Qwen3-0.6B, revision: " +
      kOtherCommit + "}}, storage: {claimName: model-cache}}}\n";
  const inject::Injection injection =
      plan(object(pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit +
                      ", --tokenizer, Qwen/Qwen3-0.6B, --tokenizer-revision, " + kOtherCommit + "]")),
           facts(ready(model_cache()) + draft + kLease));
  ASSERT_EQ(injection.holds.size(), 1U);
  EXPECT_EQ(describe(injection.holds[0]), waiting_for("ModelCache/draft (Qwen/Qwen3-0.6B at d47b0d4ae4b4) is Ready"));
}

TEST(Gates, AManifestThatReplacesAWaitingPodDoesNotLetItGo) {
  const kube::Object manifest = object(pod(kMounted, kVolumes));
  const kube::Object stored(document::Document(*plan(manifest, facts(model_cache() + kLease)).patched),
                            manifest.key().ns);
  const inject::Restoration restoration = inject::plan_restoration(stored, manifest);
  EXPECT_TRUE(restoration.gate);
  ASSERT_TRUE(restoration.patch);
  const Json kept = manifest.document().value().patch(*restoration.patch);
  EXPECT_EQ(kept["spec"]["schedulingGates"], stored.document().value()["spec"]["schedulingGates"]);
  EXPECT_EQ(kept["metadata"]["annotations"]["warmgate.dev/waits-for"], "qwen=Qwen/Qwen3-32B@" + kCommit);
  EXPECT_EQ(kept["metadata"]["labels"]["warmgate.dev/gated"], "true");
}

TEST(Gates, WhoeverRemovesTheGateAloneLetsThePodGo) {
  const kube::Object manifest = object(pod(kMounted, kVolumes));
  const kube::Object stored(document::Document(*plan(manifest, facts(model_cache() + kLease)).patched),
                            manifest.key().ns);
  Json released = stored.document().value();
  released["spec"].erase("schedulingGates");
  const inject::Restoration restoration =
      inject::plan_restoration(stored, kube::Object(document::Document(released), manifest.key().ns));
  EXPECT_FALSE(restoration.gate);
  EXPECT_EQ(restoration.patch, nullptr);
}

}  // namespace
}  // namespace warmgate::testing
