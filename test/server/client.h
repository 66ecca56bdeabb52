// Client: a raw HTTP client over TLS or plain TCP, so that tests can send what no library would. Every read has a
// deadline of 20 s, so that a server that hangs fails a test instead of stopping it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace warmgate::server::test {

struct Reply {
  int status = 0;                              // 0: the connection ended before a reply
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class Client {
 public:
  static Client tls(int port) { return Client(port, 0, 0); }
  static Client tls_version(int port, int version) { return Client(port, version, version); }
  static Client plain(int port) { return Client(port, -1, -1); }
  ~Client();
  Client(Client&&) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client& operator=(Client&&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }  // TLS included
  [[nodiscard]] std::string protocol() const;
  [[nodiscard]] std::string cipher() const;
  // The server's, as PEM.
  [[nodiscard]] std::string certificate() const;
  bool send(std::string_view data);
  // Whether something (the end included) can be read within `limit`.
  [[nodiscard]] bool readable(std::chrono::milliseconds limit) const;
  Reply read_reply(bool head_only = false);
  // All bytes until the server ends the connection.
  std::string read_to_end();
  Reply post(const std::string& path, const std::string& body);

 private:
  Client(int port, int min_version, int max_version);
  std::string read_some();

  int fd_ = -1;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* ssl_ = nullptr;
  bool connected_ = false;
  std::string pending_;
};

// A TCP connection without any TLS, that the caller closes; -1 when refused.
int connect_tcp(int port);

std::string post_request(const std::string& path, const std::string& body);

}  // namespace warmgate::server::test
