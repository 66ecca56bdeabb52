// `warmgate controller` as a process, without a cluster: what it says, and that it ends as it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "cli/program.h"
#include "server/client.h"

namespace warmgate::testing {
namespace {

using server::test::Client;
using ::testing::HasSubstr;

// Nobody listens on port 1.
constexpr const char* kKubeconfig = R"({"apiVersion": "v1", "kind": "Config", "current-context": "c",
  "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
  "users": [{"name": "u", "user": {"token": "secret-token"}}],
  "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "warmgate"}}]})";

class ControllerCommand : public ::testing::Test {
 protected:
  ControllerCommand() { folder_.write("kubeconfig", kKubeconfig); }

  TempDirectory folder_;
};

TEST_F(ControllerCommand, SaysWhyItCannotStart) {
  const Ran without = run("warmgate controller --kubeconfig " + folder_.path("none"));
  EXPECT_EQ(without.code, 2);
  EXPECT_THAT(without.err, HasSubstr("none"));
  const Ran policy = run("warmgate controller --policy " + folder_.path("none"));
  EXPECT_EQ(policy.code, 2);
  const Ran port = run("warmgate controller --health-port 70000");
  EXPECT_EQ(port.code, 2);
}

TEST_F(ControllerCommand, WithoutAClusterItIsAliveButNotReadyAndEndsCleanlyOnSigterm) {
  Served controller("--kubeconfig " + folder_.path("kubeconfig"), "controller", "\"controlling\"");
  ASSERT_NE(controller.health_port(), 0) << controller.log();
  ASSERT_TRUE(controller.logs("\"message\":\"objects cannot be read\",\"resource\":\"modelcaches\""));
  const auto ask = [&](const std::string& path) {
    Client probe = Client::plain(controller.health_port());
    probe.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return probe.read_reply();
  };
  EXPECT_EQ(ask("/livez").status, 200);
  EXPECT_EQ(ask("/readyz").status, 503);
  EXPECT_THAT(ask("/readyz").body, HasSubstr("the cluster has not been read yet: modelcaches ("));
  EXPECT_THAT(ask("/metrics").body, HasSubstr("\nwarmgate_controller_leader 0\n"));
  EXPECT_EQ(controller.end_with(SIGTERM), 0);
  EXPECT_THAT(controller.log(), HasSubstr("\"lease\":\"warmgate/warmgate-controller\""));
  EXPECT_THAT(controller.log(), HasSubstr("\"message\":\"stopped\""));
  EXPECT_THAT(controller.log(), ::testing::Not(HasSubstr("secret-token")));
}

}  // namespace
}  // namespace warmgate::testing
