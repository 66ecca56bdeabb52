// Exec plugins, which are scripts here, by way of a kubeconfig.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>

#include "cluster/authority.h"
#include "cluster/fakes.h"
#include "support/temp_directory.h"
#include "warmgate/cluster/kubeconfig.h"
#include "warmgate/document/json.h"

namespace warmgate::cluster::test {
namespace {

using document::Json;

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

std::string answer(const Json& status, const std::string& version = kV1) {
  return Json{{"apiVersion", version}, {"kind", "ExecCredential"}, {"status", status}}.dump();
}

class ExecPluginTest : public ::testing::Test {
 protected:
  // A plugin that is the shell script `body`; `more` are members of exec, in JSON.
  std::shared_ptr<CredentialSource> source(const std::string& body, const Json& more = Json::object(),
                                           std::chrono::milliseconds limit = std::chrono::seconds{30}) {
    const std::string script = folder_.write("plugin", "#!/bin/sh\n" + body);
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    Json exec{{"apiVersion", kV1}, {"command", "./plugin"}, {"interactiveMode", "IfAvailable"}};
    exec.update(more);
    const Json config{
        {"current-context", "a"},
        {"contexts", {{{"name", "a"}, {"context", {{"cluster", "c"}, {"user", "u"}}}}}},
        {"clusters",
         {{{"name", "c"},
           {"cluster",
            {{"server", "https://1.2.3.4:6443"},
             {"tls-server-name", "kubernetes"},
             {"extensions", {{{"name", "client.authentication.k8s.io/exec"}, {"extension", {{"audience", "x"}}}}}}}}}}},
        {"users", {{{"name", "u"}, {"user", {{"exec", exec}}}}}}};
    const auto connection =
        load_kubeconfig({folder_.write("config", config.dump()), "", limit}, environment_of({}), clock_);
    EXPECT_TRUE(connection.ok()) << connection.error().message;
    return connection->credentials;
  }
  // The answer in a file that the script prints; and one line in the file "runs" for each run.
  std::string printing(const std::string& text) {
    return "echo run >> '" + folder_.path("runs") + "'; cat '" + folder_.write("answer", text) + "'\n";
  }
  [[nodiscard]] long runs() const {
    std::ifstream file(folder_.path("runs"));
    return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
  }
  std::string error_of(const base::Result<Credentials>& credentials) const {
    std::string text = credentials.ok() ? "no error" : credentials.error().message;
    const std::size_t at = text.find(folder_.path());
    return at == std::string::npos ? text : text.replace(at, folder_.path().size(), "FOLDER");
  }

  testing::TempDirectory folder_;
  FakeClock clock_;
  Authority authority_;
};

TEST_F(ExecPluginTest, TokensAreKeptUntilTheyExpire) {
  clock_.wall = Clock::Wall::from_time_t(1'795'530'000);  // 2026-11-24T14:20:00Z
  const auto plugin =
      source(printing(answer({{"token", "t-1"}, {"expirationTimestamp", "2026-11-24T15:21:00.25+01:00"}})));
  EXPECT_EQ(plugin->current({})->token, "t-1");
  clock_.passed = std::chrono::seconds{59};
  EXPECT_EQ(plugin->current({})->token, "t-1");
  EXPECT_EQ(runs(), 1);
  clock_.passed = std::chrono::seconds{60};
  EXPECT_EQ(plugin->current({})->token, "t-1");
  EXPECT_EQ(runs(), 2);
}

TEST_F(ExecPluginTest, RefusedCredentialsAreAskedForAgain) {
  const auto plugin = source(printing(answer({{"token", "t-1"}})));
  const Credentials first = plugin->current({}).value();
  EXPECT_TRUE(plugin->renew(first));
  EXPECT_EQ(plugin->current({})->token, "t-1");
  EXPECT_EQ(runs(), 2);
  // Somebody else's old refusal: what there is now was not refused.
  EXPECT_TRUE(plugin->renew({"older", nullptr}));
  EXPECT_EQ(plugin->current({})->token, "t-1");
  EXPECT_EQ(runs(), 2);
}

TEST_F(ExecPluginTest, ArgumentsEnvironmentAndClusterAreHandedOver) {
  const auto plugin =
      source("{ printf '%s|' \"$@\" \"$GREETING\" \"$HOME\"; cat; echo \"$KUBERNETES_EXEC_INFO\"; } > '" +
                 folder_.path("seen") + "'\n" + printing(answer({{"token", "t"}})),
             {{"args", {"get token", "$(touch x)"}},
              {"env", {{{"name", "GREETING"}, {"value", "hi"}}, {{"name", "HOME"}, {"value", "/h"}}}},
              {"provideClusterInfo", true}});
  ASSERT_EQ(plugin->current({})->token, "t");
  std::ifstream file(folder_.path("seen"));
  const std::string seen((std::istreambuf_iterator<char>(file)), {});
  const Json cluster{
      {"server", "https://1.2.3.4:6443"}, {"tls-server-name", "kubernetes"}, {"config", {{"audience", "x"}}}};
  const Json info{
      {"apiVersion", kV1}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}, {"cluster", cluster}}}};
  EXPECT_EQ(seen, "get token|$(touch x)|hi|/h|" + info.dump() + "\n");
}

TEST_F(ExecPluginTest, CertificatesAreTakenAndStayTheSameObject) {
  const TlsIdentity identity = authority_.issue("DNS:me");
  const auto plugin = source(
      printing(answer({{"clientCertificateData", identity.certificate_pem}, {"clientKeyData", identity.key_pem}})));
  const Credentials first = plugin->current({}).value();
  ASSERT_NE(first.identity, nullptr);
  EXPECT_EQ(first.identity->key_pem, identity.key_pem);
  plugin->renew(first);
  EXPECT_EQ(plugin->current({})->identity, first.identity);
  EXPECT_EQ(runs(), 2);
}

