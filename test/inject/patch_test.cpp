// The exact patch for every shape of Pod that injection knows.
#include <gtest/gtest.h>

#include <ostream>

#include "inject/planning.h"
#include "warmgate/engine/judge.h"

namespace warmgate::testing {
namespace {

const std::string kModel = "args: [--model, Qwen/Qwen3-32B]";
const std::string kContainer = "/spec/containers/0";
const std::string kClaimVolume =
    R"({"name":"warmgate-cache","persistentVolumeClaim":{"claimName":"model-cache","readOnly":true}})";

// The parts of a patch, in the order in which they come.
const std::string kNewVolumes = "add /spec/volumes []\n";
const std::string kVolume = "add /spec/volumes/- " + kClaimVolume + "\n";

std::string list(const std::string& name, const std::string& container = kContainer) {
  return "add " + container + "/" + name + " []\n";
}
std::string mount(const std::string& volume = "warmgate-cache", const std::string& container = kContainer) {
  return "add " + container + R"(/volumeMounts/- {"mountPath":"/cache/huggingface","name":")" + volume +
         R"(","readOnly":true})" + "\n";
}
std::string env(const std::string& name, const std::string& value, const std::string& container = kContainer) {
  return "add " + container + R"(/env/- {"name":")" + name + R"(","value":")" + value + "\"}\n";
}
std::string home(const std::string& container = kContainer) {
  return list("env", container) + env("HF_HOME", "/cache/huggingface", container);
}
std::string revision(const std::string& where = "args", const std::string& container = kContainer) {
  const std::string path = "add " + container + "/" + where + "/- ";
  return path + "\"--revision\"\n" + path + "\"" + kCommit + "\"\n";
}
std::string annotations(const std::string& models = "vllm=Qwen/Qwen3-32B@" + kCommit,
                        const std::string& claims = "vllm=model-cache") {
  return "add /metadata/annotations {}\nadd /metadata/annotations/warmgate.dev~1models \"" + models +
         "\"\nadd /metadata/annotations/warmgate.dev~1claims \"" + claims + "\"\n";
}
// All that a Pod without any volume gets before its revision.
std::string cache() { return kNewVolumes + kVolume + list("volumeMounts") + mount() + home(); }

