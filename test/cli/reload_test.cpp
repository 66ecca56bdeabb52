// `warmgate serve` while its files change: policies as a ConfigMap volume brings them, under load and broken, and the
// certificate of a Secret volume.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <vector>

#include "cli/program.h"
#include "cli/reviews.h"
#include "server/certificates.h"
#include "server/client.h"

namespace warmgate::testing {
namespace {

namespace fs = std::filesystem;
using server::test::Client;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kReloaded = "\"configuration reloaded\"";
const std::string kNotReloaded = "configuration not reloaded: the last good one stays in use";

std::string policy(const std::string& action) {
  return "apiVersion: warmgate.dev/v1alpha1\nkind: CachePolicy\nmetadata: {name: ours}\nspec:\n  rules:\n    WG101: " +
         action + "\n";
}

class Reload : public ::testing::Test {
 protected:
  Reload() {
    make_certificate();
    certificates_.make_pair("next", 48L * 3600);
    publish(policy("deny"));
    fs::create_symlink("..data/policy.yaml", folder_.path("volume/policy.yaml"));
  }
  void make_certificate() const { certificates_.make_pair("serving", 24L * 3600); }

  // Swaps ..data as the kubelet does (pkg/volume/util/atomic_writer.go), the old version removed.
  void publish(const std::string& text) {
    const std::string version = ".." + std::to_string(++version_);
    folder_.write("volume/" + version + "/policy.yaml", text);
    fs::create_directory_symlink(version, folder_.path("volume/..data_tmp"));
    fs::rename(folder_.path("volume/..data_tmp"), folder_.path("volume/..data"));
    fs::remove_all(folder_.path("volume/.." + std::to_string(version_ - 1)));
  }
  [[nodiscard]] std::string arguments() const {
    return "--tls-cert " + certificates_.path("serving.crt") + " --tls-key " + certificates_.path("serving.key") +
           " --policy " + folder_.path("volume");
  }
  static bool denies(const Served& served) {
    Client client = Client::tls(served.https_port());
    return nlohmann::json::parse(client.post("/validate", kReview).body)["response"]["allowed"] == false;
  }
  static std::string get(const Served& served, const std::string& path) {
    Client client = Client::plain(served.health_port());
    client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const server::test::Reply reply = client.read_reply();
    return std::to_string(reply.status) + "\n" + reply.body;
  }

