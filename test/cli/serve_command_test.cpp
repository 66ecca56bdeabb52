// `warmgate serve` as a process: it starts, answers over TLS, drains on SIGTERM, and says why it cannot start.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "cli/reviews.h"
#include "server/certificates.h"
#include "server/client.h"

namespace warmgate::testing {
namespace {

using server::test::Client;
using ::testing::HasSubstr;

class ServeCommand : public ::testing::Test {
 protected:
  ServeCommand() { certificates_.make_pair("serving", 24L * 3600); }

  [[nodiscard]] std::string tls() const {
    return "--tls-cert " + certificates_.path("serving.crt") + " --tls-key " + certificates_.path("serving.key") + " ";
  }
  // `warmgate serve` that ends at once; ports of the kernel's choice unless `arguments` name some.
  static Ran fails(const std::string& arguments) {
    return run("warmgate serve --address 127.0.0.1 --health-address 127.0.0.1 --health-port 0 " + arguments);
  }

  server::test::CertificateFolder certificates_;
  TempDirectory folder_;
};

TEST_F(ServeCommand, AnswersOverTlsAndEndsCleanlyOnSigterm) {
  Served served(tls());
  ASSERT_NE(served.https_port(), 0) << served.log();
  {
    Client client = Client::tls(served.https_port());
    const nlohmann::json response = nlohmann::json::parse(client.post("/validate", kReview).body)["response"];
    EXPECT_EQ(response["uid"], "1-2-3");
    EXPECT_EQ(response["allowed"], false);
    EXPECT_THAT(response["status"]["message"].get<std::string>(), HasSubstr("WG101 unpinned-revision"));
    EXPECT_EQ(client.post("/validate", "not json").status, 400);
    EXPECT_EQ(Client::tls(served.https_port()).post("/validate", kReview).status, 200);
    Client probe = Client::plain(served.health_port());
    probe.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(probe.read_reply().status, 200);
  }
  EXPECT_EQ(served.end_with(SIGTERM), 0);
  EXPECT_THAT(served.log(), HasSubstr("\"message\":\"draining\""));
  EXPECT_THAT(served.log(), HasSubstr("\"message\":\"stopped\""));
}

TEST_F(ServeCommand, EndsAtTheDrainDeadlineWhateverIsOpen) {
  Served served(tls() + "--drain-seconds 0");
  ASSERT_NE(served.https_port(), 0) << served.log();
  Client client = Client::tls(served.https_port());
  ASSERT_TRUE(client.send("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"));
  EXPECT_EQ(served.end_with(SIGTERM), 0);
  EXPECT_THAT(served.log(), HasSubstr("\"stopped: the drain deadline cut connections\""));
}

TEST_F(ServeCommand, LogsOneJsonLinePerDecisionWithoutSecrets) {
  Served served(tls());
  ASSERT_NE(served.https_port(), 0) << served.log();
  const std::string token = "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH";
  nlohmann::json review = nlohmann::json::parse(kReview);
  review["request"]["object"]["metadata"]["name"] = token;
  review["request"]["userInfo"]["username"] = "a\nb " + token;
  Client::tls(served.https_port()).post("/validate", review.dump());
  EXPECT_EQ(served.end_with(SIGINT), 0);
  std::istringstream lines(served.log());
  std::vector<nlohmann::json> decisions;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json entry = nlohmann::json::parse(line);
    if (entry["message"] == "admission") {
      decisions.push_back(entry);
    }
  }
  ASSERT_EQ(decisions.size(), 1U) << served.log();
  EXPECT_EQ(decisions[0]["uid"], "1-2-3");
  EXPECT_EQ(decisions[0]["hook"], "validate");
  EXPECT_EQ(decisions[0]["operation"], "CREATE");
  EXPECT_EQ(decisions[0]["object"], "Pod/[redacted]");
  EXPECT_EQ(decisions[0]["namespace"], "llm");
  EXPECT_EQ(decisions[0]["user"], "a b [redacted]");
  EXPECT_EQ(decisions[0]["verdict"], "deny");
  EXPECT_EQ(decisions[0]["rules"][0], "WG101=deny");
  EXPECT_TRUE(decisions[0]["milliseconds"].is_number());
  EXPECT_THAT(served.log(), ::testing::Not(HasSubstr(token)));
}

TEST_F(ServeCommand, UsesTheFactsAndThePolicyGiven) {
  folder_.write("facts/cache.yaml",
                "apiVersion: warmgate.dev/v1alpha1\nkind: ModelCache\nmetadata: {name: ab, namespace: llm}\n"
                "spec: {source: {huggingFace: {repo: a/b, revision: 9216db5781bf21249d130ec9da846c4624c16137}}, "
                "storage: {claimName: cache}}\n");
  const std::string policy = folder_.write(
      "policy.yaml",
      "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: a}\nspec: {rules: {WG101: warn}}\n");
  Served served(tls() + "--policy " + policy + " --facts " + folder_.path("facts"));
  ASSERT_NE(served.https_port(), 0) << served.log();
  const nlohmann::json response =
      nlohmann::json::parse(Client::tls(served.https_port()).post("/validate", kReview).body)["response"];
  EXPECT_EQ(response["allowed"], true);
  EXPECT_THAT(response["warnings"][0].get<std::string>(), HasSubstr("(the commit of ModelCache/ab)"));
}

// A kubeconfig of a cluster that refuses every connection: nothing listens on port 1.
std::string dead_cluster(const TempDirectory& folder, const std::string& ca_file) {
  return folder.write(
      "kubeconfig",
      "apiVersion: v1\nkind: Config\ncurrent-context: dead\nclusters:\n- name: dead\n  cluster: {server: "
      "\"https://127.0.0.1:1\", certificate-authority: " +
          ca_file +
          "}\nusers:\n- name: me\n  user: {token: secret}\ncontexts:\n- name: dead\n  context: {cluster: "
          "dead, user: me}\n");
}

TEST_F(ServeCommand, WithAClusterThatDoesNotAnswerIsNotReadyYetAndSaysWhatItsVerdictsLack) {
  Served served(tls() + "--cluster --kubeconfig " + dead_cluster(folder_, certificates_.path("serving.crt")));
  ASSERT_NE(served.https_port(), 0) << served.log();
  {
    Client probe = Client::plain(served.health_port());
    probe.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    const server::test::Reply ready = probe.read_reply();
    EXPECT_EQ(ready.status, 503);
    EXPECT_THAT(ready.body, HasSubstr("facts are not synced yet: persistentvolumeclaims"));
    const nlohmann::json response =
        nlohmann::json::parse(Client::tls(served.https_port()).post("/validate", kReview).body)["response"];
    EXPECT_EQ(response["allowed"], false);
    EXPECT_EQ(
        response["warnings"][0],
        "Warmgate lacks current facts about the cluster: persistentvolumeclaims, persistentvolumes, storageclasses, "
        "modelcaches, horizontalpodautoscalers, pods (never read)");
    Client metrics = Client::plain(served.health_port());
    metrics.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string text = metrics.read_reply().body;
    EXPECT_THAT(text, HasSubstr("warmgate_facts_synced{resource=\"pods\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("warmgate_unchecked_total{reason=\"stale_facts\"} 1\n"));
  }
  EXPECT_EQ(served.end_with(SIGTERM), 0);
  EXPECT_THAT(served.log(), HasSubstr("\"message\":\"facts cannot be read\""));
  EXPECT_THAT(served.log(), HasSubstr("\"unchecked\":[\"stale_facts\"]"));
}

TEST_F(ServeCommand, SaysWhyItCannotReadTheCluster) {
  EXPECT_THAT(fails("--port 0 " + tls() + "--cluster --kubeconfig /nowhere/config").err, HasSubstr("/nowhere/config"));
  EXPECT_THAT(fails("--port 0 " + tls() + "--kubeconfig /nowhere/config").err, HasSubstr("--cluster"));
  const std::string manifest =
      folder_.write("a.yaml", "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {}\n");
  for (const std::string command : {"warmgate lint", "warmgate mutate"}) {
    std::string with_cluster = command + " --cluster --kubeconfig ";
    with_cluster.append(dead_cluster(folder_, certificates_.path("serving.crt"))).append(" ").append(manifest);
    const Ran ran = run(with_cluster);
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr("warmgate: cannot list persistentvolumeclaims in the cluster: "));
    EXPECT_THAT(ran.err, HasSubstr("refused"));
  }
}

TEST_F(ServeCommand, SaysWhyItCannotStart) {
  EXPECT_THAT(fails("--port 0 --tls-cert /nowhere.crt --tls-key /nowhere.key").err,
              HasSubstr("/nowhere.crt: No such file or directory"));
  const std::string policy = folder_.write("p.yaml",
                                           "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: "
                                           "a}\nspec:\n  rules:\n    WG101: refuse\n");
  EXPECT_THAT(fails("--port 0 " + tls() + "--policy " + policy).err, HasSubstr(policy + ":6:5: "));
  const std::string facts = folder_.write("facts.yaml", "a: [1\n");
  EXPECT_THAT(fails("--port 0 " + tls() + "--facts " + facts).err, HasSubstr(facts + ":2:1: "));
  EXPECT_THAT(fails("--port 0 " + tls() + "--facts /nowhere").err, HasSubstr("/nowhere:1:1: cannot be read"));
  const std::string cache = folder_.write("cache.yaml",
                                          "apiVersion: warmgate.dev/v1alpha1\nkind: ModelCache\nmetadata: {name: "
                                          "a}\nspec:\n  source: {huggingFace: {repo: a/b, revision: main}}\n"
                                          "  storage: {claimName: c}\n");
  const Ran bad_cache = fails("--port 0 " + tls() + "--facts " + cache);
  EXPECT_EQ(bad_cache.code, 2);
  EXPECT_EQ(bad_cache.err, "warmgate: " + cache +
                               ":5:47: a ModelCache needs the revision as a full commit SHA (40 hex digits); get it "
                               "with: git ls-remote https://huggingface.co/a/b HEAD\n");
  for (const std::string& nothing : {folder_.write("no/facts/README", ""), folder_.write("empty.yaml", "")}) {
    const std::string path = nothing.ends_with("README") ? folder_.path("no") : nothing;
    const Ran no_facts = fails("--port 0 " + tls() + "--facts " + path);
    EXPECT_EQ(no_facts.code, 2);
    EXPECT_EQ(no_facts.err, "warmgate: " + path + ": no manifest in it, so there would be no facts\n");
  }
  EXPECT_THAT(fails("--port 70000 " + tls()).err, HasSubstr("--port"));
  for (const std::string arguments :
       {"--port 0 --tls-cert /nowhere.crt --tls-key /nowhere.key", "--port 70000", "--nonsense"}) {
    EXPECT_EQ(fails(arguments).code, 2) << arguments;
  }
  EXPECT_EQ(fails("--port 0 " + tls() + "--policy " + policy).code, 2);
  EXPECT_EQ(fails("--port 0 " + tls() + "--facts " + facts).code, 2);
}

TEST_F(ServeCommand, SaysThatItsPortIsTaken) {
  const Served first(tls());
  ASSERT_NE(first.https_port(), 0) << first.log();
  const std::string port = std::to_string(first.https_port());
  const Ran second = fails(tls() + "--port " + port);
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.err, HasSubstr("127.0.0.1:" + port));
  EXPECT_THAT(second.err, HasSubstr("in use"));
}

}  // namespace
}  // namespace warmgate::testing