struct Case {
  std::string name;
  std::string pod;
  std::string facts;
  std::string patch;
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

const std::string kCache = model_cache();
const std::string kTwoCaches = model_cache() + model_cache("next", kOtherCommit, "model-cache-2");

const std::vector<Case> kCases = {
    {"Args", pod(kModel), kCache, cache() + revision() + annotations()},
    {"CommandAndArgs", pod("command: [vllm, serve], args: [Qwen/Qwen3-32B]"), kCache,
     cache() + revision() + annotations()},
    {"CommandOnly", pod("command: [vllm, serve, Qwen/Qwen3-32B]"), kCache,
     cache() + revision("command") + annotations()},
    // A script is never edited: its revision is a finding, and nothing claims that the Pod runs that commit.
    {"Script", pod("command: [sh, -c], args: [\"vllm serve Qwen/Qwen3-32B\"]"), kCache, cache()},
    {"PinnedScript", pod("command: [sh, -c], args: [\"vllm serve Qwen/Qwen3-32B --revision " + kCommit + "\"]"), kCache,
     cache() + annotations()},
    {"TwoServersInOneScript",
     pod("command: [sh, -c], args: [\"vllm serve Qwen/Qwen3-32B & vllm serve Qwen/Qwen3-32B --port 8001\"]"), kCache,
     cache()},
    {"Pinned", pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]"), kCache, cache() + annotations()},
    {"PinnedToAnotherCommit", pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kOtherCommit + "]"), kCache, ""},
    {"Branch", pod("args: [--model, Qwen/Qwen3-32B, --revision, main]"), kCache, ""},
    {"TwoCommitsAndNoneNamed", pod(kModel), kTwoCaches, ""},
    {"TwoCommitsAndOneNamed", pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]"), kTwoCaches,
     cache() + annotations()},
    {"VolumeOfTheSameClaim", pod(kModel, "volumes: [{name: weights, persistentVolumeClaim: {claimName: model-cache}}]"),
     kCache, list("volumeMounts") + mount("weights") + home() + revision() + annotations()},
    {"VolumeNameTaken", pod(kModel, "volumes: [{name: warmgate-cache, emptyDir: {}}]"), kCache,
     "add /spec/volumes/- "
     R"({"name":"warmgate-cache-2","persistentVolumeClaim":{"claimName":"model-cache","readOnly":true}})"
     "\n" +
         list("volumeMounts") + mount("warmgate-cache-2") + home() + revision() + annotations()},
    {"OtherMountsAndEnvironment",
     pod(kModel + ", env: [{name: A, value: b}], volumeMounts: [{name: shm, mountPath: /dev/shm}]",
         "volumes: [{name: shm, emptyDir: {medium: Memory}}]"),
     kCache, kVolume + mount() + env("HF_HOME", "/cache/huggingface") + revision() + annotations()},
    {"NullLists", pod(kModel + ", env: null, volumeMounts: null", "volumes: null"), kCache,
     cache() + revision() + annotations()},
    {"HomeAlreadyRight", pod(kModel + ", env: [{name: HF_HOME, value: /cache/huggingface/}]"), kCache,
     kNewVolumes + kVolume + list("volumeMounts") + mount() + revision() + annotations()},
    {"HomeElsewhere", pod(kModel + ", env: [{name: HF_HOME, value: /root/hf}]"), kCache, ""},
    {"HubCacheElsewhere", pod(kModel + ", env: [{name: HF_HUB_CACHE, value: /root/hub}]"), kCache, ""},
    {"DownloadDirElsewhere", pod("args: [--model, Qwen/Qwen3-32B, --download-dir, /models]"), kCache, ""},
    {"HomeFromAConfigMap",
     pod(kModel + ", env: [{name: HF_HOME, valueFrom: {configMapKeyRef: {name: settings, key: home}}}]"), kCache, ""},
    {"MountPathTaken",
     pod(kModel + ", volumeMounts: [{name: scratch, mountPath: /cache/huggingface}]",
         "volumes: [{name: scratch, emptyDir: {}}]"),
     kCache, ""},
    {"HubCovered",
     pod(kModel + ", volumeMounts: [{name: scratch, mountPath: /cache/huggingface/hub}]",
         "volumes: [{name: scratch, emptyDir: {}}]"),
     kCache, ""},
    {"OtherClaimInUse",
     pod(kModel + ", volumeMounts: [{name: own, mountPath: /root/.cache/huggingface}]",
         "volumes: [{name: own, persistentVolumeClaim: {claimName: own-cache}}]"),
     kCache, ""},
    {"OwnClaimMountWithoutRevision",
     pod(kModel + ", env: [{name: HF_HOME, value: /models}], volumeMounts: [{name: cache, mountPath: /models, "
                  "readOnly: true}]",
         "volumes: [{name: cache, persistentVolumeClaim: {claimName: model-cache}}]"),
     kCache, revision() + annotations()},
    {"NothingMissing",
     pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit +
             "], env: [{name: HF_HOME, value: /cache/huggingface}], volumeMounts: [{name: cache, mountPath: "
             "/cache/huggingface, readOnly: true}]",
         "volumes: [{name: cache, persistentVolumeClaim: {claimName: model-cache}}]"),
     kCache, annotations()},
    {"ImageWithHome",
     pod("image: \"ghcr.io/huggingface/text-generation-inference:3.3.4\", args: [--model-id, Qwen/Qwen3-32B]"), kCache,
     cache() + revision() + annotations()},
    {"ImageWithHubCache",
     pod("image: \"ghcr.io/huggingface/text-generation-inference:2.2.0\", args: [--model-id, Qwen/Qwen3-32B]"), kCache,
     cache() + env("HUGGINGFACE_HUB_CACHE", "/cache/huggingface/hub") + revision() + annotations()},
    {"ModelByEnvironment",
     pod("image: \"ghcr.io/huggingface/text-generation-inference:3.3.4\", env: [{name: MODEL_ID, value: "
         "Qwen/Qwen3-32B}]"),
     kCache,
     kNewVolumes + kVolume + list("volumeMounts") + mount() + env("HF_HOME", "/cache/huggingface") + list("args") +
         revision() + annotations()},
    {"InitContainer",
     pod("image: \"proxy:1\"",
         "initContainers: [{name: side, image: \"vllm/vllm-openai:v0.11.0\", restartPolicy: Always, " + kModel +
             ", resources: {limits: {nvidia.com/gpu: \"1\"}}}]",
         false),
     kCache,
     kNewVolumes + kVolume + list("volumeMounts", "/spec/initContainers/0") +
         mount("warmgate-cache", "/spec/initContainers/0") + home("/spec/initContainers/0") +
         revision("args", "/spec/initContainers/0") +
         annotations("side=Qwen/Qwen3-32B@" + kCommit, "side=model-cache")},
    {"CpuOnly", pod(kModel, "", false), kCache, ""},
    {"LocalPath", pod("args: [--model, /models/qwen]"), kCache, ""},
    {"OtherModel", pod("args: [--model, Qwen/Qwen3-8B]"), kCache, ""},
    {"DefaultModel", pod("args: [--port, \"8000\"]"), kCache, ""},
    {"OtherNamespace", pod(kModel), model_cache("qwen", kCommit, "model-cache", "other"), ""},
    {"NoModelCache", pod(kModel), "", ""},
};

