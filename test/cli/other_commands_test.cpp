// mutate, inspect, explain, policy show, version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "support/paths.h"

namespace warmgate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kExamples = source_dir() + "/examples";
const std::string kCommit = "9216db5781bf21249d130ec9da846c4624c16137";
const std::string kCache =
    "apiVersion: warmgate.dev/v1alpha1\nkind: ModelCache\nmetadata: {name: qwen}\nspec:\n"
    "  source: {huggingFace: {repo: Qwen/Qwen3-32B, revision: " +
    kCommit + "}}\n  storage: {claimName: model-cache}\n";
const std::string kContainer =
    "containers: [{name: vllm, image: \"vllm/vllm-openai:v0.11.0\", args: [--model, Qwen/Qwen3-32B], resources: "
    "{limits: {nvidia.com/gpu: 1}}}]";
const std::string kPod = "apiVersion: v1\nkind: Pod\nmetadata: {name: server}\nspec: {" + kContainer + "}\n";
const std::string kDeployment =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: server}\nspec: {template: {spec: {" + kContainer + "}}}\n";

// `warmgate mutate OPTIONS` of a manifest with a ModelCache as fact.
Ran mutate(const std::string& options, const std::string& manifest) {
  const TempDirectory folder;
  return run("warmgate mutate " + options + " --facts " + folder.write("cache.yaml", kCache) + " -", manifest);
}

TEST(MutateCommand, ShowsThePodAsItIsAdmitted) {
  const Ran ran = mutate("", kPod);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(
      ran.out,
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: server\n  annotations:\n"
      "    warmgate.dev/claims: vllm=model-cache\n"
      "    warmgate.dev/models: vllm=Qwen/Qwen3-32B@" +
          kCommit +
          "\n"
          "spec:\n  containers:\n  - name: vllm\n    image: vllm/vllm-openai:v0.11.0\n    args:\n    - --model\n"
          "    - Qwen/Qwen3-32B\n    - --revision\n    - " +
          kCommit +
          "\n"
          "    resources:\n      limits:\n        nvidia.com/gpu: 1\n"
          "    env:\n    - name: HF_HOME\n      value: /cache/huggingface\n"
          "    volumeMounts:\n    - mountPath: /cache/huggingface\n      name: warmgate-cache\n      readOnly: true\n"
          "  volumes:\n  - name: warmgate-cache\n    persistentVolumeClaim:\n      claimName: model-cache\n"
          "      readOnly: true\n");
  EXPECT_THAT(ran.err, HasSubstr("Pod/server: container \"vllm\" gets Qwen/Qwen3-32B at " + kCommit +
                                 " from ModelCache/qwen, claim model-cache\n"));
}

TEST(MutateCommand, PrintsThePatch) {
  const Ran ran = mutate("--format patch", kPod);
  EXPECT_EQ(ran.code, 0);
  const nlohmann::json patch = nlohmann::json::parse(ran.out);
  EXPECT_EQ(patch.size(), 11U);
  EXPECT_EQ(patch[7], nlohmann::json({{"op", "add"}, {"path", "/spec/containers/0/args/-"}, {"value", kCommit}}));
}

TEST(MutateCommand, LeavesTemplatesAsTheyAreStoredUnlessAskedForTheirPods) {
  EXPECT_EQ(mutate("--format patch", kDeployment).out, "[]\n");
  EXPECT_THAT(mutate("", kDeployment).err,
              HasSubstr("admitted as it is; its Pods will get what --pods shows: container"));
  const Ran pods = mutate("--pods", kDeployment);
  EXPECT_THAT(pods.out, HasSubstr("        - --revision\n        - " + kCommit));
  EXPECT_THAT(pods.out, HasSubstr("          claimName: model-cache\n"));
}

TEST(MutateCommand, RoundTripsItsOwnOutput) {
  const Ran once = mutate("", kPod);
  const Ran twice = mutate("", once.out);
  EXPECT_EQ(twice.out, once.out);
  EXPECT_EQ(twice.err, "");
}

TEST(MutateCommand, SaysWhatWouldBeRefused) {
  const Ran ran = run("warmgate mutate -", kPod);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err,
              HasSubstr("Pod/server: deny WG101: container \"vllm\" serves Qwen/Qwen3-32B without --revision"));
}

