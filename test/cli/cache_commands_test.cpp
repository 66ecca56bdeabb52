// `warmgate cache` and `warmgate gates` where no cluster is asked or none is there; test/e2e has the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.h"

namespace warmgate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kPinned = "Qwen/Qwen3-32B@9216db5781bf21249d130ec9da846c4624c16137";

TEST(CacheCreateCommand, PrintsAManifestWithoutACluster) {
  const Ran ran = run("unset KUBECONFIG; warmgate cache create " + kPinned + " --claim model-cache -n llm");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("apiVersion: warmgate.dev/v1alpha1\nkind: ModelCache\n"));
  EXPECT_THAT(ran.out, HasSubstr("    claimName: model-cache\n"));
  EXPECT_EQ(ran.err, "");
}

TEST(CacheCreateCommand, RefusesWhatPinsNothingOrCannotBe) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"Qwen/Qwen3-32B@main", "git ls-remote https://huggingface.co/Qwen/Qwen3-32B HEAD"},
      {"Qwen/Qwen3-32B", "needs a commit"},
      {kPinned + " --token-secret :key", "--token-secret: \":key\" must be the name of a Secret"},
      {kPinned + " --mount-path cache", "warmgate: /spec/mountPath must be an absolute path"},
      {kPinned + " --claim a --size 200Gi", "--claim"},
      {kPinned + " --context other", "--apply"},
      {kPinned + " --name A_b", "--name: \"A_b\" cannot be a name in Kubernetes"},
      {kPinned + " --claim 'a b'", "--claim: \"a b\" cannot be a name in Kubernetes"},
      {kPinned + " -n ''", "--namespace: \"\" cannot be a name in Kubernetes"},
      {"", "model is required"},
  };
  for (const auto& [arguments, message] : cases) {
    const Ran ran = run("warmgate cache create " + arguments);
    EXPECT_EQ(ran.code, 2) << arguments;
    EXPECT_THAT(ran.err, HasSubstr(message));
    EXPECT_EQ(ran.out, "");
  }
}

TEST(ClusterCommands, SayThatThereIsNoCluster) {
  for (const std::string& command :
       {std::string("cache status"), std::string("cache status --watch"), std::string("gates release -A"),
        std::string("cache adopt --claim model-cache"), "cache create " + kPinned + " --apply"}) {
    const Ran ran = run("unset KUBERNETES_SERVICE_HOST; KUBECONFIG=/nowhere/config warmgate " + command);
    EXPECT_EQ(ran.code, 2) << command;
    EXPECT_THAT(ran.err, HasSubstr("/nowhere/config")) << command;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(ClusterCommands, SayWhatAMistypedOneCouldBeAndWhereItsHelpIs) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"cache", "a command is missing: status, create, adopt (see warmgate cache --help)"},
      {"cache stat", "there is no command \"stat\"; did you mean status? (see warmgate cache --help)"},
      {"gates relase -A", "there is no command \"relase\"; did you mean release? (see warmgate gates --help)"},
      {"cache status -o yaml", "--output: yaml not in {table,json} (see warmgate cache status --help)"},
      {"controller --workers 0", "--workers: Value 0 not in range 1 to 64 (see warmgate controller --help)"},
  };
  for (const auto& [arguments, message] : cases) {
    const Ran ran = run("warmgate " + arguments);
    EXPECT_EQ(ran.code, 2) << arguments;
    EXPECT_EQ(ran.err, "warmgate: " + message + "\n");
    EXPECT_EQ(ran.out, "");
  }
}

TEST(ClusterCommands, RefuseOptionsThatContradict) {
  for (const char* command : {"gates release -A server-0", "gates release -A -n llm", "cache status -A qwen",
                              "cache status -A -n llm", "cache adopt", "cache", "gates"}) {
    const Ran ran = run(std::string("warmgate ") + command);
    EXPECT_EQ(ran.code, 2) << command;
    EXPECT_NE(ran.err, "") << command;
  }
}

}  // namespace
}  // namespace warmgate::testing