class Patch : public ::testing::TestWithParam<Case> {};

TEST_P(Patch, IsExactly) {
  const kube::BundleFacts world = facts(GetParam().facts);
  const inject::Injection injection = plan(object(GetParam().pod), world);
  EXPECT_EQ(lines(*injection.patch), GetParam().patch);
  EXPECT_EQ(injection.empty(), GetParam().patch.empty());
}

INSTANTIATE_TEST_SUITE_P(Pods, Patch, ::testing::ValuesIn(kCases), [](const auto& test) { return test.param.name; });

TEST(Injection, SharesOneVolumeBetweenContainers) {
  document::Json two = object(pod(kModel)).document().value();
  document::Json second = two["spec"]["containers"][0];
  second["name"] = "second";
  two["spec"]["containers"].push_back(second);
  const std::string other = "/spec/containers/1";
  const inject::Injection injection = plan(kube::Object(document::Document(two)), facts(kCache));
  EXPECT_EQ(lines(*injection.patch),
            cache() + revision() + list("volumeMounts", other) + mount("warmgate-cache", other) + home(other) +
                revision("args", other) +
                annotations("vllm=Qwen/Qwen3-32B@" + kCommit + ",second=Qwen/Qwen3-32B@" + kCommit,
                            "vllm=model-cache,second=model-cache"));
}

TEST(Injection, NamesWhatEachContainerGot) {
  const inject::Injection injection = plan(object(pod(kModel)), facts(kCache));
  ASSERT_EQ(injection.supplied.size(), 1U);
  const inject::Supplied& supplied = injection.supplied.front();
  EXPECT_EQ(supplied.container, "vllm");
  EXPECT_EQ(supplied.repo, "Qwen/Qwen3-32B");
  EXPECT_EQ(supplied.model_cache, "qwen");
  EXPECT_EQ(supplied.claim, "model-cache");
  EXPECT_EQ(supplied.revision, kCommit);
}

// A Pod that keeps its ModelCache away, and how the one obstacle is told.
struct Blocked {
  std::string name;
  std::string pod;
  std::string facts;
  std::string pointer;
  std::string given;
  std::string wanted;
  std::string reason;
};

void PrintTo(const Blocked& test, std::ostream* out) { *out << test.name; }

const std::string kHome = "/cache/huggingface";
const std::string kNotUsed = "ModelCache/qwen is not used: ";
const std::string kHomeOfContainer = kContainer + "/env/0";

std::string mounted(const std::string& path, const std::string& volume) {
  return pod(kModel + ", volumeMounts: [{name: own, mountPath: " + path + "}]",
             "volumes: [{name: own, " + volume + "}]");
}