  server::test::CertificateFolder certificates_;
  TempDirectory folder_;
  int version_ = 0;
};

TEST_F(Reload, TakesTheNewPolicyOfAConfigMapVolume) {
  Served served(arguments());
  ASSERT_NE(served.https_port(), 0) << served.log();
  EXPECT_TRUE(denies(served));
  publish(policy("warn"));
  ASSERT_TRUE(served.logs(kReloaded)) << served.log();
  EXPECT_FALSE(denies(served));
  EXPECT_THAT(get(served, "/metrics"), HasSubstr("warmgate_config_reload_total{result=\"success\"} 1\n"));
  EXPECT_EQ(served.end_with(SIGTERM), 0);
}

TEST_F(Reload, KeepsTheLastGoodPolicyAndSaysWhereTheBrokenOneIsWrong) {
  Served served(arguments());
  ASSERT_NE(served.https_port(), 0) << served.log();
  publish(policy("forbid"));
  ASSERT_TRUE(served.logs(kNotReloaded)) << served.log();
  EXPECT_TRUE(denies(served));
  const std::string broken = get(served, "/metrics");
  EXPECT_THAT(broken, HasSubstr("warmgate_config_reload_total{result=\"failure\"} 1\n"));
  EXPECT_THAT(broken, HasSubstr("warmgate_config_last_reload_successful 0\n"));
  EXPECT_THAT(get(served, "/readyz"), HasSubstr("200"));

  publish(policy("warn"));
  ASSERT_TRUE(served.logs(kReloaded)) << served.log();
  EXPECT_FALSE(denies(served));
  EXPECT_THAT(get(served, "/metrics"), HasSubstr("warmgate_config_last_reload_successful 1\n"));
  EXPECT_EQ(served.end_with(SIGTERM), 0);
  EXPECT_THAT(served.log(), HasSubstr("policy.yaml:6:5: /spec/rules/WG101 is no action; use one of deny, warn"));
}

TEST_F(Reload, KeepsTheLastGoodPolicyWhenItsFileIsDeleted) {
  const std::string file = folder_.write("alone.yaml", policy("warn"));
  Served served("--tls-cert " + certificates_.path("serving.crt") + " --tls-key " + certificates_.path("serving.key") +
                " --policy " + file);
  ASSERT_NE(served.https_port(), 0) << served.log();
  fs::remove(file);
  ASSERT_TRUE(served.logs(kNotReloaded)) << served.log();
  EXPECT_FALSE(denies(served));
  folder_.write("alone.yaml", policy("deny"));
  ASSERT_TRUE(served.logs(kReloaded)) << served.log();
  EXPECT_TRUE(denies(served));
}

TEST_F(Reload, AnswersEveryRequestByOneOfTwoPoliciesWhileTheyAreSwapped) {
  Served served(arguments());
  ASSERT_NE(served.https_port(), 0) << served.log();
  const auto answer = [&] { return Client::tls(served.https_port()).post("/validate", kReview).body; };
  std::set<std::string> possible = {answer()};
  publish(policy("warn"));
  ASSERT_TRUE(served.logs(kReloaded, 1)) << served.log();
  possible.insert(answer());
  ASSERT_EQ(possible.size(), 2U);

  constexpr int kThreads = 4;
  std::atomic<bool> done = false;
  std::atomic<int> answered = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      Client client = Client::tls(served.https_port());
      while (!done) {
        ++answered;
        wrong += possible.contains(client.post("/validate", kReview).body) ? 0 : 1;
      }
    });
  }
  constexpr std::size_t kSwaps = 6;
  for (std::size_t swap = 0; swap < kSwaps; ++swap) {
    publish(policy(swap % 2 == 0 ? "deny" : "warn"));
    EXPECT_TRUE(served.logs(kReloaded, swap + 2)) << served.log();
  }
  done = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(answered, 0);
  EXPECT_THAT(get(served, "/metrics"),
              HasSubstr("warmgate_config_reload_total{result=\"success\"} " + std::to_string(kSwaps + 1) + "\n"));
}

TEST_F(Reload, ReadsEverythingOnSighupAndServesOn) {
  Served served(arguments());
  ASSERT_NE(served.https_port(), 0) << served.log();
  served.send(SIGHUP);
  EXPECT_TRUE(served.logs(kReloaded)) << served.log();
  EXPECT_TRUE(served.logs("\"certificate reloaded\"")) << served.log();
  EXPECT_TRUE(denies(served));
  EXPECT_EQ(served.end_with(SIGTERM), 0);
}

TEST_F(Reload, TakesANewCertificateAndKeepsItThroughAMismatch) {
  Served served(arguments());
  ASSERT_NE(served.https_port(), 0) << served.log();
  Client open = Client::tls(served.https_port());
  const std::string old = open.certificate();
  make_certificate();
  ASSERT_TRUE(served.logs("\"certificate reloaded\"")) << served.log();
  const std::string current = Client::tls(served.https_port()).certificate();
  EXPECT_NE(current, old);
  EXPECT_EQ(open.post("/validate", kReview).status, 200);

  // A pair that does not match is said when it lasts, or when somebody asks.
  fs::copy_file(certificates_.path("next.crt"), certificates_.path("serving.crt"),
                fs::copy_options::overwrite_existing);
  served.send(SIGHUP);
  ASSERT_TRUE(served.logs("certificate not reloaded: the last good one stays in use")) << served.log();
  EXPECT_EQ(Client::tls(served.https_port()).certificate(), current);
  EXPECT_THAT(get(served, "/metrics"), HasSubstr("warmgate_cert_last_reload_successful 0\n"));
  fs::copy_file(certificates_.path("next.key"), certificates_.path("serving.key"),
                fs::copy_options::overwrite_existing);
  ASSERT_TRUE(served.logs("\"certificate reloaded\"", 2)) << served.log();
  EXPECT_NE(Client::tls(served.https_port()).certificate(), current);
  EXPECT_THAT(get(served, "/metrics"), HasSubstr("warmgate_cert_last_reload_successful 1\n"));
  EXPECT_EQ(served.end_with(SIGTERM), 0);
  EXPECT_THAT(served.log(), Not(HasSubstr("PRIVATE KEY")));
}

