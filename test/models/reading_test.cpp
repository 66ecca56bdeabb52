// The documented command lines of each engine, read exactly: which model, which revision, pinned or not.
#include <gtest/gtest.h>

#include <ostream>

#include "models/container_reading.h"

namespace warmgate::testing {
namespace {

const std::string kSha = "9216db5781bf21249d130ec9da846c4624c16137";

struct Case {
  std::string name;
  std::string container;
  std::string expected;
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

const std::vector<Case> kCases = {
    // Wrappers
    {"Env", "image: x\ncommand: [env, HF_HOME=/c, vllm, serve, a/b]", "serve weights a/b@-"},
    {"Tini", "image: x\ncommand: [/usr/bin/tini, -g, --, vllm, serve, a/b]", "serve weights a/b@-"},
    {"Timeout", "image: x\ncommand: [timeout, -k, '5', '3600', hf, download, a/b]", "download weights a/b@-"},
    {"UvRun", "image: x\ncommand: [uv, run, --with, torch, vllm, serve, a/b]", "serve weights a/b@-"},
    // Shells
    {"ShellScript", "image: x\ncommand: [sh, -c]\nargs: ['exec vllm serve a/b --revision " + kSha + "']",
     "serve weights a/b@" + kSha + " pinned"},
    {"ShellVariables",
     "image: x\nenv: [{name: M, value: a/b}, {name: R, value: " + kSha +
         "}]\ncommand: [bash, -lc, 'hf download $M "
         "--revision \"${R}\"']",
     "download weights a/b@" + kSha + " pinned"},
    {"ShellSeveralCommands",
     "image: x\ncommand: [/bin/sh, -ec, 'pip install x && hf download a/b; vllm serve a/b --port 80']",
     "download weights a/b@-\nserve weights a/b@-"},
    {"ShellContinuation",
     "image: x\ncommand:\n  - bash\n  - -c\n  - |\n    vllm serve a/b \\\n      --revision " + kSha +
         " \\\n"
         "      --port 8000\n",
     "serve weights a/b@" + kSha + " pinned"},
    {"ShellUnknownCommandSubstitution", "image: x\ncommand: [sh, -c, 'vllm serve $(cat /model)']", "serve weights ?@?"},
    {"ShellVariableFromEnvFrom",
     "image: x\nenvFrom: [{configMapRef: {name: s}}]\ncommand: [sh, -c, 'hf download \"$M\"']", "download weights ?@?"},
    {"ShellPositional", "image: x\ncommand: [sh, -c, 'exec vllm serve \"$@\"', --, a/b, --revision, " + kSha + "]",
     "serve weights a/b@" + kSha + " pinned"},
    {"ShellBashOptions", "image: x\ncommand: [bash, -euo, pipefail, -c, 'vllm serve a/b']", "serve weights a/b@-"},
    {"ShellNested", "image: x\ncommand: [sh, -c, \"bash -c 'vllm serve a/b'\"]", "serve weights a/b@-"},
    {"ShellScriptFileOfAnEngineImage", "image: vllm/vllm-openai\ncommand: [bash, /scripts/start.sh]",
     "serve weights ?@?"},
    {"ShellScriptFileOfAnotherImage", "image: x\ncommand: [bash, /scripts/start.sh]", ""},
};

class Reading : public ::testing::TestWithParam<Case> {};

TEST_P(Reading, IsExact) { EXPECT_EQ(summary(uses_of(GetParam().container)), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(CommandLines, Reading, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

struct CacheCase {
  std::string name;
  std::string container;
  std::string pod;
  std::string expected;  // path backing claim, "ro" or "rw", the path in the volume
};

void PrintTo(const CacheCase& test, std::ostream* out) { *out << test.name; }

const std::string kVllm = "image: vllm/vllm-openai\nargs: [a/b]\n";
const std::string kClaim = "volumes: [{name: v, persistentVolumeClaim: {claimName: m}}]";

const std::vector<CacheCase> kCacheCases = {
    {"DefaultIsTheContainersDisk", kVllm, "", "/root/.cache/huggingface/hub container"},
    {"HfHome",
     kVllm + "env: [{name: HF_HOME, value: /c/hf}]\nvolumeMounts: [{name: v, mountPath: /c/hf, readOnly: true}]",
     kClaim, "/c/hf/hub pvc m ro /hub"},
    {"HfHomeBelowTheMount",
     kVllm + "env: [{name: HF_HOME, value: /c/hf/x}]\nvolumeMounts: [{name: v, mountPath: /c/hf}]", kClaim,
     "/c/hf/x/hub pvc m rw /x/hub"},
    {"HubCacheOutranksHome",
     kVllm +
         "env: [{name: HF_HOME, value: /a}, {name: HF_HUB_CACHE, value: /c}]\nvolumeMounts: [{name: v, mountPath: /c}]",
     kClaim, "/c pvc m rw /"},
    {"OldHubCacheVariable", kVllm + "env: [{name: HUGGINGFACE_HUB_CACHE, value: /c}]", "", "/c container"},
    {"XdgCacheHome", kVllm + "env: [{name: XDG_CACHE_HOME, value: /x}]", "", "/x/huggingface/hub container"},
    {"Home", kVllm + "env: [{name: HOME, value: /home/vllm}]", "", "/home/vllm/.cache/huggingface/hub container"},
    {"TildeIsHome", kVllm + "env: [{name: HF_HOME, value: ~/hf}]", "", "/root/hf/hub container"},
    {"SubPath", kVllm + "env: [{name: HF_HOME, value: /c}]\nvolumeMounts: [{name: v, mountPath: /c, subPath: team/a}]",
     kClaim, "/c/hub pvc m rw /team/a/hub"},
    {"TheLongestMountWins",
     kVllm +
         "env: [{name: HF_HOME, value: /c/hf}]\nvolumeMounts: [{name: v, mountPath: /c}, {name: e, mountPath: /c/hf}]",
     "volumes: [{name: v, persistentVolumeClaim: {claimName: m}}, {name: e, emptyDir: {}}]",
     "/c/hf/hub emptyDir rw /hub"},
    {"DownloadDir", "image: vllm/vllm-openai\nargs: [a/b, --download-dir, /w]\nenv: [{name: HF_HOME, value: /c}]", "",
     "/w container"},
    {"CacheDirOfADownload", "image: x\ncommand: [hf, download, a/b, --cache-dir=/w]", "", "/w container"},
    {"LocalDirOfADownload",
     "image: x\ncommand: [hf, download, a/b, --local-dir, /w]\nvolumeMounts: [{name: v, mountPath: /w}]", kClaim,
     "/w pvc m rw /"},
    {"HostPath", kVllm + "env: [{name: HF_HOME, value: /c}]\nvolumeMounts: [{name: v, mountPath: /c}]",
     "volumes: [{name: v, hostPath: {path: /data}}]", "/c/hub hostPath rw /hub"},
    {"ImageVariableOfTgi", "image: ghcr.io/huggingface/text-generation-inference:3.3\nargs: [--model-id, a/b]", "",
     "/data/hub container"},
    {"ImageVariableOfOldTgi", "image: ghcr.io/huggingface/text-generation-inference:2.2.0\nargs: [--model-id, a/b]", "",
     "/data container"},
    {"ImageVariableOfGooglesTgi",
     "image: us-docker.pkg.dev/x/gcr.io/huggingface-text-generation-inference-cu121.2-1.ubuntu2204.py310\nargs: "
     "[--model-id, a/b]",
     "", "/tmp/hub container"},
    {"VariableSetInTheScript",
     "image: x\ncommand: [sh, -c, 'export HF_HOME=/c; vllm serve a/b']\nvolumeMounts: [{name: v, mountPath: /c}]",
     kClaim, "/c/hub pvc m rw /hub"},
};

class Cache : public ::testing::TestWithParam<CacheCase> {};

TEST_P(Cache, IsWhereTheClientLooks) {
  const std::vector<models::ModelUse> uses = uses_of(GetParam().container, GetParam().pod);
  ASSERT_EQ(uses.size(), 1U);
  const models::CacheBinding& cache = uses[0].cache;
  std::string got = cache.path + " " + cache.backing();
  if (cache.volume) {
    got += (cache.volume->claim.empty() ? "" : " " + cache.volume->claim) + (cache.mount->read_only ? " ro " : " rw ") +
           cache.volume_path;
  }
  EXPECT_EQ(got, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Bindings, Cache, ::testing::ValuesIn(kCacheCases),
                         [](const auto& test) { return test.param.name; });

TEST(Accelerators, AreFoundByDataAndOnlyWhenAskedFor) {
  const auto uses = uses_of(
      "image: vllm/vllm-openai\nargs: [a/b]\nresources:\n  requests: {cpu: 4, example.com/fpga: 1}\n"
      "  limits: {nvidia.com/gpu: '2', nvidia.com/mig-1g.10gb: 1, amd.com/gpu: 0, huawei.com/Ascend910B4-memory: 1}");
  const std::map<std::string, std::int64_t> expected = {{"nvidia.com/gpu", 2}, {"nvidia.com/mig-1g.10gb", 1}};
  EXPECT_EQ(uses.at(0).accelerators, expected);
}

TEST(DownloadDir, OfVllmMovesTheWeightsOnly) {
  const auto uses =
      uses_of("image: x\ncommand: [vllm, serve, a/b, --tokenizer, c/d, --download-dir, /w, -sc.model, e/f]");
  std::string paths;
  for (const models::ModelUse& use : uses) {
    paths.append(models::to_string(use.role)).append(" ").append(use.cache.path).append("\n");
  }
  EXPECT_EQ(paths, "weights /w\ntokenizer /root/.cache/huggingface/hub\ndraft /w\n");
}

TEST(Source, OfAVariableIsTheVariable) {
  const auto uses = uses_of("image: vllm/vllm-openai\nenv: [{name: M, value: a/b}]\nargs: [--model, $(M)]");
  EXPECT_EQ(uses.at(0).source.pointer, "/spec/containers/0/env/0/value");
}

TEST(Source, OfAScriptIsTheWord) {
  const auto uses = uses_of("image: x\ncommand: [sh, -c, 'vllm serve a/b']");
  EXPECT_EQ(uses.at(0).source.pointer, "/spec/containers/0/command/2");
  EXPECT_EQ(uses.at(0).source.offset, 11U);
  EXPECT_EQ(uses.at(0).source.length, 3U);
}

}  // namespace
}  // namespace warmgate::testing