std::vector<Blocked> blocked() {
  const std::string mount = kContainer + "/volumeMounts/0";
  const std::string claim = "claim \"model-cache\"";
  return {
      {"AnotherCommit", pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kOtherCommit + "]"), kCache,
       kContainer + "/args/3", kOtherCommit, kCommit,
       "ModelCache/qwen is at 9216db5781bf, but this asks for d47b0d4ae4b4"},
      {"ABranch", pod("args: [--model, Qwen/Qwen3-32B, --revision, main]"), kCache, kContainer + "/args/3", "main",
       kCommit, "ModelCache/qwen is at 9216db5781bf, but this asks for \"main\""},
      {"ACommitThatIsNotInTheManifest",
       pod("args: [--model, Qwen/Qwen3-32B, --revision, $(R)], env: [{name: R, valueFrom: {configMapKeyRef: {name: s, "
           "key: r}}}]"),
       kCache, kHomeOfContainer, "", kCommit,
       "ModelCache/qwen is at 9216db5781bf, but this asks for a commit that cannot be known"},
      {"NoneOfTwoCommits", pod("args: [--model, Qwen/Qwen3-32B, --revision, main]"), kTwoCaches, kContainer + "/args/3",
       "main", kCommit,
       "ModelCache/qwen is at 9216db5781bf, ModelCache/next is at d47b0d4ae4b4, but this asks for \"main\""},
      {"TwoCommitsAndNoneNamed", pod(kModel), kTwoCaches, kContainer + "/args/1", "", kCommit,
       "ModelCache/qwen is at 9216db5781bf, ModelCache/next is at d47b0d4ae4b4, and nothing here says which"},
      {"HomeElsewhere", pod(kModel + ", env: [{name: HF_HOME, value: /root/hf}]"), kCache, kHomeOfContainer + "/value",
       "/root/hf", kHome, kNotUsed + "HF_HOME is /root/hf, not /cache/huggingface"},
      {"HubCacheElsewhere", pod(kModel + ", env: [{name: HF_HUB_CACHE, value: /root/hub}]"), kCache,
       kHomeOfContainer + "/value", "/root/hub", kHome + "/hub",
       kNotUsed + "HF_HUB_CACHE puts the cache at /root/hub, not /cache/huggingface/hub"},
      {"DownloadDirElsewhere", pod("args: [--model, Qwen/Qwen3-32B, --download-dir, /models]"), kCache,
       kContainer + "/args/3", "/models", kHome + "/hub",
       kNotUsed + "--download-dir puts the cache at /models, not /cache/huggingface/hub"},
      {"HomeFromAConfigMap",
       pod(kModel + ", env: [{name: HF_HOME, valueFrom: {configMapKeyRef: {name: settings, key: home}}}]"), kCache,
       kHomeOfContainer + "/value", "HF_HOME comes from ConfigMap settings", kHome,
       kNotUsed + "HF_HOME comes from ConfigMap settings and may not be /cache/huggingface"},
      {"MountPathTaken", mounted(kHome, "emptyDir: {}"), kCache, mount, "emptyDir", claim,
       kNotUsed + "volumeMounts \"own\" (emptyDir) is mounted at /cache/huggingface"},
      {"HubCovered", mounted(kHome + "/hub", "nfs: {server: n, path: /}"), kCache, mount, "nfs", claim,
       kNotUsed + "volumeMounts \"own\" (nfs) is mounted at /cache/huggingface/hub"},
      {"MountPathTakenByAnotherClaim", mounted(kHome, "persistentVolumeClaim: {claimName: other}"), kCache, mount,
       "claim \"other\"", claim, kNotUsed + "volumeMounts \"own\" (claim \"other\") is mounted at /cache/huggingface"},
      {"OtherClaimInUse", mounted("/root/.cache/huggingface", "persistentVolumeClaim: {claimName: other}"), kCache,
       mount, "claim \"other\"", claim,
       kNotUsed + "volumeMounts \"own\" (claim \"other\") is mounted at /root/.cache/huggingface"},
      {"VolumeThatIsNotThere", pod(kModel + ", volumeMounts: [{name: own, mountPath: /cache/huggingface}]"), kCache,
       mount, "own", claim, kNotUsed + "volumeMounts \"own\" is mounted at /cache/huggingface"},
  };
}

class Obstacle : public ::testing::TestWithParam<Blocked> {};

TEST_P(Obstacle, NamesBothValuesAndWhereTheAuthorsStands) {
  const inject::Injection injection = plan(object(GetParam().pod), facts(GetParam().facts));
  EXPECT_TRUE(injection.empty());
  ASSERT_EQ(injection.obstacles.size(), 1U);
  const inject::Obstacle& obstacle = injection.obstacles.front();
  EXPECT_EQ(obstacle.container, "vllm");
  EXPECT_EQ(obstacle.repo, "Qwen/Qwen3-32B");
  EXPECT_EQ(obstacle.model_cache, "qwen");
  EXPECT_EQ(obstacle.pointer, GetParam().pointer);
  EXPECT_EQ(obstacle.given, GetParam().given);
  EXPECT_EQ(obstacle.wanted, GetParam().wanted);
  EXPECT_EQ(obstacle.reason, GetParam().reason);
  EXPECT_FALSE(obstacle.help.empty());
}

INSTANTIATE_TEST_SUITE_P(Pods, Obstacle, ::testing::ValuesIn(blocked()),
                         [](const auto& test) { return test.param.name; });

TEST(Injection, MeetsNoObstacleWhereItHasNothingToSay) {
  for (const Case& test : kCases) {
    const inject::Injection injection = plan(object(test.pod), facts(test.facts));
    const bool silent = test.patch.empty() &&
                        (test.facts.empty() || test.name == "CpuOnly" || test.name == "LocalPath" ||
                         test.name == "OtherModel" || test.name == "DefaultModel" || test.name == "OtherNamespace");
    EXPECT_EQ(injection.obstacles.empty(), silent || !test.patch.empty()) << test.name;
  }
}

