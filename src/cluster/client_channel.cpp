#include "client_channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "client_socket.h"

namespace warmgate::cluster {
namespace {

int as_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, 1U << 30U)); }

// In TLS 1.3 the server judges the client's certificate only after the handshake, so this alert may come at any read.
bool refused_our_certificate() {
  switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_SSL;
    default:
      return false;
  }
}

}  // namespace

ClientChannel::ClientChannel(base::UniqueFd socket, TlsSession session, std::shared_ptr<const TlsIdentity> identity)
    : socket_(std::move(socket)), session_(std::move(session)), identity_(std::move(identity)) {}

ClientChannel::~ClientChannel() {
  if (!broken_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());  // close_notify, as far as the socket takes it at once
    ERR_clear_error();
  }
}

base::Result<std::unique_ptr<ClientChannel>, HttpFailure> ClientChannel::open(
    const Endpoint& endpoint, const TlsClient& tls, std::shared_ptr<const TlsIdentity> identity,
    const Patience& patience) {
  auto session = tls.session(identity.get());
  if (!session) {
    return session.error();
  }
  auto socket = connect_to(endpoint.host, endpoint.port, patience);
  if (!socket) {
    return socket.error();
  }
  auto channel =
      std::make_unique<ClientChannel>(std::move(socket).value(), std::move(session).value(), std::move(identity));
  channel->set_patience(patience);
  if (channel->handshake()) {
    return channel;
  }
  return channel->handshake_failure(host_and_port(endpoint.host, endpoint.port), tls);
}

HttpFailure ClientChannel::handshake_failure(const std::string& where, const TlsClient& tls) const {
  if (ended_ == Wait::kLate) {
    return {HttpFailureKind::kTimeout, "time-out in the TLS handshake with " + where};
  }
  if (ended_ == Wait::kStopped) {
    return {HttpFailureKind::kStopped, "stopped in the TLS handshake with " + where};
  }
  // Of a stream that just ends OpenSSL says nothing, or this (since 3.0).
  const bool left = ERR_peek_error() == 0 || ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (left) {
    return {HttpFailureKind::kBroken,
            where + " ended the connection in the TLS handshake" +
                (error_ == 0 ? "" : std::string(" (") + std::strerror(error_) + ")") +
                "; is this the address of the API server, and does anything in between cut connections?"};
  }
  return {HttpFailureKind::kTls, where + ": " + tls.explain(session_.get())};
}

void ClientChannel::set_patience(const Patience& patience) {
  patience_ = patience;
  ended_ = Wait::kReady;
}

bool ClientChannel::handshake() {
  if (SSL_set_fd(session_.get(), fd()) != 1) {
    broken_ = true;
    return false;
  }
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_connect(session_.get());
    if (result == 1) {
      return true;
    }
    if (!wait_for_tls(result)) {
      broken_ = true;
      return false;
    }
  }
}

// Leaves OpenSSL's error queue as it is for who wants to explain it.
bool ClientChannel::wait_for_tls(int result) {
  short events = 0;
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      events = POLLIN;
      break;
    case SSL_ERROR_WANT_WRITE:
      events = POLLOUT;
      break;
    case SSL_ERROR_ZERO_RETURN:
      goodbye_ = true;
      return false;
    case SSL_ERROR_SYSCALL:
      error_ = errno;
      [[fallthrough]];
    default:
      broken_ = true;
      return false;
  }
  ended_ = wait_for(fd(), events, patience_);
  return ended_ == Wait::kReady;
}

std::ptrdiff_t ClientChannel::read(char* data, std::size_t size) {
  if (begin_ == end_) {
    if (size >= buffer_.size()) {
      return read_some(data, size);
    }
    const std::ptrdiff_t got = read_some(buffer_.data(), buffer_.size());
    if (got <= 0) {
      return got;
    }
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
  }
  const std::size_t count = std::min(size, end_ - begin_);
  std::memcpy(data, buffer_.data() + begin_, count);
  begin_ += count;
  return static_cast<std::ptrdiff_t>(count);
}

std::ptrdiff_t ClientChannel::read_some(char* data, std::size_t size) {
  while (ended_ == Wait::kReady && !broken_) {
    // A peer that always has the next byte ready never makes us wait, so the clock is looked at here too.
    if (SteadyClock::now() >= patience_.deadline) {
      ended_ = Wait::kLate;
      break;
    }
    ERR_clear_error();
    const int result = SSL_read(session_.get(), data, as_int(size));
    if (result > 0) {
      return result;
    }
    if (!wait_for_tls(result)) {
      refused_ = refused_ || refused_our_certificate();
      return broken_ || ended_ != Wait::kReady ? -1 : 0;
    }
  }
  return -1;
}

bool ClientChannel::write(std::string_view data) {
  while (!data.empty()) {
    if (broken_ || ended_ != Wait::kReady) {
      return false;
    }
    ERR_clear_error();
    const int result = SSL_write(session_.get(), data.data(), as_int(data.size()));
    if (result > 0) {
      data.remove_prefix(static_cast<std::size_t>(result));
    } else if (!wait_for_tls(result)) {
      refused_ = refused_ || refused_our_certificate();
      return false;
    }
  }
  return true;
}

bool ClientChannel::quiet() const {
  pollfd entry{fd(), POLLIN, 0};
  return !broken_ && begin_ == end_ && SSL_pending(session_.get()) == 0 && ::poll(&entry, 1, 0) == 0;
}

}  // namespace warmgate::cluster
