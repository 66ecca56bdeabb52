// Whom the real transport believes, and what it says about those it does not.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <thread>

#include "cluster/https_fixture.h"
#include "support/temp_directory.h"
#include "warmgate/base/unique_fd.h"

namespace warmgate::cluster::test {
namespace {

using ::testing::HasSubstr;

TEST_F(HttpsTransportTest, ServersOfAnotherAuthorityAreRefused) {
  const TlsServer server(identity_, echo);
  const Authority other;
  const HttpResult result = transport_to(server, other.pem())->send(get("/"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, HttpFailureKind::kTls);
  EXPECT_EQ(result.error().message, "127.0.0.1:" + port(server) +
                                        ": the server's certificate is not trusted: unable to get local issuer "
                                        "certificate; it is not signed by the given certificate-authority");
  EXPECT_EQ(server.handshakes(), 0);
}

TEST_F(HttpsTransportTest, AuthoritiesAreReadAgainWhenTheirFileChanges) {
  const TlsServer server(identity_, echo);
  const Authority other;
  const warmgate::testing::TempDirectory folder;
  const std::string file = folder.path("ca.crt");
  const auto replace = [&](const std::string& text) { std::filesystem::rename(folder.write("next", text), file); };
  replace(other.pem());
  const auto transport = make_https_transport({"127.0.0.1", server.port(), "", other.pem(), file}).value();
  const std::string refusal =
      "127.0.0.1:" + port(server) +
      ": the server's certificate is not trusted: unable to get local issuer certificate; it is "
      "not signed by the given certificate-authority";
  EXPECT_EQ(transport->send(get("/")).error().message, refusal);
  replace("rubbish");
  EXPECT_EQ(transport->send(get("/")).error().message,
            refusal + "; " + file +
                " has changed and cannot be used: it holds no PEM certificate (a block that starts with -----BEGIN "
                "CERTIFICATE-----)");
  replace(other.pem() + authority_.pem());
  EXPECT_TRUE(transport->send(get("/")).ok());
  for (const std::string& useless : {std::string(), std::string("rubbish")}) {
    replace(useless);
    EXPECT_TRUE(transport->send(get("/")).ok()) << "the last good ones stay";
  }
  std::filesystem::remove(file);
  EXPECT_TRUE(transport->send(get("/")).ok());
  EXPECT_EQ(server.handshakes(), 1) << "nor does the connection end";
  replace(other.pem());
  EXPECT_EQ(transport->send(get("/")).error().message, refusal) << "no connection outlives the trust in it";
}

// A server that takes what the client says first and ends the connection.
class Leaver {
 public:
  // `reset`: by RST instead of FIN.
  explicit Leaver(bool reset) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this, reset] {
      const base::UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      std::array<char, 16384> hello{};
      EXPECT_GT(::recv(peer.get(), hello.data(), hello.size(), 0), 0);
      const linger at_once{1, 0};
      if (reset) {
        ::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
      }
    });
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  base::UniqueFd listener_;
  int port_ = 0;
  std::jthread thread_;
};

TEST_F(HttpsTransportTest, AServerThatLeavesInTheHandshakeIsSaidToHaveLeft) {
  for (const bool reset : {false, true}) {
    const Leaver server(reset);
    const auto transport = make_https_transport({"127.0.0.1", server.port(), "", authority_.pem(), ""}).value();
    const HttpResult result = transport->send(get("/"));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().kind, HttpFailureKind::kBroken);
    EXPECT_EQ(result.error().message,
              "127.0.0.1:" + std::to_string(server.port()) + " ended the connection in the TLS handshake" +
                  (reset ? " (Connection reset by peer)" : "") +
                  "; is this the address of the API server, and does anything in between cut connections?");
  }
}

TEST_F(HttpsTransportTest, WithoutAnAuthorityTheSystemsCount) {
  const TlsServer server(identity_, echo);
  const HttpResult result = transport_to(server, "")->send(get("/"));
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message, HasSubstr("no certificate-authority is given, so the system's are used"));
}

TEST_F(HttpsTransportTest, CertificatesForOtherNamesAreRefusedAndTheRightOneIsNamed) {
  const TlsServer server(authority_.issue("IP:10.96.0.1,DNS:kubernetes.default.svc"), echo);
  const HttpResult by_address = transport_to(server)->send(get("/"));
  ASSERT_FALSE(by_address.ok());
  EXPECT_EQ(
      by_address.error().message,
      "127.0.0.1:" + port(server) +
          ": the server's certificate is not for 127.0.0.1 but for 10.96.0.1, kubernetes.default.svc; correct the "
          "address, or name the right one as tls-server-name");
  // "localhost" is the common name, which must not count.
  const HttpResult by_name = transport_to(server, authority_.pem(), "localhost")->send(get("/"));
  ASSERT_FALSE(by_name.ok());
  EXPECT_EQ(by_name.error().kind, HttpFailureKind::kTls);
}

TEST_F(HttpsTransportTest, TlsServerNameIsVerifiedAndSentInsteadOfTheHost) {
  const TlsServer server(authority_.issue("DNS:kubernetes.default.svc"),
                         [](Peer& peer) { peer.read_request().empty() || peer.answer(peer.server_name()); });
  const HttpResult result =
      transport_to(server, authority_.pem(), "127.0.0.1", "kubernetes.default.svc")->send(get("/"));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->body, "kubernetes.default.svc");
}

TEST_F(HttpsTransportTest, HostNamesAreResolvedAndAddressesSendNoServerName) {
  const TlsServer server(identity_, [](Peer& peer) {
    while (!peer.read_request().empty()) {
      peer.answer("<" + peer.server_name() + ">");
    }
  });
  EXPECT_EQ(transport_to(server, authority_.pem(), "localhost")->send(get("/"))->body, "<localhost>");
  EXPECT_EQ(transport_to(server)->send(get("/"))->body, "<>");
}

TEST_F(HttpsTransportTest, ExpiredCertificatesAreRefused) {
  const TlsServer server(authority_.issue(kLoopback, -60), echo);
  const HttpResult result = transport_to(server)->send(get("/"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, HttpFailureKind::kTls);
  EXPECT_THAT(result.error().message, HasSubstr("has expired; renew it"));
}

TEST_F(HttpsTransportTest, ClientCertificatesAreShownAndConnectionsOfAnotherAreNotReused) {
  const TlsServer server(
      identity_,
      [](Peer& peer) {
        while (!peer.read_request().empty()) {
          peer.answer(peer.client_common_name());
        }
      },
      authority_.pem());
  const auto transport = transport_to(server);
  HttpRequest request = get("/");
  request.identity = std::make_shared<const TlsIdentity>(authority_.issue("DNS:a"));
  const HttpResult first = transport->send(request);
  ASSERT_TRUE(first.ok()) << first.error().message;
  EXPECT_EQ(first->body, "localhost");
  request.identity = std::make_shared<const TlsIdentity>(authority_.issue("DNS:b"));
  ASSERT_TRUE(transport->send(request).ok());
  EXPECT_EQ(server.handshakes(), 2);
  request.identity = nullptr;
  const HttpResult without = transport->send(request);
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().kind, HttpFailureKind::kTls);
  EXPECT_EQ(without.error().message, "127.0.0.1:" + port(server) + " asks for a client certificate and got none");
}

}  // namespace
}  // namespace warmgate::cluster::test
