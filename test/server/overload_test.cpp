// Time and load: slow clients, full queues, busy handlers.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "server/fixture.h"

namespace warmgate::server::test {
namespace {

// Sends `text` over and over, a byte every 100 ms, until the server answers or ends the connection. True when it did.
bool trickle_until_answered(Client& client, const std::string& text) {
  const auto give_up = std::chrono::steady_clock::now() + kSoon;
  for (std::size_t i = 0; std::chrono::steady_clock::now() < give_up; ++i) {
    if (!client.send({&text[i % text.size()], 1}) || client.readable(std::chrono::milliseconds{100})) {
      return true;
    }
  }
  return false;
}

TEST_F(HttpsTest, AHeaderThatTricklesIsCutAtTheDeadline) {
  options_.request_deadline = std::chrono::seconds{1};
  start();
  Client connection = client();
  connection.send("POST /validate HTTP/1.1\r\n");
  ASSERT_TRUE(trickle_until_answered(connection, "X-A: b\r\n"));
  EXPECT_EQ(connection.read_reply().status, 408);
  EXPECT_TRUE(metric_is("warmgate_rejected_total{reason=\"deadline\"} 1")) << metrics_.text();
}

TEST_F(HttpsTest, ARequestLineThatTricklesIsCutAtTheDeadline) {
  options_.request_deadline = std::chrono::seconds{1};
  start();
  Client connection = client();
  ASSERT_TRUE(trickle_until_answered(connection, "P"));
  EXPECT_EQ(connection.read_to_end(), "");
  EXPECT_TRUE(metric_is("warmgate_rejected_total{reason=\"deadline\"} 1")) << metrics_.text();
}

TEST_F(HttpsTest, ABodyThatTricklesIsCutAtTheDeadline) {
  options_.request_deadline = std::chrono::seconds{1};
  start();
  Client connection = client();
  connection.send("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  ASSERT_TRUE(trickle_until_answered(connection, "x"));
  EXPECT_EQ(connection.read_reply().status, 408);
}

TEST_F(HttpsTest, AHandshakeThatTricklesIsCutAtTheDeadline) {
  options_.request_deadline = std::chrono::seconds{1};
  start();
  Client connection = Client::plain(server_->port());
  connection.send(std::string("\x16\x03\x01\x02\x00", 5));  // a TLS record that announces 512 bytes of ClientHello
  EXPECT_TRUE(trickle_until_answered(connection, "\x01"));
  EXPECT_TRUE(metric_is("warmgate_rejected_total{reason=\"deadline\"} 1")) << metrics_.text();
}

TEST_F(HttpsTest, AnIdleConnectionIsNotLate) {
  options_.request_deadline = std::chrono::seconds{1};
  start();
  Client idle = client();
  ASSERT_EQ(idle.post("/validate", "x").status, 200);
  Client slow = client();
  slow.send("POST ");
  ASSERT_EQ(slow.read_to_end(), "");  // one deadline has passed for certain
  EXPECT_EQ(idle.post("/validate", "still here").body, "echo still here");
}

TEST_F(HttpsTest, SlowHandshakesGiveWayWhenOthersWaitForAWorker) {
  options_.workers = 2;
  start();
  const std::array<int, 2> slow{connect_tcp(server_->port()), connect_tcp(server_->port())};
  EXPECT_EQ(client().post("/validate", "honest").body, "echo honest");
  for (const int fd : slow) {
    ::close(fd);
  }
}

TEST_F(HttpsTest, MoreRequestsThanPlacesAreTold503AndToComeBack) {
  options_.routes["/slow"] = gate_.handler();
  options_.max_running = 1;
  options_.max_wait = std::chrono::milliseconds{1};
  start();
  Client busy = client();
  busy.send(post_request("/slow", "x"));
  gate_.wait_entered();
  EXPECT_TRUE(metric_is("warmgate_inflight 1")) << metrics_.text();

  const Reply reply = client().post("/validate", "x");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.header("retry-after"), "1");
  EXPECT_EQ(reply.body, "refused 503: the server is busy; try again");
  EXPECT_TRUE(metric_is("warmgate_rejected_total{reason=\"overload\"} 1")) << metrics_.text();

  gate_.open.set_value();
  EXPECT_EQ(busy.read_reply().body, "late but complete");
  EXPECT_EQ(client().post("/validate", "x").status, 200);
}

TEST_F(HttpsTest, LargeRequestsWaitForEachOtherAndLetSmallOnesPass) {
  const std::string large(options_.max_body_bytes - 10, 'x');
  options_.routes["/slow"] = gate_.handler();
  options_.max_running = 10;
  options_.max_wait = std::chrono::milliseconds{1};
  start();
  Client busy = client();
  busy.send(post_request("/slow", large));
  gate_.wait_entered();
  EXPECT_EQ(client().post("/validate", large).status, 503);
  EXPECT_EQ(client().post("/validate", "ten bytes!").status, 200) << "there is room for that much";
  EXPECT_EQ(client().post("/validate", "eleven byte").status, 503);
  gate_.open.set_value();
  EXPECT_EQ(busy.read_reply().body, "late but complete");
  EXPECT_EQ(client().post("/validate", large).status, 200);
}

TEST_F(HttpsTest, AConnectionBeyondTheQueueIsClosedAndCounted) {
  options_.routes["/slow"] = gate_.handler();
  options_.workers = 1;
  options_.max_queue = 1;
  start();
  Client busy = client();
  busy.send(post_request("/slow", "x"));
  gate_.wait_entered();
  const int queued = connect_tcp(server_->port());
  const int surplus = connect_tcp(server_->port());
  ASSERT_GE(surplus, 0);
  char byte = 0;
  EXPECT_LE(::recv(surplus, &byte, 1, 0), 0);
  EXPECT_TRUE(metric_is("warmgate_rejected_total{reason=\"overload\"} 1")) << metrics_.text();
  EXPECT_TRUE(metric_is("warmgate_queue_depth 1")) << metrics_.text();
  gate_.open.set_value();
  EXPECT_EQ(busy.read_reply().body, "late but complete");
  ::close(queued);
  ::close(surplus);
}

TEST_F(HttpsTest, AnswersManyClientsAtOnceEachItsOwn) {
  options_.max_wait = kSoon;
  start();
  std::atomic<int> right{0};
  std::vector<std::thread> clients;
  clients.reserve(8);
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      Client connection = client();
      for (int i = 0; i < 25; ++i) {
        const std::string body = std::to_string(c) + "/" + std::to_string(i);
        right += connection.post("/validate", body).body == "echo " + body ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : clients) {
    thread.join();
  }
  EXPECT_EQ(right.load(), 200);
}

}  // namespace
}  // namespace warmgate::server::test
