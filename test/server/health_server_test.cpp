#include "warmgate/server/health_server.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "server/fixture.h"

namespace warmgate::server::test {
namespace {

class HealthTest : public HttpsTest {
 protected:
  void start_health(HealthCheck ready, HealthCheck alive = {}) {
    auto created = HealthServer::create("127.0.0.1", 0, metrics_, std::move(ready), std::move(alive));
    ASSERT_TRUE(created.ok()) << created.error().message;
    health_ = std::move(created).value();
    health_->start();
  }

  [[nodiscard]] Reply ask(const std::string& method, const std::string& path) const {
    Client connection = Client::plain(health_->port());
    connection.send(method + " " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return connection.read_reply(method == "HEAD");
  }

  std::unique_ptr<HealthServer> health_;
};

TEST_F(HealthTest, ReadinessFollowsTheCheckAndLivenessDoesNot) {
  std::string reason;
  start_health([&] { return reason; });
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  EXPECT_EQ(ask("GET", "/readyz").body, "ok\n");
  reason = "the policy is not loaded";
  EXPECT_EQ(ask("GET", "/readyz").status, 503);
  EXPECT_EQ(ask("GET", "/readyz").body, "the policy is not loaded\n");
  EXPECT_EQ(ask("GET", "/livez").status, 200);
  EXPECT_EQ(ask("GET", "/livez?verbose").body, "ok\n");
}

TEST_F(HealthTest, LivenessHasACheckOfItsOwn) {
  start_health({}, [] { return std::string("a worker hangs"); });
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  EXPECT_EQ(ask("GET", "/livez").status, 503);
  EXPECT_EQ(ask("GET", "/livez").body, "a worker hangs\n");
}

TEST_F(HealthTest, AReadinessCheckThatThrowsIsNotReady) {
  start_health([]() -> std::string { throw std::runtime_error("no"); });
  EXPECT_EQ(ask("GET", "/readyz").status, 500);
  EXPECT_TRUE(metric_is("warmgate_panics_total 1"));
}

TEST_F(HealthTest, ServesMetricsAsTheExpositionFormat) {
  start_health({});
  metrics_.rejected("path");
  const Reply reply = ask("GET", "/metrics");
  EXPECT_EQ(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(reply.body.find("warmgate_rejected_total{reason=\"path\"} 1\n"), std::string::npos);
}

TEST_F(HealthTest, HeadSendsTheHeadOnly) {
  start_health({});
  Client connection = Client::plain(health_->port());
  connection.send("HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  const Reply reply = connection.read_reply(true);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-length"), "3");
  EXPECT_EQ(connection.read_to_end(), "");
}

TEST_F(HealthTest, RefusesOtherPathsAndMethods) {
  start_health({});
  EXPECT_EQ(ask("GET", "/").status, 404);
  EXPECT_EQ(ask("GET", "/validate").status, 404);
  EXPECT_EQ(ask("DELETE", "/livez").status, 405);
  EXPECT_EQ(ask("DELETE", "/livez").header("allow"), "GET, HEAD");
}

TEST_F(HealthTest, AnswersWhileEveryHttpsWorkerIsPinned) {
  options_.routes["/slow"] = gate_.handler();
  options_.workers = 1;
  start();
  start_health({});
  Client busy = client();
  busy.send(post_request("/slow", "x"));
  gate_.wait_entered();
  EXPECT_EQ(ask("GET", "/livez").status, 200);
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  EXPECT_NE(ask("GET", "/metrics").body.find("warmgate_inflight 1\n"), std::string::npos);
  gate_.open.set_value();
  EXPECT_EQ(busy.read_reply().status, 200);
}

TEST_F(HealthTest, AnswersAlthoughSilentConnectionsHoldAllItsWorkers) {
  start_health({});
  std::vector<Client> silent;
  silent.reserve(8);
  for (int i = 0; i < 8; ++i) {
    silent.push_back(Client::plain(health_->port()));
  }
  EXPECT_EQ(ask("GET", "/livez").status, 200);
}

TEST_F(HealthTest, ATakenPortIsAnErrorAndStopFreesIt) {
  start_health({});
  const int port = health_->port();
  const auto second = HealthServer::create("127.0.0.1", port, metrics_, {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "address 127.0.0.1:" + std::to_string(port) +
                                        ": already in use; choose another port for health and metrics");
  health_->stop();
  EXPECT_TRUE(HealthServer::create("127.0.0.1", port, metrics_, {}).ok());
}

}  // namespace
}  // namespace warmgate::server::test
