#include "server/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "warmgate/base/text.h"

namespace warmgate::server::test {

int connect_tcp(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{20, 0};
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // as Go does
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

std::string post_request(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: warmgate.warmgate.svc\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Client::Client(int port, int min_version, int max_version) : fd_(connect_tcp(port)), connected_(fd_ >= 0) {
  if (min_version < 0 || !connected_) {
    return;
  }
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context_, min_version);
  SSL_CTX_set_max_proto_version(context_, max_version);
  if (min_version != 0 && min_version < TLS1_2_VERSION) {
    // OpenSSL 3 itself refuses the old versions otherwise, and the test would prove nothing about the server.
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
  }
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_);
  connected_ = SSL_connect(ssl_) == 1;
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      context_(std::exchange(other.context_, nullptr)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      connected_(other.connected_),
      pending_(std::move(other.pending_)) {}

Client::~Client() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

std::string Client::protocol() const { return SSL_get_version(ssl_); }
std::string Client::cipher() const { return SSL_get_cipher_name(ssl_); }

std::string Client::certificate() const {
  X509* certificate = ssl_ == nullptr ? nullptr : SSL_get1_peer_certificate(ssl_);
  if (certificate == nullptr) {
    return "";
  }
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out);
  X509_free(certificate);
  return pem;
}

bool Client::send(std::string_view data) {
  if (ssl_ != nullptr) {
    return SSL_write(ssl_, data.data(), static_cast<int>(data.size())) == static_cast<int>(data.size());
  }
  return ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(data.size());
}

bool Client::readable(std::chrono::milliseconds limit) const {
  pollfd entry{fd_, POLLIN, 0};
  return ::poll(&entry, 1, static_cast<int>(limit.count())) > 0;
}

std::string Client::read_some() {
  std::array<char, 16384> buffer{};
  const ssize_t got = ssl_ != nullptr ? SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))
                                      : ::recv(fd_, buffer.data(), buffer.size(), 0);
  return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
}

std::string Client::read_to_end() {
  std::string all = std::exchange(pending_, {});
  for (std::string more = read_some(); !more.empty(); more = read_some()) {
    all += more;
  }
  return all;
}

Reply Client::read_reply(bool head_only) {
  Reply reply;
  std::size_t head_end = 0;
  while ((head_end = pending_.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = read_some();
    if (more.empty()) {
      return reply;
    }
    pending_ += more;
  }
  const std::string head = pending_.substr(0, head_end);
  pending_.erase(0, head_end + 4);
  for (std::string_view line : base::split(head, '\n')) {
    if (line.substr(0, 9) == "HTTP/1.1 ") {
      reply.status = std::stoi(std::string(line.substr(9, 3)));
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      reply.headers[base::to_lower(line.substr(0, colon))] = std::string(base::trim(line.substr(colon + 1)));
    }
  }
  const std::string length = reply.header("content-length");
  const std::size_t size = head_only || length.empty() ? 0 : std::stoul(length);
  while (pending_.size() < size) {
    const std::string more = read_some();
    if (more.empty()) {
      reply.status = 0;
      return reply;
    }
    pending_ += more;
  }
  reply.body = pending_.substr(0, size);
  pending_.erase(0, size);
  return reply;
}

Reply Client::post(const std::string& path, const std::string& body) {
  send(post_request(path, body));
  return read_reply();
}

}  // namespace warmgate::server::test