TEST(Injection, GivesAContainerOneCacheAndNamesTheOtherThatItCannotHave) {
  const std::string two = pod("command: [sh, -c], args: [\"vllm serve Qwen/Qwen3-32B --revision " + kCommit +
                              " & vllm serve a/b --revision " + kCommit + " --port 8001\"]");
  document::Json other = object(model_cache("other", kCommit, "claim-2")).document().value();
  other["spec"]["source"]["huggingFace"]["repo"] = "a/b";
  const inject::Injection injection = plan(object(two), facts(kCache + "---\n" + other.dump() + "\n"));
  ASSERT_EQ(injection.supplied.size(), 1U);
  EXPECT_EQ(injection.supplied.front().model_cache, "qwen");
  ASSERT_EQ(injection.obstacles.size(), 1U);
  EXPECT_EQ(injection.obstacles.front().repo, "a/b");
  EXPECT_EQ(injection.obstacles.front().reason,
            "ModelCache/other is not used: the container's one HF_HOME is ModelCache/qwen (claim \"model-cache\" at "
            "/cache/huggingface)");
}

TEST(Injection, WritesTheTemplatesOfEveryWorkloadKind) {
  const document::Json spec = object(pod(kModel)).document().value()["spec"];
  const document::Json pod_template = {{"metadata", {{"labels", {{"app", "server"}}}}}, {"spec", spec}};
  struct Kind {
    std::string api_version;
    std::string kind;
    std::string prefix;
    document::Json spec;
  };
  const std::vector<Kind> kinds = {
      {"apps/v1", "Deployment", "/spec/template", {{"template", pod_template}}},
      {"apps/v1", "StatefulSet", "/spec/template", {{"template", pod_template}}},
      {"apps/v1", "DaemonSet", "/spec/template", {{"template", pod_template}}},
      {"apps/v1", "ReplicaSet", "/spec/template", {{"template", pod_template}}},
      {"v1", "ReplicationController", "/spec/template", {{"template", pod_template}}},
      {"batch/v1", "Job", "/spec/template", {{"template", pod_template}}},
      {"batch/v1",
       "CronJob",
       "/spec/jobTemplate/spec/template",
       {{"jobTemplate", {{"spec", {{"template", pod_template}}}}}}},
  };
  std::string of_pod = cache() + revision() + annotations();
  for (const Kind& kind : kinds) {
    const document::Json workload = {{"apiVersion", kind.api_version},
                                     {"kind", kind.kind},
                                     {"metadata", {{"name", "server"}, {"namespace", "llm"}}},
                                     {"spec", kind.spec}};
    std::string expected = of_pod;
    for (std::size_t at = expected.find("add /"); at != std::string::npos; at = expected.find("add /", at + 5)) {
      expected.insert(at + 4, kind.prefix);
    }
    EXPECT_EQ(lines(*plan(kube::Object(document::Document(workload)), facts(kCache)).patch), expected) << kind.kind;
  }
}

TEST(Injection, MakesMetadataOfATemplateThatHasNone) {
  document::Json workload = object(deployment(pod(kModel))).document().value();
  workload["spec"]["template"].erase("metadata");
  const inject::Injection injection = plan(kube::Object(document::Document(workload)), facts(kCache));
  EXPECT_EQ((*injection.patched)["spec"]["template"]["metadata"]["annotations"]["warmgate.dev/claims"],
            "vllm=model-cache");
  EXPECT_EQ(workload.patch(*injection.patch), *injection.patched);
}

TEST(Injection, ReplacesStaleAnnotationsOfItsOwn) {
  document::Json stale = object(pod(kModel)).document().value();
  stale["metadata"]["annotations"] = {{"warmgate.dev/models", "vllm=a/b@old"}, {"team", "llm"}};
  const inject::Injection injection = plan(kube::Object(document::Document(stale)), facts(kCache));
  const document::Json expected = {{"team", "llm"},
                                   {"warmgate.dev/models", "vllm=Qwen/Qwen3-32B@" + kCommit},
                                   {"warmgate.dev/claims", "vllm=model-cache"}};
  EXPECT_EQ((*injection.patched)["metadata"]["annotations"], expected);
}

TEST(Injection, LeavesAPodWithoutFindings) {
  const std::string claim =
      "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: model-cache, namespace: llm}, spec: "
      "{accessModes: [ReadWriteMany], resources: {requests: {storage: 1Ti}}}}\n";
  const kube::BundleFacts world = facts(kCache + claim);
  const policy::Policy policy = policy_with();
  const inject::Injection injection = plan(object(pod(kModel)), world);
  const kube::Object patched(document::Document(*injection.patched), "llm");
  EXPECT_TRUE(engine::judge(patched, {world, knowledge(), policy}, engine::Stage::kAsIs).findings.empty());
}

}  // namespace
}  // namespace warmgate::testing
