#include "cluster/tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace warmgate::cluster::test {
namespace {

void must(bool ok) {
  if (!ok) {
    std::abort();
  }
}

X509* certificate_of(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  must(certificate != nullptr);
  return certificate;
}

EVP_PKEY* key_of(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  must(key != nullptr);
  return key;
}

}  // namespace

std::string Peer::read_request() {
  std::string text;
  std::size_t wanted = std::string::npos;
  while (text.size() < wanted) {
    char c = 0;
    if (SSL_read(session_, &c, 1) != 1) {
      return "";
    }
    text += c;
    if (wanted == std::string::npos && text.ends_with("\r\n\r\n")) {
      const std::size_t length = text.find("Content-Length: ");
      wanted = text.size() + (length == std::string::npos ? 0 : std::stoul(text.substr(length + 16)));
    }
  }
  return text;
}

bool Peer::write(std::string_view text) {
  return SSL_write(session_, text.data(), static_cast<int>(text.size())) == static_cast<int>(text.size());
}

bool Peer::answer(std::string_view body) {
  return write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + std::string(body));
}

std::string Peer::server_name() const {
  const char* name = SSL_get_servername(session_, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? "" : name;
}

std::string Peer::client_common_name() const {
  const X509* certificate = SSL_get0_peer_certificate(session_);
  if (certificate == nullptr) {
    return "";
  }
  std::array<char, 200> text{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text.data(), text.size());
  return text.data();
}

TlsServer::TlsServer(const TlsIdentity& identity, Script script, const std::string& client_authority)
    : context_(SSL_CTX_new(TLS_server_method())), script_(std::move(script)) {
  X509* certificate = certificate_of(identity.certificate_pem);
  EVP_PKEY* key = key_of(identity.key_pem);
  must(SSL_CTX_use_certificate(context_, certificate) == 1 && SSL_CTX_use_PrivateKey(context_, key) == 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
  if (!client_authority.empty()) {
    X509* authority = certificate_of(client_authority);
    must(X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), authority) == 1);
    X509_free(authority);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  must(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener_, 16) == 0 &&
       ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

TlsServer::~TlsServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const int fd : open_) {
      ::shutdown(fd, SHUT_RDWR);
    }
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  ::close(listener_);
  SSL_CTX_free(context_);
}

void TlsServer::accept_loop() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (fd < 0 || ending_) {
      if (fd >= 0) {
        ::close(fd);
      }
      return;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void TlsServer::serve(int fd) {
  SSL* session = SSL_new(context_);
  SSL_set_fd(session, fd);
  if (SSL_accept(session) == 1) {
    ++handshakes_;
    Peer peer(session);
    script_(peer);
    SSL_shutdown(session);
  } else {
    // Closing with unread bytes would reset the connection, and the client might not see the alert.
    ::shutdown(fd, SHUT_WR);
    std::array<char, 4096> scrap{};
    while (::recv(fd, scrap.data(), scrap.size(), 0) > 0) {
    }
  }
  SSL_free(session);
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

}  // namespace warmgate::cluster::test
