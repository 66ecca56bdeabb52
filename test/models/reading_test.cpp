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
    // vLLM
    {"VllmArgsModelFlag", "image: vllm/vllm-openai:latest\nargs: [--model, a/b]", "serve weights a/b@-"},
    {"VllmArgsPinned", "image: vllm/vllm-openai:latest\nargs: [--model, a/b, --revision, " + kSha + "]",
     "serve weights a/b@" + kSha + " pinned"},
    {"VllmEqualsForm", "image: vllm/vllm-openai:latest\nargs: [--model=a/b, --revision=" + kSha + "]",
     "serve weights a/b@" + kSha + " pinned"},
    {"VllmNewImagePositional", "image: vllm/vllm-openai:v0.11.0\nargs: [a/b]", "serve weights a/b@-"},
    {"VllmOldImageIgnoresPositional", "image: vllm/vllm-openai:v0.10.0\nargs: [a/b]",
     "serve weights Qwen/Qwen3-0.6B@-"},
    {"VllmNewImageWithoutAModel", "image: vllm/vllm-openai:v0.11.0\nargs: [--port, '80']",
     "serve weights Qwen/Qwen3-0.6B@-"},
    {"VllmImageOfUnknownVersionWithoutAModel", "image: vllm/vllm-openai:latest\nargs: [--port, '80']",
     "serve weights Qwen/Qwen3-0.6B@-"},
    {"VllmOldImageWithoutAModel", "image: vllm/vllm-openai:v0.9.2\nargs: [--port, '80']",
     "serve weights facebook/opt-125m@-"},
    {"VllmOlderThanAnyOfItsImagesWithoutAModel", "image: x:v0.9.2\ncommand: [vllm, serve]",
     "serve weights Qwen/Qwen3-0.6B@-"},
    {"VllmQuantization", "image: x\ncommand: [vllm, serve, 'A/A:Q4_K_M', --tokenizer, c/d, --revision, " + kSha + "]",
     "serve weights A/A@" + kSha + " pinned\nserve tokenizer c/d@" + kSha + " pinned"},
    {"VllmServe", "image: x\ncommand: [vllm, serve, a/b, --revision, " + kSha + "]",
     "serve weights a/b@" + kSha + " pinned"},
    {"VllmServePositionalAfterFlags", "image: x\ncommand: [vllm, serve, --tensor-parallel-size, '2', a/b]",
     "serve weights a/b@-"},
    {"VllmServePositionalAfterSwitch", "image: x\ncommand: [vllm, serve, --enable-prefix-caching, a/b]",
     "serve weights a/b@-"},
    {"VllmServeModelFlag", "image: x\ncommand: [vllm, serve]\nargs: [--model, a/b]", "serve weights a/b@-"},
    {"VllmModule", "image: x\ncommand: [python3, -m, vllm.entrypoints.openai.api_server]\nargs: [--model, a/b]",
     "serve weights a/b@-"},
    {"VllmModuleWithInterpreterOptions",
     "image: x\ncommand: [/usr/bin/python3.11, -u, -X, dev, -m, vllm.entrypoints.openai.api_server, --model, a/b]",
     "serve weights a/b@-"},
    {"VllmServePositionalAfterSwitchesOfOneKindOnly",
     "image: x\ncommand: [vllm, serve, --fully-sharded-loras, -O3, a/b, --revision, " + kSha + "]",
     "serve weights a/b@" + kSha + " pinned"},
    {"VllmServeAfterAnUnknownFlagIsNotGuessed",
     "image: x\ncommand: [vllm, serve, --flag-of-tomorrow, a/b, --revision, " + kSha + "]",
     "serve weights ?@" + kSha + " pinned"},
    {"VllmServeValueOfAnUnknownFlag", "image: x\ncommand: [vllm, serve, --flag-of-tomorrow, c, a/b]",
     "serve weights a/b@-"},
    {"VllmServeNoFlagsAfterTwoDashes", "image: x\ncommand: [vllm, serve, --model, a/b, --, --revision, " + kSha + "]",
     "serve weights a/b@-"},
    {"VllmServeOfAVariableThatIsNotSet", "image: x\ncommand: [sh, -c, 'vllm serve $MODEL --revision " + kSha + "']",
     "serve weights ?@" + kSha + " pinned"},
    {"VllmServeOfAQuotedVariableThatIsNotSet",
     "image: x\ncommand: [sh, -c, 'vllm serve \"$MODEL\" --revision " + kSha + "']",
     "serve weights ?@" + kSha + " pinned"},
    {"VllmServeWithMoreArgumentsThatAreNotSet", "image: x\ncommand: [sh, -c, 'exec $NICE vllm serve a/b $EXTRA']",
     "serve weights a/b@-"},
    {"VllmModulePositionalIsIgnored", "image: x\ncommand: [python3, -m, vllm.entrypoints.openai.api_server, a/b]",
     "serve weights Qwen/Qwen3-0.6B@-"},
    {"VllmAbsoluteProgram", "image: lmcache/vllm-openai:x\ncommand: [/opt/venv/bin/vllm, serve, a/b]",
     "serve weights a/b@-"},
    {"VllmUnderscores",
     "image: x\ncommand: [vllm, serve, a/b]\nargs: [--tokenizer_revision=" + kSha + ", --tokenizer, c/d]",
     "serve weights a/b@-\nserve tokenizer c/d@" + kSha + " pinned"},
    {"VllmAbbreviation", "image: x\ncommand: [vllm, serve, a/b, --revis, " + kSha + "]",
     "serve weights a/b@" + kSha + " pinned"},
    {"VllmLastRevisionWins", "image: x\ncommand: [vllm, serve, a/b, --revision, " + kSha + ", --revision, main]",
     "serve weights a/b@main"},
    {"VllmTokenizerFollowsTheWeights",
     "image: x\ncommand: [vllm, serve, a/b, --tokenizer, c/d, --revision, " + kSha + "]",
     "serve weights a/b@" + kSha + " pinned\nserve tokenizer c/d@" + kSha + " pinned"},
    {"VllmDraftInJson",
     "image: x\ncommand: [vllm, serve, a/b]\nargs: [--speculative-config, '{\"model\": \"c/d\", \"revision\": \"" +
         kSha + "\"}']",
     "serve weights a/b@-\nserve draft c/d@" + kSha + " pinned"},
    {"VllmNgramDraftNamesNoModel",
     "image: x\ncommand: [vllm, serve, a/b]\nargs: [--speculative-config, '{\"method\": \"ngram\"}']",
     "serve weights a/b@-"},
    {"VllmAdapters",
     "image: x\ncommand: [vllm, serve, a/b]\nargs: [--lora-modules, x=c/d, y=/adapters/y, --port, '8000']",
     "serve weights a/b@-\nserve adapter c/d@-\nserve adapter /adapters/y@- local"},
    {"VllmLocalPath", "image: vllm/vllm-openai\nargs: [--model, /models/llama]", "serve weights /models/llama@- local"},
    {"VllmSnapshotPath", "image: vllm/vllm-openai\nargs: [--model, /c/hub/models--a--b/snapshots/" + kSha + "]",
     "serve weights /c/hub/models--a--b/snapshots/" + kSha + "@" + kSha + " local pinned"},
    {"VllmObjectStore", "image: vllm/vllm-openai\nargs: [--model, s3://bucket/llama]",
     "serve weights s3://bucket/llama@- local"},
    {"VllmConfigFileHidesTheRevision", "image: x\ncommand: [vllm, serve, a/b, --config, /c.yaml]",
     "serve weights a/b@?"},
    {"VllmKubeletVariable", "image: vllm/vllm-openai\nenv: [{name: M, value: a/b}]\nargs: [--model, $(M)]",
     "serve weights a/b@-"},
    {"VllmKubeletVariableFromConfigMap",
     "image: vllm/vllm-openai\nenv: [{name: M, valueFrom: {configMapKeyRef: {name: s, key: m}}}]\nargs: [--model, "
     "$(M)]",
     "serve weights ?@-"},
    {"VllmRevisionFromSecret",
     "image: vllm/vllm-openai\nenv: [{name: R, valueFrom: {secretKeyRef: {name: s, key: r}}}]\n"
     "args: [--model, a/b, --revision, $(R)]",
     "serve weights a/b@?"},
    {"VllmUnknownVariableMayHideFlags",
     "image: vllm/vllm-openai\nenvFrom: [{configMapRef: {name: s}}]\nargs: [--model, a/b, $(EXTRA)]",
     "serve weights a/b@?"},
    {"EnvsubstPlaceholderIsNoModel", "image: vllm/vllm-openai\nargs: [--model, '${MODEL_ID}']", "serve weights ?@-"},
    {"EnvsubstPlaceholderIsNoRevision", "image: vllm/vllm-openai\nargs: [--model, a/b, '--revision=${REV}']",
     "serve weights a/b@?"},
    {"VllmMirroredImage", "image: registry.example.com:5000/mirror/vllm/vllm-openai:v0.12.0\nargs: [a/b]",
     "serve weights a/b@-"},
    {"VllmRenamedMirror", "image: example.com/ml/vllm-openai@sha256:0000\nargs: [a/b]", "serve weights a/b@-"},
    {"VllmInAnotherEnginesClothes", "image: nginx\nargs: [a/b]", ""},
    {"VllmBench", "image: x\ncommand: [vllm, bench, serve, --model, a/b]", ""},
    // SGLang
    {"SglangModule", "image: lmsysorg/sglang:latest\ncommand: [python3, -m, sglang.launch_server, --model-path, a/b]",
     "serve weights a/b@-"},
    {"SglangModelAlias",
     "image: lmsysorg/sglang\ncommand: [python3, -m, sglang.launch_server, --model, a/b, --revision, " + kSha + "]",
     "serve weights a/b@" + kSha + " pinned"},
    {"SglangDraft",
     "image: x\ncommand: [sglang, serve, a/b, --speculative-draft-model-path, c/d, "
     "--speculative-draft-model-revision, " +
         kSha + "]",
     "serve weights a/b@-\nserve draft c/d@" + kSha + " pinned"},
    {"SglangImageWithoutCommandRunsNothing", "image: lmsysorg/sglang\nargs: [--model-path, a/b]", ""},
    // TGI
    {"TgiFlags",
     "image: ghcr.io/huggingface/text-generation-inference:3.3\nargs: [--model-id, a/b, --revision, " + kSha + "]",
     "serve weights a/b@" + kSha + " pinned"},
    {"TgiEnvironment",
     "image: ghcr.io/huggingface/text-generation-inference:3.3\nenv: [{name: MODEL_ID, value: a/b}, {name: REVISION, "
     "value: " +
         kSha + "}]",
     "serve weights a/b@" + kSha + " pinned"},
    {"TgiFlagOverEnvironment",
     "image: ghcr.io/huggingface/text-generation-inference\nenv: [{name: MODEL_ID, value: a/b}]\nargs: [--model-id, "
     "c/d]",
     "serve weights c/d@-"},
    {"TgiOfGoogle",
     "image: us-docker.pkg.dev/x/gcr.io/huggingface-text-generation-inference-cu124.2-3.ubuntu2204.py311\nargs: "
     "[--model-id=$(M)]\nenv: [{name: M, value: a/b}]",
     "serve weights a/b@-"},
    {"TgiDefault", "image: ghcr.io/huggingface/text-generation-inference:3.3", "serve weights bigscience/bloom-560m@-"},
    // Downloaders
    {"HfDownload", "image: x\ncommand: [hf, download, a/b, --revision, " + kSha + "]",
     "download weights a/b@" + kSha + " pinned"},
    {"HfDownloadFilesAfterTheRepository", "image: x\ncommand: [hf, download, a/b, config.json, --quiet]",
     "download weights a/b@-"},
    {"HfDownloadOptionsFirst", "image: x\ncommand: [hf, download, --max-workers, '4', --quiet, a/b]",
     "download weights a/b@-"},
    {"HfDownloadUri", "image: x\ncommand: [hf, download, 'hf://a/b@" + kSha + "']",
     "download weights a/b@" + kSha + " pinned"},
    {"HfDownloadDataset", "image: x\ncommand: [hf, download, --repo-type, dataset, a/b]", ""},
    {"HuggingfaceCli", "image: x\ncommand: [huggingface-cli, download, a/b, --local-dir, /models/b]",
     "download weights a/b@-"},
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
