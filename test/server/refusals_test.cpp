// What is refused before its body is read, and that nothing hidden in such a body is ever taken for a request.
#include <algorithm>
#include <vector>

#include "server/fixture.h"

namespace warmgate::server::test {
namespace {

struct RefusalCase {
  std::string name;
  std::string head;  // without the empty line
  int status;
  std::string reason;
};

class Refusals : public HttpsTest, public ::testing::WithParamInterface<RefusalCase> {};

TEST_P(Refusals, AreAnsweredAndEndTheConnection) {
  start();
  Client connection = client();
  connection.send(GetParam().head + "\r\n\r\n" + post_request("/validate", "smuggled"));
  const Reply reply = connection.read_reply(GetParam().head.rfind("HEAD", 0) == 0);
  EXPECT_EQ(reply.status, GetParam().status);
  if (GetParam().head.rfind("HEAD", 0) != 0) {
    EXPECT_EQ(reply.body.rfind("refused " + std::to_string(GetParam().status) + ": ", 0), 0U) << reply.body;
  }
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_EQ(reply.header("allow"), GetParam().status == 405 ? "POST" : "");
  EXPECT_EQ(connection.read_to_end(), "") << "a request hidden in an unread body was answered";
  EXPECT_TRUE(metric_is("warmgate_rejected_total{reason=\"" + GetParam().reason + "\"} 1")) << metrics_.text();
  EXPECT_EQ(client().post("/validate", "x").status, 200);
}

const std::string kPost = "POST /validate HTTP/1.1\r\nHost: x\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, Refusals,
    ::testing::Values(
        RefusalCase{"get", "GET /validate HTTP/1.1\r\nHost: x", 405, "method"},
        RefusalCase{"head", "HEAD /validate HTTP/1.1\r\nHost: x", 405, "method"},
        RefusalCase{"get_with_body", "GET /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 114", 405, "method"},
        RefusalCase{"put", "PUT /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 114", 405, "method"},
        RefusalCase{"websocket",
                    "GET /validate HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                    405, "method"},
        RefusalCase{"path", "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 114", 404, "path"},
        RefusalCase{"path_below", "POST /validate/x HTTP/1.1\r\nHost: x\r\nContent-Length: 114", 404, "path"},
        RefusalCase{"chunked", kPost + "Transfer-Encoding: chunked", 411, "transfer_encoding"},
        RefusalCase{"chunked_with_length", kPost + "Transfer-Encoding: chunked\r\nContent-Length: 5", 400, "malformed"},
        RefusalCase{"chunked_with_length_zero", kPost + "Transfer-Encoding: chunked\r\nContent-Length: 0", 411,
                    "transfer_encoding"},
        RefusalCase{"transfer_gzip", kPost + "Transfer-Encoding: gzip", 411, "transfer_encoding"},
        RefusalCase{"gzip", kPost + "Content-Encoding: gzip\r\nContent-Length: 114", 415, "content_encoding"},
        RefusalCase{"second_encoding",
                    kPost + "Content-Encoding: identity\r\nContent-Encoding: br\r\nContent-Length: 114", 415,
                    "content_encoding"},
        RefusalCase{"multipart", kPost + "Content-Type: MultiPart/form-data; boundary=x\r\nContent-Length: 114", 415,
                    "multipart"},
        RefusalCase{"multipart_encoded", kPost + "Content-Type: %6dultipart/form-data\r\nContent-Length: 114", 415,
                    "multipart"},
        RefusalCase{"no_length", kPost + "Accept: */*", 411, "content_length"},
        RefusalCase{"length_plus", kPost + "Content-Length: +5", 400, "content_length"},
        RefusalCase{"length_minus", kPost + "Content-Length: -1", 400, "content_length"},
        RefusalCase{"length_list", kPost + "Content-Length: 5,5", 400, "content_length"},
        RefusalCase{"length_twice", kPost + "Content-Length: 5\r\nContent-Length: 5", 400, "content_length"},
        RefusalCase{"length_two_values", kPost + "Content-Length: 5\r\ncontent-length: 6", 400, "malformed"},
        RefusalCase{"length_hex", kPost + "Content-Length: 0x5", 400, "content_length"},
        RefusalCase{"length_space_inside", kPost + "Content-Length: 5 5", 400, "content_length"},
        RefusalCase{"length_space_in_name", kPost + "Content-Length : 5", 400, "malformed"},
        RefusalCase{"length_percent_encoded", kPost + "Content-Length: %35", 400, "content_length"},
        RefusalCase{"length_empty", kPost + "Content-Length:", 400, "content_length"},
        RefusalCase{"length_21_digits", kPost + "Content-Length: 000000000000000000005", 400, "content_length"},
        RefusalCase{"length_overflow", kPost + "Content-Length: 99999999999999999999", 413, "too_large"},
        RefusalCase{"length_over_limit", kPost + "Content-Length: 7340033", 413, "too_large"},
        RefusalCase{"expect_over_limit", kPost + "Expect: 100-continue\r\nContent-Length: 7340033", 413, "too_large"},
        RefusalCase{"folded_header", kPost + "Content-Length: 114\r\n X: y", 400, "malformed"},
        RefusalCase{"header_without_colon", kPost + "nonsense", 400, "malformed"},
        RefusalCase{"request_line", "POST /validate", 400, "malformed"},
        RefusalCase{"http2_preface", "PRI * HTTP/2.0", 400, "malformed"},
        RefusalCase{"unknown_method", "BREW /validate HTTP/1.1", 400, "malformed"},
        RefusalCase{"long_target", "POST /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: x", 414, "malformed"},
        RefusalCase{"endless_target", "POST /" + std::string(100'000, 'a') + " HTTP/1.1\r\nHost: x", 414, "malformed"},
        RefusalCase{"endless_line", std::string(100'000, 'a'), 414, "malformed"},
        RefusalCase{"long_header", kPost + "X: " + std::string(9000, 'a'), 400, "malformed"}),
    [](const auto& row) { return row.param.name; });

TEST_F(HttpsTest, RefusesMoreThan100HeadersAndMoreThan64KiBOfThem) {
  start();
  std::string many = kPost;
  for (int i = 0; i < 101; ++i) {
    many += "X-" + std::to_string(i) + ": y\r\n";
  }
  Client first = client();
  first.send(many + "\r\n");
  EXPECT_EQ(first.read_reply().status, 400);

  std::string large = kPost;
  for (int i = 0; i < 12; ++i) {
    large += "X-" + std::to_string(i) + ": " + std::string(8000, 'y') + "\r\n";
  }
  Client second = client();
  second.send(large + "\r\n");
  EXPECT_EQ(second.read_reply().status, 400);
}

TEST_F(HttpsTest, ALargeBodyThatIsRefusedStillGetsItsReply) {
  start();
  EXPECT_EQ(client().post("/validate", std::string(8UL * 1024 * 1024, 'x')).status, 413);
}

TEST_F(HttpsTest, ARefusalDoesNotWaitForTheBodyThatWasAnnounced) {
  options_.request_deadline = 10 * kSoon;
  start();
  Client connection = client();
  connection.send("PUT /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  EXPECT_EQ(connection.read_reply().status, 405);
  EXPECT_TRUE(connection.readable(kSoon)) << "the connection goes on";
}

TEST_F(HttpsTest, ARepliedRefusalNeverQuotesTheRequest) {
  start();
  Client connection = client();
  connection.send("POST /evil%0d%0aX-Injected:%20path HTTP/1.1\r\nHost: x\r\nX-Evil: a%0d%0aX-Injected: header\r\n" +
                  std::string("Content-Type: multipart/%0d%0aX-Injected\r\nContent-Length: 1\r\n\r\n"));
  const std::string raw = connection.read_to_end();
  EXPECT_EQ(raw.substr(0, 12), "HTTP/1.1 404");
  EXPECT_EQ(raw.find("Injected"), std::string::npos) << raw;
}

TEST_F(HttpsTest, ABodyThatEndsEarlyHarmsNobody) {
  start();
  {
    Client connection = client();
    connection.send(kPost + "Content-Length: 100\r\n\r\nhalf");
  }
  EXPECT_EQ(client().post("/validate", "x").status, 200);
}

}  // namespace
}  // namespace warmgate::server::test
