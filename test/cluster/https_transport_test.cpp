// The real transport against TLS servers on loopback that behave well and badly.
#include <gmock/gmock.h>

#include <future>

#include "cluster/https_fixture.h"
#include "warmgate/base/text.h"

namespace warmgate::cluster::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST_F(HttpsTransportTest, RequestsArriveAsTheyWereBuiltAndWithoutExpect) {
  const TlsServer server(identity_, echo);
  const auto transport = transport_to(server);
  HttpRequest request =
      get("/api/v1/namespaces/a%20b/pods?labelSelector=a%20in%20%28b%2Cc%29%2Bd&continue=e_-Zz&limit=5");
  request.method = "PATCH";
  request.headers = {
      {"Accept", "application/json"}, {"Content-Type", "application/merge-patch+json"}, {"User-Agent", "warmgate/1"}};
  request.body = std::string(3000, 'x');  // the library would ask for 100-continue from 1 KiB on
  const HttpResult result = transport->send(request);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->header("content-type"), "application/json");
  const std::size_t head = result->body.size() - request.body.size();
  EXPECT_EQ(result->body.substr(head), request.body);
  // "+" is a blank in a query.
  EXPECT_THAT(
      base::split(result->body.substr(0, head), '\n'),
      ::testing::UnorderedElementsAre(
          "PATCH /api/v1/namespaces/a%20b/pods?labelSelector=a+in+(b,c)%2Bd&continue=e_-Zz&limit=5 HTTP/1.1\r",
          "Accept: application/json\r", "Content-Type: application/merge-patch+json\r",
          "Host: 127.0.0.1:" + port(server) + "\r", "Content-Length: 3000\r", "User-Agent: warmgate/1\r", "\r", ""));
}

TEST_F(HttpsTransportTest, ConnectionsAreKept) {
  const TlsServer server(identity_, echo);
  const auto transport = transport_to(server);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(transport->send(get("/")).ok());
  }
  EXPECT_EQ(server.handshakes(), 1);
}

TEST_F(HttpsTransportTest, RedirectsAreAnAnswerAndNeverFollowed) {
  const TlsServer server(identity_, [](Peer& peer) {
    while (!peer.read_request().empty()) {
      peer.write("HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    }
  });
  const HttpResult result = transport_to(server)->send(get("/"));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->status, 302);
  EXPECT_EQ(server.handshakes(), 1);
}

TEST_F(HttpsTransportTest, ATrickleIsCutAtTheDeadline) {
  std::promise<void> cut;
  const TlsServer server(identity_, [&cut](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    while (peer.write("x")) {
    }
    cut.set_value();
  });
  HttpRequest request = get("/");
  request.body_within = milliseconds{200};
  const HttpResult result = transport_to(server)->send(request);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, HttpFailureKind::kTimeout);
  EXPECT_EQ(cut.get_future().wait_for(seconds{20}), std::future_status::ready);
}

TEST_F(HttpsTransportTest, ServersThatNeverAnswerAreLeftAtTheDeadline) {
  const TlsServer silent(identity_, [](Peer& peer) {
    peer.read_request();
    peer.read_request();
  });
  HttpRequest request = get("/");
  request.head_within = milliseconds{100};
  const HttpResult result = transport_to(silent)->send(request);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, HttpFailureKind::kTimeout);
  EXPECT_EQ(result.error().message, "time-out while waiting for 127.0.0.1:" + port(silent));
}

TEST_F(HttpsTransportTest, ACallThatNobodyAnswersEndsAtOnceWhenItIsStopped) {
  std::promise<void> asked;
  const TlsServer silent(identity_, [&asked](Peer& peer) {
    peer.read_request();
    asked.set_value();
    peer.read_request();  // until the client leaves
  });
  std::stop_source stop;
  auto result = std::async(std::launch::async, [&] { return transport_to(silent)->send(get("/"), stop.get_token()); });
  ASSERT_EQ(asked.get_future().wait_for(seconds{20}), std::future_status::ready);
  stop.request_stop();
  ASSERT_EQ(result.wait_for(seconds{20}), std::future_status::ready) << "it has 30 s for an answer";
  EXPECT_EQ(result.get().error().kind, HttpFailureKind::kStopped);
}