TEST(MutateCommand, ShowsTokensAsRedactedAndNothingElse) {
  const std::string secret =
      "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {mode: containers, token: "
      "odd-token-value}\n";
  std::string pod = kPod;
  pod.insert(pod.find("args:"), "env: [{name: HF_TOKEN, value: odd-token-value}], ");
  const Ran ran = run("warmgate mutate -", pod + secret);
  EXPECT_THAT(ran.out, HasSubstr("value: '[redacted]'"));
  EXPECT_THAT(ran.out, HasSubstr("  containers:\n"));
  EXPECT_THAT(ran.out, ::testing::Not(HasSubstr("odd-token")));
}

TEST(MutateCommand, RefusesInputWithoutObjectsOrWithProblems) {
  const Ran empty = run("warmgate mutate -", "");
  EXPECT_EQ(empty.code, 2);
  EXPECT_EQ(empty.err, "warmgate: the input holds no Kubernetes object\n");
  const Ran broken = run("warmgate mutate -", "a: [1\n");
  EXPECT_EQ(broken.code, 2);
  EXPECT_THAT(broken.err, StartsWith("warmgate: <stdin>:2:1: "));
  EXPECT_THAT(broken.out, IsEmpty());
}

TEST(InspectCommand, PrintsOneJsonObjectPerLine) {
  const Ran ran = run("warmgate inspect --format json " + kExamples + "/job.yaml " + kExamples + "/deployment.json");
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::istringstream lines(ran.out);
  std::vector<nlohmann::json> uses;
  for (std::string line; std::getline(lines, line);) {
    uses.push_back(nlohmann::json::parse(line));
  }
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[0]["verb"], "download");
  EXPECT_EQ(uses[1]["verb"], "serve");
  EXPECT_EQ(uses[1]["pinned"], true);
  EXPECT_EQ(uses[1]["cache"]["claim"], "model-cache");
}

TEST(InspectCommand, FailsOnWhatItCannotRead) {
  const Ran ran = run("warmgate inspect /nowhere.yaml");
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(
      ran.err,
      "warmgate: /nowhere.yaml:1:1: cannot be read: there is no file or directory of this name; check the path\n");
}

TEST(InspectCommand, SaysThatThereIsNothingToInspect) {
  const TempDirectory folder;
  for (const std::string& path : {folder.write("empty/sub/.hidden.yaml", "a: 1"), folder.write("empty.yaml", "")}) {
    const Ran ran = run("warmgate inspect " + (path.ends_with("empty.yaml") ? path : folder.path("empty")));
    EXPECT_EQ(ran.code, 2) << path;
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(ran.err, "warmgate: there is nothing to inspect: the input holds no Kubernetes object\n");
  }
  const Ran without_models = run("warmgate inspect -", "{apiVersion: v1, kind: Service, metadata: {name: a}}");
  EXPECT_EQ(without_models.code, 0) << without_models.err;
  EXPECT_EQ(without_models.out, "");
}

TEST(EnginesOption, SaysOfAnotherKindThatItIsNoEngine) {
  const TempDirectory folder;
  const std::string file = folder.write("deployment.yaml", kDeployment);
  const Ran other = run("warmgate inspect --engines " + file + " -", kPod);
  EXPECT_EQ(other.code, 2);
  EXPECT_EQ(other.err,
            "warmgate: " + file + ":1:1: this is a Deployment, not an Engine; engine files have kind: Engine\n");
  const std::string nameless = folder.write("engine.yaml", "kind: Engine\nspec: {verb: serve}\n");
  EXPECT_EQ(run("warmgate inspect --engines " + nameless + " -", kPod).err,
            "warmgate: " + nameless + ":1:1: an Engine needs metadata.name\n");
  const std::string untyped = folder.write("list.yaml", "a: 1\n");
  EXPECT_THAT(run("warmgate inspect --engines " + untyped + " -", kPod).err, HasSubstr("an object without a kind"));
}