TEST_F(Reload, ReadsWhatCanBeReadOnceOnlyOnce) {
  Served served("--tls-cert " + certificates_.path("serving.crt") + " --tls-key " + certificates_.path("serving.key") +
                " --policy - <" + folder_.write("once.yaml", policy("warn")));
  ASSERT_NE(served.https_port(), 0) << served.log();
  served.send(SIGHUP);
  ASSERT_TRUE(served.logs(kReloaded)) << served.log();
  EXPECT_FALSE(denies(served));
}

TEST_F(Reload, KeepsTheLastGoodFactsWhenAModelCacheIsNoneOrNoneAreLeft) {
  const auto cache = [](const std::string& storage) {
    return "apiVersion: warmgate.dev/v1alpha1\nkind: ModelCache\nmetadata: {name: qwen}\nspec:\n"
           "  source: {huggingFace: {repo: Qwen/Qwen3-32B, revision: 9216db5781bf21249d130ec9da846c4624c16137}}\n" +
           storage;
  };
  const std::string facts = folder_.write("facts/cache.yaml", cache("  storage: {claimName: c}\n"));
  Served served(arguments() + " --facts " + folder_.path("facts"));
  ASSERT_NE(served.https_port(), 0) << served.log();
  folder_.write("facts/cache.yaml", cache("  storage: {}\n"));
  ASSERT_TRUE(served.logs(facts + ":6:12: a ModelCache needs exactly one of storage.claimName and storage.create"))
      << served.log();
  fs::remove(facts);
  ASSERT_TRUE(served.logs(folder_.path("facts") + ": no manifest in it")) << served.log();
  EXPECT_THAT(get(served, "/metrics"), HasSubstr("warmgate_config_last_reload_successful 0\n"));
  folder_.write("facts/cache.yaml", cache("  storage: {create: {}}\n"));
  ASSERT_TRUE(served.logs(kReloaded)) << served.log();
}

TEST_F(Reload, HidesTheSecretsOfNewFacts) {
  const std::string secret = "c2VzYW1lLW9wZW4tcGxlYXNl";  // sesame-open-please
  const std::string facts = folder_.write("facts/claims.yaml", "{apiVersion: v1, kind: ConfigMap}\n");
  Served served(arguments() + " --facts " + folder_.path("facts"));
  ASSERT_NE(served.https_port(), 0) << served.log();
  folder_.write("facts/claims.yaml",
                "{apiVersion: v1, kind: Secret, metadata: {name: hf}, data: {token: " + secret + "}}\n");
  ASSERT_TRUE(served.logs(kReloaded)) << served.log();
  nlohmann::json review = nlohmann::json::parse(kReview);
  review["request"]["userInfo"]["username"] = "sesame-open-please";
  EXPECT_EQ(Client::tls(served.https_port()).post("/validate", review.dump()).status, 200);
  EXPECT_EQ(served.end_with(SIGTERM), 0);
  EXPECT_THAT(served.log(), HasSubstr("\"user\":\"[redacted]\""));
  EXPECT_THAT(served.log(), Not(HasSubstr("sesame-open-please")));
}

}  // namespace
}  // namespace warmgate::testing
