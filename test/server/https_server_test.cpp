#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "server/fixture.h"

namespace warmgate::server::test {
namespace {

TEST_F(HttpsTest, AnswersManyRequestsOnOneConnection) {
  start();
  Client connection = client();
  for (const std::string body : {"one", "two", "three"}) {
    const Reply reply = connection.post("/validate", body);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "echo " + body);
    EXPECT_EQ(reply.header("content-type"), "application/json");
    EXPECT_EQ(reply.header("connection"), "");
  }
}

TEST_F(HttpsTest, IgnoresTheQueryThatTheApiServerAppends) {
  start();
  EXPECT_EQ(client().post("/validate?timeout=10s", "x").body, "echo x");
}

TEST_F(HttpsTest, AnswersPipelinedRequestsInOrder) {
  start();
  Client connection = client();
  connection.send(post_request("/validate", "first") + post_request("/validate", "second"));
  EXPECT_EQ(connection.read_reply().body, "echo first");
  EXPECT_EQ(connection.read_reply().body, "echo second");
}

TEST_F(HttpsTest, TakesABodyOfExactlyTheLimit) {
  start();
  const std::string body(7UL * 1024 * 1024, 'x');
  EXPECT_EQ(client().post("/validate", body).body.size(), body.size() + 5);
}

TEST_F(HttpsTest, TakesAnEmptyBodyWithItsLength) {
  start();
  EXPECT_EQ(client().post("/validate", "").body, "echo ");
}

TEST_F(HttpsTest, SendsContinueWhenAskedAndThenTheReply) {
  start();
  Client connection = client();
  connection.send("POST /validate HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(connection.read_reply(true).status, 100);
  connection.send("body");
  EXPECT_EQ(connection.read_reply().body, "echo body");
  EXPECT_EQ(connection.post("/validate", "again").body, "echo again");
}

TEST_F(HttpsTest, IgnoresRangesAndFormsInARequest) {
  start();
  Client connection = client();
  const std::string form = std::string(10'000, 'a');  // the library alone refuses forms above 8 KiB
  connection.send("POST /validate HTTP/1.1\r\nHost: x\r\nRange: bytes=99999-\r\nContent-Type: " +
                  std::string("application/x-www-form-urlencoded\r\nContent-Length: 10000\r\n\r\n") + form);
  const Reply reply = connection.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "echo " + form);
}

TEST_F(HttpsTest, SpeaksTls13And12WithAeadCiphers) {
  start();
  EXPECT_EQ(client().protocol(), "TLSv1.3");
  const Client old = Client::tls_version(server_->port(), 0x0303);
  ASSERT_TRUE(old.connected());
  EXPECT_EQ(old.protocol(), "TLSv1.2");
  EXPECT_NE(old.cipher().find("GCM"), std::string::npos) << old.cipher();
}

TEST_F(HttpsTest, RefusesTls11And10) {
  start();
  EXPECT_FALSE(Client::tls_version(server_->port(), 0x0302).connected());
  EXPECT_FALSE(Client::tls_version(server_->port(), 0x0301).connected());
  EXPECT_EQ(client().post("/validate", "x").status, 200);
  EXPECT_TRUE(metric_is("warmgate_rejected_total{reason=\"tls\"} 2")) << metrics_.text();
}

TEST_F(HttpsTest, PlainHttpOnTheTlsPortEndsOnlyThatConnection) {
  start();
  Client plain = Client::plain(server_->port());
  plain.send(post_request("/validate", "x"));
  EXPECT_EQ(plain.read_to_end().find("HTTP/1.1"), std::string::npos);
  EXPECT_EQ(client().post("/validate", "x").status, 200);
}

TEST_F(HttpsTest, AnHonestRequestIsAnsweredBeside150IdleConnections) {
  options_.workers = 160;
  start();
  std::vector<Client> idle;
  for (int i = 0; i < 150; ++i) {
    idle.push_back(client());
    ASSERT_EQ(idle.back().post("/validate", "hello").status, 200);
  }
  EXPECT_TRUE(metric_is("warmgate_connections 150")) << metrics_.text();
  EXPECT_EQ(client().post("/validate", "x").body, "echo x");
  EXPECT_EQ(idle.front().post("/validate", "still here").status, 200);
}

TEST_F(HttpsTest, IdleConnectionsGiveWayWhenOthersWaitForAWorker) {
  options_.workers = 2;
  start();
  Client first = client();
  Client second = client();
  ASSERT_EQ(first.post("/validate", "x").status, 200);
  ASSERT_EQ(second.post("/validate", "x").status, 200);
  EXPECT_EQ(client().post("/validate", "third").body, "echo third");
}

TEST_F(HttpsTest, AnExceptionInAHandlerIsA500WithoutItsText) {
  options_.routes["/validate"] = [](std::string_view) -> HttpReply { throw std::runtime_error("hf_secret_text"); };
  options_.routes["/mutate"] = [](std::string_view) -> HttpReply { throw 7; };
  start();
  for (const std::string path : {"/validate", "/mutate"}) {
    Client connection = client();
    connection.send(post_request(path, "x"));
    const std::string raw = connection.read_to_end();
    EXPECT_EQ(raw.substr(0, 12), "HTTP/1.1 500");
    EXPECT_NE(raw.find("refused 500: internal error"), std::string::npos);
    EXPECT_EQ(raw.find("hf_secret_text"), std::string::npos);
  }
  EXPECT_TRUE(metric_is("warmgate_panics_total 2")) << metrics_.text();
}

TEST_F(HttpsTest, AnExceptionInTheRefusalWriterIsStillARefusal) {
  options_.refuse = [](int, const std::string&) -> HttpReply { throw std::runtime_error("no"); };
  start();
  const Reply reply = client().post("/nowhere", "x");
  EXPECT_EQ(reply.status, 404);
  EXPECT_TRUE(metric_is("warmgate_panics_total 1"));
}

TEST_F(HttpsTest, ReportsTheExpiryOfTheServingCertificate) {
  certificates_.make_pair("expired", -3600);
  options_.certificate_file = certificates_.path("expired.crt");
  options_.key_file = certificates_.path("expired.key");
  start();
  EXPECT_NE(metrics_.text().find("warmgate_cert_not_after_seconds{kind=\"serving\"} 1"), std::string::npos);
}

TEST_F(HttpsTest, ATakenPortIsAnErrorThatSaysSo) {
  start();
  options_.port = server_->port();
  const auto second = HttpsServer::create(options_, metrics_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message,
            "address 127.0.0.1:" + std::to_string(server_->port()) + ": already in use; choose another with --port");
}

TEST_F(HttpsTest, AnAddressThatIsNoneIsAnErrorThatSaysSo) {
  options_.address = "warmgate.example";
  EXPECT_EQ(HttpsServer::create(options_, metrics_).error().message,
            "address warmgate.example:0: not an IP address; write one such as 0.0.0.0, 127.0.0.1 or ::");
  options_.address = "192.0.2.1";
  EXPECT_EQ(HttpsServer::create(options_, metrics_).error().message,
            "address 192.0.2.1:0: not an address of this machine; use 0.0.0.0 or :: for all of its addresses");
  options_.port = 70'000;
  EXPECT_EQ(HttpsServer::create(options_, metrics_).error().message,
            "address 192.0.2.1:70000: a port lies between 0 and 65535");
}

TEST_F(HttpsTest, ListensWithALongBacklog) {
  start();
  // The queue of a listening socket is visible as tx_queue of its line in /proc/net/tcp only while listening; a burst
  // that is larger than cpp-httplib's own backlog of 5 proves the same.
  std::vector<int> burst;
  for (int i = 0; i < 200; ++i) {
    burst.push_back(connect_tcp(server_->port()));
    EXPECT_GE(burst.back(), 0);
  }
  for (const int fd : burst) {
    ::close(fd);
  }
  EXPECT_EQ(client().post("/validate", "x").status, 200);
}

struct CertificateCase {
  std::string name;
  std::string certificate;
  std::string key;
  std::string message;  // %c and %k stand for the paths
};

class CertificateFiles : public HttpsTest, public ::testing::WithParamInterface<CertificateCase> {};

TEST_P(CertificateFiles, AreRefusedWithAReason) {
  certificates_.make_pair("other", 24L * 3600);
  certificates_.write("empty", "");
  certificates_.write("text", "not PEM at all\n");
  certificates_.write("huge", std::string(1024 * 1024 + 1, 'x'));
  certificates_.write("locked.key",
                      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n");
  options_.certificate_file = certificates_.path(GetParam().certificate);
  options_.key_file = certificates_.path(GetParam().key);
  const auto created = HttpsServer::create(options_, metrics_);
  ASSERT_FALSE(created.ok());
  std::string expected = GetParam().message;
  for (const auto& [mark, value] : {std::pair("%c", options_.certificate_file), std::pair("%k", options_.key_file)}) {
    if (const auto at = expected.find(mark); at != std::string::npos) {
      expected.replace(at, 2, value);
    }
  }
  EXPECT_EQ(created.error().message, expected);
}

INSTANTIATE_TEST_SUITE_P(
    Table, CertificateFiles,
    ::testing::Values(
        CertificateCase{"certificate_missing", "none", "good.key", "certificate file %c: No such file or directory"},
        CertificateCase{"certificate_directory", ".", "good.key", "certificate file %c: Is a directory"},
        CertificateCase{"certificate_empty", "empty", "good.key",
                        "certificate file %c: holds no PEM certificate (a block that starts with -----BEGIN "
                        "CERTIFICATE-----)"},
        CertificateCase{"certificate_is_the_key", "good.key", "good.key",
                        "certificate file %c: holds no PEM certificate (a block that starts with -----BEGIN "
                        "CERTIFICATE-----)"},
        CertificateCase{"certificate_huge", "huge", "good.key",
                        "certificate file %c: larger than 1 MiB; it should hold PEM blocks only"},
        CertificateCase{"key_missing", "good.crt", "none", "key file %k: No such file or directory"},
        CertificateCase{"key_text", "good.crt", "text",
                        "key file %k: holds no unencrypted PEM private key (a block that starts with -----BEGIN "
                        "PRIVATE KEY-----)"},
        CertificateCase{"key_encrypted", "good.crt", "locked.key",
                        "key file %k: holds no unencrypted PEM private key (a block that starts with -----BEGIN "
                        "PRIVATE KEY-----)"},
        CertificateCase{"key_of_another", "good.crt", "other.key",
                        "key file %k: is not the key of the certificate in %c; give the pair that was made together"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace warmgate::server::test