TEST_F(HttpsTransportTest, ChunkedStreamsArriveAsTheyAreSentAndStopAtOnce) {
  std::promise<void> ended;
  const TlsServer server(identity_, [&ended](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\none\nt\r\n");
    peer.write("4\r\nwo\n3\r\n");
    peer.read_request();  // until the client leaves
    ended.set_value();
  });
  std::string seen;
  std::stop_source stop;
  std::promise<void> second;
  auto result = std::async(std::launch::async, [&] {
    return transport_to(server)->stream(get("/"), {[&](std::string_view chunk) {
                                          seen += chunk;
                                          if (seen == "one\ntwo\n3") {
                                            second.set_value();
                                          }
                                          return true;
                                        }},
                                        stop.get_token());
  });
  ASSERT_EQ(second.get_future().wait_for(seconds{20}), std::future_status::ready);
  stop.request_stop();
  const HttpResult stopped = result.get();
  ASSERT_FALSE(stopped.ok());
  EXPECT_EQ(stopped.error().kind, HttpFailureKind::kStopped);
  EXPECT_EQ(ended.get_future().wait_for(seconds{20}), std::future_status::ready);
}

TEST_F(HttpsTransportTest, StreamsEndWhereTheServerEndsThemAndTheirConnectionIsKept) {
  const TlsServer server(identity_, [](Peer& peer) {
    while (!peer.read_request().empty()) {
      peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    }
  });
  const auto transport = transport_to(server);
  for (int i = 0; i < 2; ++i) {
    std::string seen;
    const HttpResult result = transport->stream(get("/"), {[&](std::string_view chunk) {
                                                  seen += chunk;
                                                  return true;
                                                }},
                                                {});
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(seen, "abc");
    EXPECT_EQ(result->body, "");
  }
  EXPECT_EQ(server.handshakes(), 1);
}

TEST_F(HttpsTransportTest, StreamsThatFallSilentAreEnded) {
  std::promise<void> left;
  const TlsServer server(identity_, [&left](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 50; ++i) {
      peer.write("1\r\nx\r\n");
    }
    peer.read_request();  // until the client leaves
    left.set_value();
  });
  HttpRequest request = get("/");
  request.silence_within = milliseconds{200};
  int opened = 0;
  std::string seen;
  const HttpResult result = transport_to(server)->stream(request,
                                                         {[&](std::string_view chunk) {
                                                            EXPECT_EQ(opened, 1) << "the head comes first";
                                                            seen += chunk;
                                                            return true;
                                                          },
                                                          [&] { ++opened; }},
                                                         {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, HttpFailureKind::kSilent);
  EXPECT_EQ(result.error().message, "127.0.0.1:" + port(server) + " sent nothing for 1 s");
  EXPECT_EQ(seen, std::string(50, 'x'));
  EXPECT_EQ(left.get_future().wait_for(seconds{20}), std::future_status::ready);
}

TEST_F(HttpsTransportTest, TheTimeOfTheWholeBodyCountsWhereItEndsFirst) {
  const TlsServer server(identity_, [](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.read_request();
  });
  HttpRequest request = get("/");
  request.body_within = milliseconds{100};
  request.silence_within = seconds{20};
  const HttpResult result = transport_to(server)->stream(request, {[](std::string_view) { return true; }}, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, HttpFailureKind::kTimeout);
}

TEST_F(HttpsTransportTest, StreamsThatAreCutAreBroken) {
  const TlsServer server(identity_, [](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  });
  const HttpResult result = transport_to(server)->stream(get("/"), {[](std::string_view) { return true; }}, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, HttpFailureKind::kBroken);
  EXPECT_EQ(result.error().message, "127.0.0.1:" + port(server) + " ended the connection in the middle of its answer");
}

TEST_F(HttpsTransportTest, RefusedStreamsGiveTheirBodyBack) {
  const TlsServer server(identity_, [](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\nlate");
  });
  const HttpResult result = transport_to(server)->stream(get("/"),
                                                         {[](std::string_view) {
                                                            ADD_FAILURE() << "the body of a refusal is no stream";
                                                            return false;
                                                          },
                                                          [] { ADD_FAILURE() << "a refusal opens no stream"; }},
                                                         {});
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->status, 410);
  EXPECT_EQ(result->body, "late");
}

// Answers one request on the first connection, takes the second one without an answer; later connections echo.
TlsServer::Script closing_after_one_answer(std::atomic<int>& connections) {
  return [&connections](Peer& peer) {
    if (connections++ > 0) {
      echo(peer);
      return;
    }
    peer.read_request();
    peer.answer("first");
    peer.read_request();
  };
}

TEST_F(HttpsTransportTest, KeptConnectionsThatTheServerClosesAreReplacedForRepeatableRequests) {
  std::atomic<int> connections{0};
  const TlsServer server(identity_, closing_after_one_answer(connections));
  const auto transport = transport_to(server);
  ASSERT_TRUE(transport->send(get("/")).ok());
  const HttpResult second = transport->send(get("/again"));
  ASSERT_TRUE(second.ok()) << second.error().message;
  EXPECT_THAT(second->body, HasSubstr("GET /again HTTP/1.1"));
  EXPECT_EQ(connections, 2);
}

