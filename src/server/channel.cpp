#include "channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace warmgate::server {
namespace {

using std::chrono::milliseconds;

// A wait looks this often at what may end it early. 192 idle connections make 770 wake-ups a second, half a percent of
// a core.
constexpr milliseconds kSlice{250};
constexpr milliseconds kLinger{1000};

milliseconds slice_until(Clock::time_point deadline, milliseconds slice) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  return std::clamp(left, milliseconds{0}, slice);
}

// Positive: ready (or broken, which the next read or write tells); 0: not yet; negative: unusable.
int poll_one(int fd, short events, milliseconds timeout) {
  pollfd entry{fd, events, 0};
  const int ready = ::poll(&entry, 1, static_cast<int>(timeout.count()));
  return ready < 0 && errno == EINTR ? 0 : ready;
}

int as_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, 1U << 30U)); }

}  // namespace

void SslFree::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Channel::Channel(base::UniqueFd socket, SslPtr ssl, const Crowding& crowding)
    : socket_(std::move(socket)), ssl_(std::move(ssl)), crowding_(crowding) {}

void Channel::start_clock(milliseconds limit) {
  started_ = Clock::now();
  deadline_ = started_ + limit;
  late_ = false;
}

bool Channel::clock_ran_out() {
  const auto now = Clock::now();
  const bool crowded_out = crowding_.waiting.load() > 0 && now - started_ >= crowding_.patience;
  late_ = late_ || now >= deadline_ || crowded_out;
  return late_;
}

bool Channel::wait(short events) {
  const milliseconds slice = std::min(kSlice, crowding_.patience / 2);
  while (!clock_ran_out()) {
    const int ready = poll_one(fd(), events, slice_until(deadline_, slice));
    if (ready != 0) {
      return ready > 0;
    }
  }
  return false;
}

bool Channel::wait_for_tls(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return wait(POLLIN);
    case SSL_ERROR_WANT_WRITE:
      return wait(POLLOUT);
    case SSL_ERROR_ZERO_RETURN:
      return false;
    default:
      broken_ = true;
      return false;
  }
}

Handshake Channel::handshake() {
  if (!ssl_) {
    return Handshake::kDone;
  }
  if (SSL_set_fd(ssl_.get(), fd()) != 1) {
    broken_ = true;
    return Handshake::kFailed;
  }
  while (!clock_ran_out()) {
    ERR_clear_error();
    const int result = SSL_accept(ssl_.get());
    if (result == 1) {
      return Handshake::kDone;
    }
    const bool protocol_error = SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL &&
                                ERR_GET_REASON(ERR_peek_error()) != SSL_R_UNEXPECTED_EOF_WHILE_READING;
    if (!wait_for_tls(result) && !late_) {
      return protocol_error ? Handshake::kFailed : Handshake::kPeerLeft;
    }
  }
  broken_ = true;
  return Handshake::kLate;
}

bool Channel::wait_for_request(milliseconds limit, const std::atomic<bool>& ending, milliseconds grace_when_ending) {
  if (buffer_begin_ < buffer_end_ || (ssl_ && SSL_pending(ssl_.get()) > 0)) {
    return true;
  }
  const auto started = Clock::now();
  const milliseconds slice = std::min(kSlice, crowding_.patience / 2);
  for (;;) {
    const auto waited = Clock::now() - started;
    const bool give_up = waited >= limit || (ending.load() && waited >= grace_when_ending) ||
                         (crowding_.waiting.load() > 0 && waited >= crowding_.patience);
    const int ready = poll_one(fd(), POLLIN, give_up ? milliseconds{0} : slice_until(started + limit, slice));
    if (ready != 0 || give_up) {
      return ready > 0;
    }
  }
}

std::ptrdiff_t Channel::read(char* data, std::size_t size) {
  if (buffer_begin_ == buffer_end_) {
    if (size >= buffer_.size()) {
      return read_some(data, size);
    }
    const std::ptrdiff_t got = read_some(buffer_.data(), buffer_.size());
    if (got <= 0) {
      return got;
    }
    buffer_begin_ = 0;
    buffer_end_ = static_cast<std::size_t>(got);
  }
  const std::size_t count = std::min(size, buffer_end_ - buffer_begin_);
  std::memcpy(data, buffer_.data() + buffer_begin_, count);
  buffer_begin_ += count;
  return static_cast<std::ptrdiff_t>(count);
}

std::ptrdiff_t Channel::read_some(char* data, std::size_t size) {
  while (!clock_ran_out()) {
    if (ssl_) {
      ERR_clear_error();
      const int result = SSL_read(ssl_.get(), data, as_int(size));
      if (result > 0) {
        return result;
      }
      if (!wait_for_tls(result)) {
        return broken_ || late_ ? -1 : 0;
      }
      continue;
    }
    const ssize_t result = ::recv(fd(), data, size, 0);
    if (result >= 0) {
      return result;
    }
    if ((errno != EAGAIN && errno != EINTR) || !wait(POLLIN)) {
      return -1;
    }
  }
  return -1;
}

bool Channel::write(std::string_view data) {
  while (!data.empty()) {
    if (clock_ran_out() || broken_) {
      return false;
    }
    if (ssl_) {
      ERR_clear_error();
      const int result = SSL_write(ssl_.get(), data.data(), as_int(data.size()));
      if (result > 0) {
        data.remove_prefix(static_cast<std::size_t>(result));
      } else if (!wait_for_tls(result)) {
        return false;
      }
      continue;
    }
    const ssize_t result = ::send(fd(), data.data(), data.size(), MSG_NOSIGNAL);
    if (result >= 0) {
      data.remove_prefix(static_cast<std::size_t>(result));
    } else if ((errno != EAGAIN && errno != EINTR) || !wait(POLLOUT)) {
      return false;
    }
  }
  return true;
}

void Channel::finish() {
  if (ssl_ && !broken_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(fd(), SHUT_WR);
}

void Channel::linger() {
  start_clock(kLinger);
  std::array<char, 16384> scrap{};
  for (;;) {
    const ssize_t got = ::recv(fd(), scrap.data(), scrap.size(), 0);
    const bool more_may_come = got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
    if (!more_may_come || (got > 0 ? clock_ran_out() : !wait(POLLIN))) {
      return;
    }
  }
}

}  // namespace warmgate::server
