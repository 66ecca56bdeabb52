#include <atomic>
#include <thread>
#include <vector>

#include "server/fixture.h"

namespace warmgate::server::test {
namespace {

class DrainTest : public HttpsTest {
 protected:
  std::future<bool> drain_in_background(std::chrono::milliseconds limit) {
    return std::async(std::launch::async, [this, limit] { return server_->drain(limit); });
  }
};

TEST_F(DrainTest, ReturnsAtOnceWithoutConnections) {
  start();
  EXPECT_TRUE(server_->drain(kSoon));
  EXPECT_EQ(connect_tcp(server_->port()), -1);
}

TEST_F(DrainTest, AServerThatNeverStartedDrainsToo) {
  auto created = HttpsServer::create(options_, metrics_);
  ASSERT_TRUE(created.ok());
  EXPECT_TRUE(created.value()->drain(kSoon));
}

TEST_F(DrainTest, EndsIdleConnectionsAndAnswersWhatIsInFlight) {
  options_.routes["/slow"] = gate_.handler();
  start();
  Client idle = client();
  ASSERT_EQ(idle.post("/validate", "x").status, 200);
  Client busy = client();
  busy.send(post_request("/slow", "x"));
  gate_.wait_entered();

  std::future<bool> drained = drain_in_background(kSoon);
  EXPECT_EQ(idle.read_to_end(), "");  // the end of the connection, without a reply
  gate_.open.set_value();
  const Reply reply = busy.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "late but complete");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_EQ(reply.header("keep-alive"), "");
  EXPECT_EQ(busy.read_to_end(), "");
  EXPECT_TRUE(drained.get());
  EXPECT_EQ(connect_tcp(server_->port()), -1);
  EXPECT_TRUE(metric_is("warmgate_connections 0"));
}

TEST_F(DrainTest, WelcomesNewConnectionsWhileRequestsAreInFlight) {
  options_.routes["/slow"] = gate_.handler();
  start();
  Client idle = client();
  ASSERT_EQ(idle.post("/validate", "x").status, 200);
  Client busy = client();
  busy.send(post_request("/slow", "x"));
  gate_.wait_entered();
  std::future<bool> drained = drain_in_background(kSoon);
  EXPECT_EQ(idle.read_to_end(), "");  // so the drain has begun

  const Reply reply = client().post("/validate", "came late");
  EXPECT_EQ(reply.body, "echo came late");
  EXPECT_EQ(reply.header("connection"), "close");
  gate_.open.set_value();
  EXPECT_EQ(busy.read_reply().status, 200);
  busy.read_to_end();
  EXPECT_TRUE(drained.get());
}

TEST_F(DrainTest, CutsWhatIsLeftAtItsDeadlineAndSaysSo) {
  options_.routes["/slow"] = gate_.handler();
  start();
  Client busy = client();
  busy.send(post_request("/slow", "x"));
  gate_.wait_entered();
  EXPECT_FALSE(server_->drain(std::chrono::milliseconds{50}));
  EXPECT_EQ(busy.read_to_end(), "");
  gate_.open.set_value();
}

TEST_F(DrainTest, LosesNoReplyUnderLoad) {
  options_.max_wait = kSoon;
  start();
  std::atomic<int> answered{0};
  std::atomic<int> lost{0};
  std::atomic<bool> draining{false};
  std::promise<void> busy;
  std::vector<std::thread> clients;
  clients.reserve(6);
  for (int c = 0; c < 6; ++c) {
    clients.emplace_back([&] {
      for (bool goes_on = true; goes_on;) {
        Client connection = client();
        if (!connection.connected()) {
          lost += draining ? 0 : 1;
          return;
        }
        for (bool open = true; open;) {
          const Reply reply = connection.post("/validate", "x");
          open = reply.header("connection") != "close" && reply.status == 200;
          lost += reply.status == 200 ? 0 : 1;
          if (++answered == 100) {
            busy.set_value();
          }
          goes_on = !draining;
          open = open && goes_on;
        }
      }
    });
  }
  ASSERT_EQ(busy.get_future().wait_for(kSoon), std::future_status::ready);
  draining = true;
  EXPECT_TRUE(server_->drain(kSoon));
  for (std::thread& thread : clients) {
    thread.join();
  }
  EXPECT_EQ(lost.load(), 0);
}

}  // namespace
}  // namespace warmgate::server::test