TEST_F(ExecPluginTest, BetaPluginsNeedNoMode) {
  const std::string beta = "client.authentication.k8s.io/v1beta1";
  const auto plugin =
      source(printing(answer({{"token", "t"}}, beta)), {{"apiVersion", beta}, {"interactiveMode", nullptr}});
  EXPECT_EQ(plugin->current({})->token, "t");
}

TEST_F(ExecPluginTest, FailuresQuoteWhatThePluginComplainedOf) {
  EXPECT_EQ(
      error_of(source("echo s3cret; echo 'log in first:\n  tool login' >&2; exit 3", {{"installHint", "apt install x"}})
                   ->current({})),
      "exec plugin FOLDER/plugin: it ended with exit code 3: log in first:   tool login; apt install x");
  EXPECT_EQ(error_of(source("kill -9 $$")->current({})), "exec plugin FOLDER/plugin: it was ended by signal 9");
  EXPECT_EQ(error_of(source("", {{"command", "./nowhere"}})->current({})),
            "exec plugin FOLDER/nowhere: cannot start it: No such file or directory");
}

TEST_F(ExecPluginTest, WhatIsNoCredentialIsRefusedWithoutShowingIt) {
  const std::string wrong = "exec plugin FOLDER/plugin: ";
  for (const auto& [text, error] : std::vector<std::pair<std::string, std::string>>{
           {"s3cret", "it printed no JSON object; it must print an ExecCredential"},
           {"{\"token\": \"s3cret", "it printed no JSON object; it must print an ExecCredential"},
           {answer({{"token", "s3cret"}}, "client.authentication.k8s.io/v1beta1"),
            "it must print an ExecCredential of client.authentication.k8s.io/v1, the apiVersion in the kubeconfig; it "
            "printed "
            "kind \"ExecCredential\" of \"client.authentication.k8s.io/v1beta1\""},
           {answer(Json::object()), "its answer has neither a token nor a client certificate"},
           {answer({{"token", "s3cret\n"}, {"expirationTimestamp", "tomorrow"}}),
            "its answer's expirationTimestamp is no RFC 3339 time"},
           {answer({{"token", "s3 cret"}}), "the token holds a blank, a line break or a byte that is not ASCII"},
           {answer({{"clientKeyData", "s3cret"}}),
            "its answer has one of clientCertificateData and clientKeyData without the other"},
           {answer({{"clientCertificateData", "s3cret"}, {"clientKeyData", "s3cret"}}),
            "its answer: the client certificate cannot be used: it holds no PEM certificate (a block that starts with "
            "-----BEGIN CERTIFICATE-----)"}}) {
    EXPECT_EQ(error_of(source(printing(text))->current({})), wrong + error);
  }
}

TEST_F(ExecPluginTest, PluginsThatHangAreKilledWithWhatTheyStarted) {
  ASSERT_EQ(::mkfifo(folder_.path("fifo").c_str(), 0600), 0);
  // Two processes hold the fifo open until they die.
  const auto plugin = source("sleep 1000 3<>'" + folder_.path("fifo") + "' & echo waiting >&2; exec sleep 1000 3<>'" +
                                 folder_.path("fifo") + "'",
                             Json::object(), std::chrono::milliseconds{300});
  EXPECT_EQ(error_of(plugin->current({})), "exec plugin FOLDER/plugin: it did not end within 1 s: waiting");
  // Writing without a reader fails; the second process dies a moment after the first.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  int fd = 0;
  while ((fd = ::open(folder_.path("fifo").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) >= 0) {
    ::close(fd);
    ASSERT_LT(std::chrono::steady_clock::now(), give_up) << "a process is left";
  }
}

TEST_F(ExecPluginTest, AStopEndsThePluginAndThoseWhoWaitForItsAnswer) {
  ASSERT_EQ(::mkfifo(folder_.path("fifo").c_str(), 0600), 0);
  const auto plugin = source("echo > '" + folder_.path("fifo") + "'; exec sleep 1000");
  std::stop_source stop;
  const auto ask = [&] { return error_of(plugin->current(stop.get_token())); };
  auto asking = std::async(std::launch::async, ask);
  std::ifstream(folder_.path("fifo")).get();  // the plugin runs
  auto waiting = std::async(std::launch::async, ask);
  stop.request_stop();
  EXPECT_EQ(asking.get(), "exec plugin FOLDER/plugin: it was stopped with this process");
  EXPECT_THAT(waiting.get(), ::testing::StartsWith("exec plugin FOLDER/plugin: ")) << "waiting or asking, it ends";
}

TEST_F(ExecPluginTest, EndlessOutputIsCut) {
  EXPECT_EQ(error_of(source("exec cat /dev/zero")->current({})),
            "exec plugin FOLDER/plugin: it wrote more than 1024 KiB");
}

TEST_F(ExecPluginTest, WhatThePluginLeavesRunningIsNotWaitedFor) {
  const auto plugin =
      source("sleep 1000 & echo $! > '" + folder_.path("pid") + "'\n" + printing(answer({{"token", "t"}})));
  EXPECT_EQ(plugin->current({})->token, "t");
  std::ifstream file(folder_.path("pid"));
  pid_t left = 0;
  file >> left;
  ASSERT_GT(left, 0);
  EXPECT_EQ(::kill(left, SIGKILL), 0);  // it was still there
}

}  // namespace
}  // namespace warmgate::cluster::test