TEST(KindsOption, AddsKindsAndNamesTheLineOfAMistake) {
  const TempDirectory folder;
  const std::string server = "{apiVersion: example.com/v1, kind: Server, metadata: {name: s}, spec: {model: org/m}}";
  EXPECT_EQ(run("warmgate inspect --format json -", server).out, "");
  const std::string rows = "kind: WorkloadKinds\nspec:\n  kinds:\n    - group: example.com\n      kind: Server\n";
  const std::string good =
      folder.write("good.yaml", rows + "      models: [{field: spec.model, plain: true, engine: mine}]\n");
  const Ran added = run("warmgate inspect --format json --kinds " + good + " -", server);
  EXPECT_EQ(added.code, 0) << added.err;
  EXPECT_THAT(added.out, HasSubstr(R"("engine":"mine","verb":"serve","role":"weights","repo":"org/m")"));
  const std::string bad = folder.write("bad.yaml", rows + "      templates: [{path: spec/pod}]\n");
  const Ran refused = run("warmgate lint --kinds " + bad + " -", server);
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, ::testing::StartsWith("warmgate: " + bad +
                                                 ":6:26: /spec/kinds/0/templates/0/path: "
                                                 "\"spec/pod\" is no path of a field: "));
  const std::string other = folder.write("deployment.yaml", kDeployment);
  EXPECT_EQ(run("warmgate inspect --kinds " + other + " -", kPod).err,
            "warmgate: " + other +
                ":1:1: this is a Deployment, not a WorkloadKinds; files of workload kinds have kind: "
                "WorkloadKinds\n");
}

TEST(EnginesOption, TakesDefaultModelsByVersion) {
  const TempDirectory folder;
  const auto engine = [&](const std::string& default_model) {
    return folder.write("engine.yaml",
                        "kind: Engine\nmetadata: {name: own}\nspec:\n  verb: serve\n  images: [own/server]\n"
                        "  entrypoints: [{argv: [own-serve]}]\n  launchers: [{argv: [own-serve], model: flag}]\n"
                        "  models: [{role: weights, flags: [--model]}]\n  defaultModel: " +
                            default_model + "\n");
  };
  const auto inspect = [&](const std::string& default_model) {
    return run("warmgate inspect --engines " + engine(default_model) + " -",
               "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: "
               "\"own/server:1.1\", args: [--port, \"80\"]}]}}");
  };
  EXPECT_THAT(inspect("a/plain").out, HasSubstr("serves a/plain (weights)"));
  EXPECT_THAT(inspect("[{before: \"1.1\", model: a/old}, {model: a/new}]").out, HasSubstr("serves a/new (weights)"));
  EXPECT_THAT(inspect("[{before: \"1.2\", model: a/old}, {model: a/new}]").out, HasSubstr("serves a/old (weights)"));
  EXPECT_EQ(inspect("[{before: \"1.1\", model: a/old}]").out, "") << "it refuses to start";
  EXPECT_THAT(inspect("[{before: \"1.1\"}]").err, HasSubstr("must be a string that is not empty"));
  EXPECT_THAT(inspect("{before: \"1.1\"}").err, HasSubstr("must be a repository, or a list of {before, model}"));
}

TEST(Help, ThatCannotBeWrittenIsAFailure) {
  for (const std::string arguments : {"--help", "--version", "lint --help"}) {
    const Ran ran = run("warmgate " + arguments + " >/dev/full");
    EXPECT_EQ(ran.code, 2) << arguments;
    EXPECT_EQ(ran.err, "warmgate: standard output: No space left on device\n") << arguments;
    EXPECT_EQ(run("warmgate " + arguments).code, 0) << arguments;
    EXPECT_NE(run("warmgate " + arguments).out, "") << arguments;
  }
}

TEST(BundleCommands, LayAPolicyThatIsGivenTwiceOverTheOneBetween) {
  const TempDirectory folder;
  const auto policy = [&](const std::string& action) {
    return " --policy " + folder.write(action + ".yaml",
                                       "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: a}\n"
                                       "spec: {rules: {WG101: " +
                                           action + ", WG205: audit}}\n");
  };
  EXPECT_EQ(run("warmgate lint" + policy("warn") + policy("deny") + policy("warn") + " -", kPod).code, 0);
  EXPECT_EQ(run("warmgate lint" + policy("deny") + policy("warn") + policy("deny") + " -", kPod).code, 1);
}

