// The real transport against TLS servers on loopback.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "cluster/authority.h"
#include "cluster/tls_server.h"
#include "warmgate/cluster/http.h"

namespace warmgate::cluster::test {

inline constexpr const char* kLoopback = "IP:127.0.0.1,DNS:localhost";

// Answers every request with its own text.
inline void echo(Peer& peer) {
  for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
    peer.answer(request);
  }
}

class HttpsTransportTest : public ::testing::Test {
 protected:
  HttpsTransportTest() { std::signal(SIGPIPE, SIG_IGN); }  // as serve does

  [[nodiscard]] std::unique_ptr<HttpTransport> transport_to(const TlsServer& server, std::string ca,
                                                            std::string host = "127.0.0.1",
                                                            std::string name = "") const {
    auto transport = make_https_transport({std::move(host), server.port(), std::move(name), std::move(ca)});
    EXPECT_TRUE(transport.ok());
    return std::move(transport).value();
  }
  [[nodiscard]] std::unique_ptr<HttpTransport> transport_to(const TlsServer& server) const {
    return transport_to(server, authority_.pem());
  }
  static std::string port(const TlsServer& server) { return std::to_string(server.port()); }

  Authority authority_;
  TlsIdentity identity_ = authority_.issue(kLoopback);
};

inline HttpRequest get(const std::string& target) {
  HttpRequest request;
  request.target = target;
  return request;
}

}  // namespace warmgate::cluster::test
