// A TLS server on loopback that does what a test tells it to, byte by byte. One thread for each connection; the
// destructor ends them all.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "warmgate/cluster/credentials.h"

struct ssl_st;
struct ssl_ctx_st;

namespace warmgate::cluster::test {

// A connection, as the server's script sees it.
class Peer {
 public:
  explicit Peer(ssl_st* session) : session_(session) {}

  // Head and body of the next request; "" at the end.
  std::string read_request();
  // False when the client is gone.
  bool write(std::string_view text);
  // HTTP/1.1 200, JSON, with Content-Length.
  bool answer(std::string_view body);
  [[nodiscard]] std::string server_name() const;         // SNI
  [[nodiscard]] std::string client_common_name() const;  // of the client's certificate; "" without one

 private:
  ssl_st* session_;
};

class TlsServer {
 public:
  using Script = std::function<void(Peer&)>;

  // `client_authority` not empty: clients must show a certificate of it.
  TlsServer(const TlsIdentity& identity, Script script, const std::string& client_authority = "");
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int handshakes() const { return handshakes_; }  // those that succeeded

 private:
  void accept_loop();
  void serve(int fd);

  ssl_ctx_st* context_;
  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> handshakes_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  bool ending_ = false;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace warmgate::cluster::test