TEST(BundleCommands, StopAtTheFirstMistakeInTheirSettings) {
  const TempDirectory folder;
  const std::string policy = folder.write(
      "policy.yaml", "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nspec: {waivers: {allowed: [WG999]}}\n");
  for (const std::string command : {"warmgate lint", "warmgate mutate", "warmgate inspect"}) {
    std::string with_policy = command;
    with_policy.append(" --policy ").append(policy).append(" -");
    const Ran ran = run(with_policy, kPod);
    EXPECT_EQ(ran.code, 2) << command;
    EXPECT_THAT(ran.err, HasSubstr(policy + ":3:28: there is no rule \"WG999\"")) << command;
    EXPECT_EQ(run(command + " --engines /nowhere -", kPod).code, 2) << command;
  }
}

TEST(ExplainCommand, KnowsIdsInAnyCaseAndSlugs) {
  const Ran by_id = run("warmgate explain WG101");
  EXPECT_EQ(by_id.code, 0);
  EXPECT_THAT(by_id.out, StartsWith("WG101 unpinned-revision (default: deny)\n"));
  EXPECT_EQ(run("warmgate explain wg101").out, by_id.out);
  EXPECT_EQ(run("warmgate explain unpinned-revision").out, by_id.out);
  EXPECT_THAT(run("warmgate explain").out, HasSubstr("WG501"));
}

TEST(ExplainCommand, HintsAtWhatWasMeant) {
  const Ran near = run("warmgate explain unpined-revision");
  EXPECT_EQ(near.code, 2);
  EXPECT_EQ(near.err, "warmgate: there is no rule \"unpined-revision\"; did you mean unpinned-revision?\n");
  EXPECT_EQ(run("warmgate explain nonsense").err,
            "warmgate: there is no rule \"nonsense\"; `warmgate explain` lists the rules\n");
}

TEST(PolicyCommand, ShowsAPolicyThatReadsBackAsItself) {
  const Ran shown = run("warmgate policy show");
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.out, HasSubstr("    WG101: deny  # unpinned-revision\n"));
  const TempDirectory folder;
  const std::string layer =
      folder.write("layer.yaml",
                   "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: a}\nspec:\n  inject: false\n"
                   "  ownedPods: \"off\"\n  rules: {WG101: \"off\", rwo-cache-shared: audit}\n"
                   "  namespaces: [{names: [lab-*, dev], rules: {WG501: warn}}]\n");
  const Ran effective = run("warmgate policy show --policy " + layer);
  EXPECT_THAT(effective.out, HasSubstr("    WG101: \"off\" # unpinned-revision\n    WG102: deny"));
  EXPECT_THAT(effective.out, HasSubstr("    WG201: audit # rwo-cache-shared\n"));
  const Ran again = run("warmgate policy show --policy " + folder.write("effective.yaml", effective.out));
  EXPECT_EQ(again.out, effective.out);
}

TEST(PolicyCommand, NamesTheLineOfAMistake) {
  const TempDirectory folder;
  const std::string file = folder.write(
      "p.yaml",
      "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: a}\nspec:\n  rules:\n    WG110: deny\n");
  const Ran ran = run("warmgate policy show --policy " + file);
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, StartsWith("warmgate: " + file + ":6:5: there is no rule \"WG110\"; did you mean WG101?"));
}

TEST(VersionCommand, PrintsTheVersion) {
  EXPECT_THAT(run("warmgate version").out, ::testing::MatchesRegex("warmgate [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(run("warmgate --version").out, run("warmgate version").out);
}

TEST(Help, OfEveryCommandIsThere) {
  for (const std::string command :
       {"", "lint", "serve", "mutate", "inspect", "explain", "policy", "policy show", "version"}) {
    const Ran ran = run("warmgate " + command + " --help");
    EXPECT_EQ(ran.code, 0) << command;
    EXPECT_THAT(ran.out, HasSubstr("Usage: warmgate")) << command;
  }
}

}  // namespace
}  // namespace warmgate::testing