TEST_F(HttpsTransportTest, RequestsThatMustNotBeRepeatedAreNot) {
  std::atomic<int> connections{0};
  const TlsServer server(identity_, closing_after_one_answer(connections));
  const auto transport = transport_to(server);
  ASSERT_TRUE(transport->send(get("/")).ok());
  HttpRequest request = get("/create");
  request.method = "POST";
  request.body = "{}";
  request.repeatable = false;
  const HttpResult second = transport->send(request);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, HttpFailureKind::kBroken);
  EXPECT_EQ(second.error().message, "127.0.0.1:" + port(server) + " ended the connection without an answer");
  EXPECT_EQ(connections, 1);
}

struct BadAnswer {
  const char* name;
  std::string text;
  HttpFailureKind kind;
  const char* message;
};

class BadAnswers : public HttpsTransportTest, public ::testing::WithParamInterface<BadAnswer> {};

TEST_P(BadAnswers, AreRefusedWithinTheirLimits) {
  const TlsServer server(identity_, [](Peer& peer) {
    peer.read_request();
    peer.write(GetParam().text);
    // More than any limit; ends when the client has had enough.
    while (peer.write(std::string(16384, 'y'))) {
    }
  });
  HttpRequest request = get("/");
  request.max_body_bytes = 2UL * 1024 * 1024;
  const HttpResult result = transport_to(server)->send(request);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, GetParam().kind) << result.error().message;
  EXPECT_EQ(result.error().message, "127.0.0.1:" + port(server) + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadAnswers,
    ::testing::Values(
        BadAnswer{"Garbage", "SSH-2.0-OpenSSH\r\n", HttpFailureKind::kMalformed, " did not answer in valid HTTP"},
        BadAnswer{"EndlessReason", "HTTP/1.1 200 ", HttpFailureKind::kMalformed, " did not answer in valid HTTP"},
        BadAnswer{"EndlessHeader", "HTTP/1.1 200 OK\r\nA: ", HttpFailureKind::kMalformed,
                  " did not answer in valid HTTP"},
        BadAnswer{"ContentLengthNotANumber", "HTTP/1.1 200 OK\r\nContent-Length: 12a\r\n\r\n",
                  HttpFailureKind::kMalformed, " did not answer in valid HTTP"},
        BadAnswer{"TwoContentLengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                  HttpFailureKind::kMalformed, " did not answer in valid HTTP"},
        BadAnswer{"HugeContentLength", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
                  HttpFailureKind::kTooLarge, " sent a body of more than 2 MiB"},
        BadAnswer{"NegativeChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n",
                  HttpFailureKind::kTooLarge, " sent a body of more than 2 MiB"},
        BadAnswer{"NoFramingAtAll", "HTTP/1.1 200 OK\r\n\r\n", HttpFailureKind::kTooLarge,
                  " sent a body of more than 2 MiB"},
        BadAnswer{"EarlyHints", "HTTP/1.1 103 Early Hints\r\n\r\n", HttpFailureKind::kMalformed,
                  " sent an interim response that was not asked for"}),
    [](const auto& row) { return row.param.name; });

TEST_F(HttpsTransportTest, AnswersWithoutADefiniteEndAreNotFollowedByAnotherRequest) {
  const TlsServer server(identity_, [](Peer& peer) {
    peer.read_request();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
    peer.read_request();
  });
  const auto transport = transport_to(server);
  EXPECT_EQ(transport->send(get("/"))->body, "ok");
  HttpRequest request = get("/");
  const HttpResult second = transport->send(request);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->body, "ok");
  EXPECT_EQ(server.handshakes(), 2);
}

TEST_F(HttpsTransportTest, ClosedPortsAndUnknownNamesAreNamed) {
  int closed = 0;
  { closed = TlsServer(identity_, echo).port(); }
  const auto refused = make_https_transport({"127.0.0.1", closed, "", authority_.pem()});
  EXPECT_EQ(refused.value()->send(get("/")).error().message,
            "cannot connect to 127.0.0.1:" + std::to_string(closed) + ": Connection refused");
  const auto unknown = make_https_transport({"nothing.invalid", 443, "", authority_.pem()});
  EXPECT_THAT(unknown.value()->send(get("/")).error().message, HasSubstr("cannot look up the name nothing.invalid"));
}

TEST_F(HttpsTransportTest, AuthoritiesThatAreNoneAreAnErrorAtOnce) {
  const auto transport = make_https_transport({"127.0.0.1", 1, "", "nonsense"});
  ASSERT_FALSE(transport.ok());
  EXPECT_EQ(
      transport.error().message,
      "the certificate authorities cannot be used: it holds no PEM certificate (a block that starts with -----BEGIN "
      "CERTIFICATE-----)");
}

}  // namespace
}  // namespace warmgate::cluster::test
