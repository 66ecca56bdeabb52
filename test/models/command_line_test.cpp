// What containers run, in all the ways in which people write it: wrappers, Python programs, downloads without a Hub
// client, files that scripts write, relative paths.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "models/container_reading.h"

namespace warmgate::testing {
namespace {

const std::string kSha = "9216db5781bf21249d130ec9da846c4624c16137";
const std::string kServed = "serve weights a/b@" + kSha + " pinned";
const std::string kDownloaded = "download weights a/b@" + kSha + " pinned";

struct Case {
  std::string name;
  std::string command;  // with SHA for the commit
  std::string expected;
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

class CommandLines : public ::testing::TestWithParam<Case> {};

// `command` as words of a script, which are read like an argv.
const std::vector<Case> kWrapped = {
    {"Conda", "conda run -n serve --no-capture-output", ""},
    {"Micromamba", "micromamba run -p /env", ""},
    {"UvRun", "uv run --project /app --with vllm", ""},
    {"UvToolRun", "uv tool run --from vllm", ""},
    {"Pixi", "pixi run -e gpu", ""},
    {"Poetry", "poetry run", ""},
    {"NsysProfile", "nsys profile -o /tmp/r --trace cuda,nvtx --force-overwrite=true", ""},
    {"Mpirun", "mpirun -np 2 --allow-run-as-root --mca btl tcp -x NCCL_DEBUG=INFO", ""},
    {"Gosu", "gosu app", ""},
    {"SuExec", "su-exec app:app", ""},
    {"Runuser", "runuser -u app --", ""},
    {"Sudo", "sudo -E -u app", ""},
    {"Flock", "flock -x /lock", ""},
    {"RaySymmetricRun", "ray symmetric-run --address a:1 --min-nodes 2 --num-gpus 8 --", ""},
    {"RayJobSubmit", "ray job submit --address http://a:1 --runtime-env-json '{}' --", ""},
    {"Doppler", "doppler run --config prd --", ""},
    {"EnvSplit", "env -S", ""},
    {"Numactl", "numactl -N 0 -m 0", ""},
    {"Chained", "exec env X=1 nice -n 5 tini -g -- nohup", ""},
    {"PythonOfAConsoleScript", "python3 -u /usr/local/bin/vllm-not", ""},
};

class Wrappers : public ::testing::TestWithParam<Case> {};

TEST_P(Wrappers, AreStripped) {
  const std::string& wrapper = GetParam().command;
  if (wrapper == "env -S") {
    EXPECT_EQ(summary(uses_of("image: x\ncommand: [env, -S, 'X=1 vllm serve a/b --revision " + kSha + "']")), kServed);
    return;
  }
  if (wrapper.starts_with("python3")) {
    EXPECT_EQ(
        summary(uses_of("image: x\ncommand: [python3, -u, /usr/local/bin/vllm, serve, a/b, --revision, " + kSha + "]")),
        kServed);
    return;
  }
  EXPECT_EQ(
      summary(uses_of("image: x\ncommand:\n  - sh\n  - -c\n  - " + wrapper + " vllm serve a/b --revision " + kSha)),
      kServed);
}

INSTANTIATE_TEST_SUITE_P(CommandLines, Wrappers, ::testing::ValuesIn(kWrapped),
                         [](const auto& test) { return test.param.name; });

const std::vector<Case> kScripts = {
    {"Torchrun",
     "torchrun --nproc-per-node 2 --standalone -m vllm.entrypoints.openai.api_server --model a/b --revision SHA",
     kServed},
    {"TorchDistributedRun",
     "python -m torch.distributed.run --nnodes=1 -m sglang.launch_server --model-path a/b --revision SHA", kServed},
    {"AccelerateLaunch",
     "accelerate launch --multi_gpu --num_processes 2 -m sglang.launch_server --model-path a/b --revision SHA",
     kServed},
    {"TorchrunOfAProgram", "torchrun --no-python vllm serve a/b --revision SHA", kServed},
    {"Su", "su app -c 'vllm serve a/b --revision SHA'", kServed},
    {"SuLogin", "su - app --command='vllm serve a/b --revision SHA'", kServed},
    {"Which", "exec $(which python3) $(command -v vllm) serve a/b --revision SHA", kServed},
    {"PythonCluster", "python3 -uc 'from huggingface_hub import snapshot_download as s; s(\"a/b\", revision=\"SHA\")'",
     kDownloaded},
    {"Background", "nohup vllm serve a/b --revision SHA > /tmp/log 2>&1 &\nwait", kServed},
    {"RayStart", "ray start --head; vllm serve a/b --revision SHA", kServed},
    {"Xargs", "echo a/b | xargs hf download --revision SHA", "download weights ?@" + kSha + " pinned"},
    {"XargsPlaced", "cat list | xargs -I{} hf download {} --revision SHA", "download weights ?@" + kSha + " pinned"},
    {"PositionalOfBash", "bash -c 'vllm serve \"$1\" --revision $2' sh a/b SHA", kServed},
    {"SetAndExec", "set -- vllm serve a/b; set -- \"$@\" --revision SHA; exec \"$@\"", kServed},
    {"EvalOfAVariable", "CMD='vllm serve a/b --revision SHA'; eval $CMD", kServed},
    {"BranchThatDoesNotRun", "ROLE=x; if [ $ROLE = y ]; then vllm serve c/d; else vllm serve a/b --revision SHA; fi",
     kServed},
    {"BehindExec", "exec vllm serve a/b --revision SHA; vllm serve c/d", kServed},
    {"FlagsFromTheBranchThatRuns",
     "R=SHA; ARGS='a/b'; if [ -n \"$R\" ]; then ARGS=\"$ARGS --revision $R\"; fi; vllm serve $ARGS", kServed},
    {"JsonInAHereDocument",
     "S=$(cat <<'EOF'\n{\"model\": \"a/b\", \"revision\": \"SHA\"}\nEOF\n)\nvllm serve /m --speculative-config \"$S\"",
     "serve weights /m@- local\nserve draft a/b@" + kSha + " pinned"},
    {"ShellInAHereDocument", "bash <<'EOF'\nvllm serve a/b --revision SHA\nEOF", kServed},
    {"ScriptThatIsWritten", "cat > /tmp/x.sh <<EOF\nvllm serve a/b --revision SHA\nEOF\nchmod +x /tmp/x.sh\n/tmp/x.sh",
     kServed},
    {"ScriptThatIsWrittenForBash", "cd /tmp; cat <<EOF >x.sh\nvllm serve a/b --revision \\$1\nEOF\nbash ./x.sh SHA",
     kServed},
    {"ScriptThatIsWrittenTwice", "echo 'vllm serve a/b' > x.sh; echo 'vllm serve c/d' > x.sh; sh x.sh", ""},
    // Python
    {"PythonProgram",
     "python3 -c 'from huggingface_hub import snapshot_download\nsnapshot_download(\"a/b\", revision=\"SHA\")'",
     kDownloaded},
    {"PythonHereDocument",
     "python3 - <<'EOF'\nfrom huggingface_hub import snapshot_download\nsnapshot_download(repo_id='a/b', "
     "revision='SHA')\nEOF",
     kDownloaded},
    {"PythonHereDocumentThatIsExpanded",
     "R=SHA\npython3 <<EOF\nfrom huggingface_hub import snapshot_download\nsnapshot_download(\"a/b\", "
     "revision=\"$R\")\nEOF",
     kDownloaded},
    {"PythonHereDocumentOfAnUnknown",
     "python3 <<EOF\nfrom huggingface_hub import snapshot_download\nsnapshot_download(\"a/b\", revision=\"$R\")\nEOF",
     "download weights a/b@?"},
    {"PythonThatIsWritten",
     "cat > /tmp/d.py <<'EOF'\nimport os, sys\nfrom huggingface_hub import snapshot_download\n"
     "snapshot_download(sys.argv[1], revision=os.environ['R'])\nEOF\nR=SHA python /tmp/d.py a/b",
     kDownloaded},
    {"PythonFile",
     "python3 -c 'from huggingface_hub import hf_hub_download as h; h(\"a/b\", \"x\", revision=\"main\")'",
     "download weights a/b@main"},
    {"PythonDataset",
     "python3 -c 'from huggingface_hub import snapshot_download as s; s(\"a/b\", repo_type=\"dataset\")'", ""},
    {"PythonUnpacked", "python3 -c 'from huggingface_hub import snapshot_download as s; s(\"a/b\", **kw)'",
     "download weights a/b@?"},
    {"PythonLlm", "python3 -c 'from vllm import LLM; LLM(model=\"a/b\", revision=\"SHA\", tensor_parallel_size=2)'",
     kServed},
    {"PythonTransformers",
     "python3 -c 'from transformers import AutoTokenizer as T, AutoModel as M\n"
     "T.from_pretrained(\"a/b\")\nM.from_pretrained(\"a/b\", revision=\"SHA\")'",
     "serve tokenizer a/b@-\n" + kServed},
    {"PythonPipeline",
     "python3 -c 'from transformers import pipeline; pipeline(\"text-generation\", model=\"a/b\", revision=\"SHA\")'",
     kServed},
    {"PythonSentenceTransformer",
     "python3 -c 'from sentence_transformers import SentenceTransformer as S; S(\"a/b\", revision=\"SHA\")'", kServed},
    {"PythonProcess",
     "python3 -c 'import subprocess; subprocess.run([\"vllm\", \"serve\", \"a/b\", \"--revision\", \"SHA\"], "
     "check=True)'",
     kServed},
    {"PythonSystem", "python3 -c 'import os; os.system(\"vllm serve a/b --revision SHA\")'", kServed},
    {"PythonDummyCode", "python3 -c 'print(\"vllm serve a/b\")'", ""},
    // Downloads without a client
    {"GitClone", "git clone --depth 1 https://huggingface.co/a/b /models/b", "download weights a/b@-"},
    {"GitCloneOfABranch", "git lfs install; GIT_LFS_SKIP_SMUDGE=1 git clone -b v1 https://u:t@huggingface.co/a/b.git",
     "download weights a/b@v1"},
    {"GitCheckout", "git clone https://huggingface.co/a/b && cd b && git checkout SHA", kDownloaded},
    {"GitCheckoutElsewhere",
     "cd /w; git clone https://huggingface.co/a/b; git clone https://github.com/c/d\n"
     "cd d && git checkout SHA",
     "download weights a/b@-"},
    {"GitCheckoutWithADirectory", "cd /w; git clone https://huggingface.co/a/b x; git -C x checkout --detach SHA",
     kDownloaded},
    {"GitCloneOfADataset", "git clone https://huggingface.co/datasets/a/b", ""},
    {"GitCloneElsewhere", "git clone https://github.com/a/b", ""},
    {"GitCloneOfAnUnknown", "git clone https://huggingface.co/$MODEL", "download weights ?@?"},
    {"Curl", "curl -fL -H \"Authorization: Bearer $T\" https://huggingface.co/a/b/resolve/SHA/x.gguf -o /m/x.gguf",
     kDownloaded},
    {"WgetOfABranch", "wget -q https://hf.co/a/b/resolve/refs%2Fpr%2F1/x.gguf?download=true",
     "download weights a/b@refs/pr/1"},
    {"CurlOfSeveralFiles",
     "curl -LO https://huggingface.co/a/b/resolve/main/x -LO https://huggingface.co/a/b/resolve/main/y",
     "download weights a/b@main"},
    {"CurlOfAnUnknownRevision", "curl -LO https://huggingface.co/a/b/resolve/$REV/x", "download weights a/b@?"},
    {"CurlOfAnUnknownModel", "curl -LO https://huggingface.co/$M/resolve/main/x", "download weights ?@?"},
    {"CurlElsewhere", "curl https://huggingface.co/api/models/a/b; curl https://example.com/a/b/resolve/main/x", ""},
};

std::string script_of(const std::string& script) {
  return "image: x\ncommand:\n  - sh\n  - -c\n  - |\n    " + replaced(replaced(script, "SHA", kSha), "\n", "\n    ") +
         "\n";
}

TEST_P(CommandLines, AreReadExactly) {
  EXPECT_EQ(summary(uses_of(script_of(GetParam().command))), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Scripts, CommandLines, ::testing::ValuesIn(kScripts),
                         [](const auto& test) { return test.param.name; });

std::string cache_of(const std::string& container) {
  std::string out;
  for (const models::ModelUse& use : uses_of(container, "")) {
    out += use.cache.known ? use.cache.path + (use.cache.local_dir ? " folder" : "") : "? " + use.cache.unknown_reason;
  }
  return out;
}

TEST(CommandLineFolders, RelativePathsLieInTheWorkingFolder) {
  EXPECT_EQ(cache_of("image: x\nworkingDir: /w\ncommand: [hf, download, a/b, --local-dir, ./m]"), "/w/m folder");
  EXPECT_EQ(cache_of("image: x\nworkingDir: /w\ncommand: [sh, -c, 'cd x && hf download a/b --local-dir m']"),
            "/w/x/m folder");
  EXPECT_EQ(cache_of("image: x\nworkingDir: /w\ncommand: [hf, download, a/b, --cache-dir, c]"), "/w/c");
  EXPECT_EQ(cache_of("image: x\ncommand: [hf, download, a/b, --local-dir, m]"),
            "? \"m\" is relative to the working folder, which is not in the manifest");
  EXPECT_EQ(cache_of("image: x\ncommand: [sh, -c, 'cd /d; git clone https://huggingface.co/a/b']"), "/d/b folder");
  EXPECT_EQ(cache_of("image: x\ncommand: [sh, -c, 'wget -P /m https://huggingface.co/a/b/resolve/main/x']"),
            "/m folder");
}

TEST(CommandLineFolders, APythonProgramSetsItsCacheBeforeItImportsTheClient) {
  const std::string container =
      "image: x\ncommand:\n  - python3\n  - -c\n  - |\n    import os\n    os.environ['HF_HOME'] = '/c'\n"
      "    from huggingface_hub import snapshot_download\n    snapshot_download('a/b')\n";
  EXPECT_EQ(cache_of(container), "/c/hub");
}

TEST(CommandLinePlaces, TheModelOfAProgramInAScriptIsShownWhereItStands) {
  const std::vector<models::ModelUse> uses = uses_of(script_of(
      "pip install x\npython -c '\nfrom huggingface_hub import snapshot_download\nsnapshot_download(\"a/b\")'"));
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].source.pointer, "/spec/containers/0/command/2");
  EXPECT_EQ(uses[0].source.offset, 91U);
  EXPECT_EQ(uses[0].source.length, 3U);
  EXPECT_EQ(uses[0].script_line, "snapshot_download(\"a/b\")");
}

TEST(CommandLineLimits, ScriptsThatAreReadAgainAndAgainAreBounded) {
  std::string text = "X='" + std::string(200'000, 'x') + "'\n    ";
  for (int i = 0; i < 60; ++i) {
    text += "sh -c \"$X\"\n    ";
  }
  const std::vector<models::ModelUse> uses =
      uses_of("image: vllm/vllm-openai\ncommand:\n  - sh\n  - -c\n  - |\n    " + text);
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].unknown_reason, "its scripts are longer than 4194304 bytes together");
}

}  // namespace
}  // namespace warmgate::testing
