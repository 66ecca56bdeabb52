// Whole scripts in the shapes that manifests have: downloads, servers, Ray clusters, entrypoints.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "shell_reading.h"
#include "warmgate/models/shell.h"

namespace warmgate {
namespace {

using models::ShellVariables;
using testing::commands_of;

ShellVariables with(std::map<std::string, std::optional<std::string>> values) {
  ShellVariables variables;
  variables.values = std::move(values);
  return variables;
}

TEST(ShellScripts, TheDownloadJobOfThePattern) {
  ShellVariables job = with({{"MODEL_NAME", "Qwen/Qwen3-32B"},
                             {"MODEL_REVISION", "9216db5781bf21249d130ec9da846c4624c16137"},
                             {"HF_HOME", "/cache/huggingface"},
                             {"HF_XET_HIGH_PERFORMANCE", "1"}});
  job.open = true;  // the token's Secret
  EXPECT_EQ(commands_of("set -eux\n"
                        "pip install --no-cache-dir huggingface_hub==1.22.0\n"
                        "hf download $MODEL_NAME --revision $MODEL_REVISION\n",
                        job),
            "set -eux\n"
            "pip install --no-cache-dir huggingface_hub==1.22.0\n"
            "hf download Qwen/Qwen3-32B --revision 9216db5781bf21249d130ec9da846c4624c16137\n");
}

TEST(ShellScripts, ADownloadWithRetries) {
  EXPECT_EQ(commands_of("for attempt in 1 2; do\n"
                        "  if hf download \"$MODEL\" --revision \"${REV:-main}\"; then exit 0; fi\n"
                        "  echo \"attempt $attempt failed\" >&2\n"
                        "done\n"
                        "exit 1",
                        with({{"MODEL", "org/m"}})),
            "hf download org/m --revision main\nexit 0\necho <attempt 1 failed>\n"
            "hf download org/m --revision main\nexit 0\necho <attempt 2 failed>\n"
            "exit 1\n");
}

TEST(ShellScripts, ADownloadOnlyWhenTheModelIsMissing) {
  EXPECT_EQ(commands_of("if [ ! -d \"/models/$MODEL\" ]; then\n"
                        "  pip install -q 'huggingface_hub[cli]' && \\\n"
                        "    huggingface-cli download \"$MODEL\" --local-dir=\"/models/$MODEL\" --include *.json\n"
                        "else\n"
                        "  echo 'already there: nothing to do'\n"
                        "fi",
                        with({{"MODEL", "org/m"}})),
            "[ ! -d /models/org/m ]\n"
            "pip install -q huggingface_hub[cli]\n"
            "huggingface-cli download org/m --local-dir=/models/org/m --include *.json\n"
            "echo <already there: nothing to do>\n");
}

TEST(ShellScripts, SeveralModelsInALoop) {
  EXPECT_EQ(commands_of("MODELS=\"org/a org/b\"\nfor m in $MODELS; do hf download $m --cache-dir ${HF_HOME}/hub; done",
                        with({{"HF_HOME", "/cache"}})),
            "{MODELS=<org/a org/b>}\n"
            "hf download org/a --cache-dir /cache/hub\n"
            "hf download org/b --cache-dir /cache/hub\n");
}

TEST(ShellScripts, APythonProgramInQuotes) {
  EXPECT_EQ(commands_of("python3 -c '\nfrom huggingface_hub import snapshot_download\n"
                        "snapshot_download(\"org/m\", revision=\"abc\")  # it is pinned\n'\n"),
            "python3 -c <\nfrom huggingface_hub import snapshot_download\n"
            "snapshot_download(\"org/m\", revision=\"abc\")  # it is pinned\n>\n");
}

TEST(ShellScripts, APythonProgramInAHereDocumentIsNotShell) {
  EXPECT_EQ(
      commands_of("python3 - <<'PY'\nfrom x import y  # don't\nif y: print(\"a && b\")\nPY\nexec vllm serve org/m"),
      "python3 -\nexec vllm serve org/m\n");
}

TEST(ShellScripts, AServerWithJsonFlagsAndACommentAtTheEnd) {
  EXPECT_EQ(commands_of("ulimit -l unlimited\n"
                        "exec vllm serve \"${MODEL}\" \\\n"
                        "  --port ${PORT:-8000} \\\n"
                        "  --speculative-config \"${SPEC}\" \\\n"
                        "  --hf-overrides '{\"a\":[1,2],\"b\":{\"c\":false}}' \\\n"
                        "  --served-model-name=${MODEL##*/}\n"
                        "  # --tensor-parallel-size 2\n",
                        with({{"MODEL", "org/m"}, {"SPEC", "{\"model\": \"org/draft\"}"}})),
            "ulimit -l unlimited\n"
            "exec vllm serve org/m --port 8000 --speculative-config <{\"model\": \"org/draft\"}> "
            "--hf-overrides {\"a\":[1,2],\"b\":{\"c\":false}} --served-model-name=m\n");
}

TEST(ShellScripts, ALeaderAndItsWorkers) {
  EXPECT_EQ(commands_of("if [ \"$ROLE\" = leader ]; then\n"
                        "  ray start --head --port=6379 --disable-usage-stats; vllm serve $MODEL --pp $(PP_SIZE)\n"
                        "else\n"
                        "  until ray start --address=$LWS_LEADER_ADDRESS:6379 --block; do sleep 2; done\n"
                        "fi",
                        with({{"MODEL", "org/m"}, {"ROLE", std::nullopt}})),
            "[ ?<$ROLE> = leader ]\n"
            "ray start --head --port=6379 --disable-usage-stats\n"
            "PP_SIZE\n"
            "vllm serve org/m --pp ?<$(PP_SIZE)>\n"
            "ray start ?<--address=$LWS_LEADER_ADDRESS:6379> --block\n"
            "sleep 2\n");
}

TEST(ShellScripts, AServerInTheBackgroundThatIsWaitedFor) {
  EXPECT_EQ(commands_of("export MODEL=org/m && cd /app &&\n"
                        "python -m vllm.entrypoints.openai.api_server --model $MODEL > /tmp/log 2>&1 &\n"
                        "PID=$!\n"
                        "until curl -sf http://localhost:8000/health; do sleep 1; done\n"
                        "wait $PID"),
            "export MODEL=org/m\n"
            "cd /app\n"
            "python -m vllm.entrypoints.openai.api_server --model org/m\n"
            "{PID=?<$!>}\n"
            "curl -sf http://localhost:8000/health\n"
            "sleep 1\n"
            "wait ?<$PID>\n");
}

TEST(ShellScripts, AnEntrypointThatCollectsItsFlags) {
  ShellVariables variables = with({{"MODEL", "org/m"}, {"REVISION", "abc"}});
  variables.positional = {"entrypoint", "--max-model-len", "4096"};
  EXPECT_EQ(commands_of("#!/bin/bash\nset -euo pipefail\n"
                        "args=(--model \"$MODEL\")\n"
                        "args+=(${REVISION:+--revision \"$REVISION\"})\n"
                        "if [[ \"${DEBUG:-0}\" == 1 ]]; then set -x; fi\n"
                        "exec python3 -m server \"${args[@]}\" \"$@\"",
                        variables),
            "set -euo pipefail\n"
            "{args=<--model org/m>}\n"
            "{args=<--model org/m --revision abc>}\n"
            "[[ 0 == 1\n"
            "exec python3 -m server --model org/m --revision abc --max-model-len 4096\n");
}

TEST(ShellScripts, TheArgumentsOfTheContainer) {
  ShellVariables variables;
  variables.positional = {"--", "serve", "org/m", "--revision", "abc"};
  EXPECT_EQ(commands_of("exec vllm \"$@\"", variables), "exec vllm serve org/m --revision abc\n");
}

TEST(ShellScripts, AScriptInAScriptIsOneWord) {
  EXPECT_EQ(commands_of("bash -lc \"vllm serve $MODEL \\\n  --x '{\\\"a\\\": 1}'\"; sleep infinity;",
                        with({{"MODEL", "org/m"}})),
            "bash -lc <vllm serve org/m   --x '{\"a\": 1}'>\nsleep infinity\n");
}

TEST(ShellScripts, ASnapshotFoundAtRunTimeIsUnknown) {
  EXPECT_EQ(commands_of("SNAP=$(ls -d $HF_HOME/hub/models--org--m/snapshots/*/ | head -1)\nvllm serve \"$SNAP\" --x",
                        with({{"HF_HOME", "/cache"}})),
            "ls -d /cache/hub/models--org--m/snapshots/*/\nhead -1\n"
            "{SNAP=?<$(ls -d $HF_HOME/hub/models--org--m/snapshots/*/ | head -1)>}\n"
            "vllm serve ?<$SNAP> --x\n");
}

TEST(ShellScripts, BlankLinesAndCommentsAreNoCommands) {
  EXPECT_EQ(commands_of("\n\n  a\t b  \n\n"), "a b\n");
  EXPECT_EQ(commands_of(""), "");
  EXPECT_EQ(commands_of("   # only a comment"), "");
}

}  // namespace
}  // namespace warmgate
