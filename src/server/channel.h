// Channel: one accepted connection, TLS or plain. All waiting for the peer happens here, so all limits of time do too:
// a clock covers a whole handshake, request or reply, however slowly its bytes trickle (cpp-httplib limits each single
// read only). Used by one thread at a time; only the kernel socket is ever touched from outside (shutdown()).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "warmgate/base/unique_fd.h"

struct ssl_st;

namespace warmgate::server {

using Clock = std::chrono::steady_clock;

// Connections that wait for a worker, and how long a peer may keep a worker waiting while there are some.
struct Crowding {
  std::atomic<std::size_t> waiting{0};
  std::chrono::milliseconds patience{750};
};

struct SslFree {
  void operator()(ssl_st* ssl) const;
};
using SslPtr = std::unique_ptr<ssl_st, SslFree>;

enum class Handshake { kDone, kPeerLeft, kFailed, kLate };

class Channel {
 public:
  // `ssl` empty: plain. The socket is non-blocking.
  Channel(base::UniqueFd socket, SslPtr ssl, const Crowding& crowding);

  [[nodiscard]] int fd() const { return socket_.get(); }

  // Starts the clock for what follows; late() tells afterwards whether it ran out.
  void start_clock(std::chrono::milliseconds limit);
  [[nodiscard]] bool late() const { return late_; }

  [[nodiscard]] Handshake handshake();

  // Waits for the first bytes of the next request. False: nothing came in `limit`, or less when others need the worker
  // or `ending` is set. Bytes that have arrived win over both.
  [[nodiscard]] bool wait_for_request(std::chrono::milliseconds limit, const std::atomic<bool>& ending,
                                      std::chrono::milliseconds grace_when_ending);

  // At most `size` bytes; 0 at the end of the stream, -1 when it failed or is late.
  [[nodiscard]] std::ptrdiff_t read(char* data, std::size_t size);
  [[nodiscard]] bool write(std::string_view data);

  // Says goodbye: close_notify, FIN.
  void finish();
  // After finish(): swallows what the peer still sends, for a moment. Closing a socket with unread bytes sends RST,
  // which can destroy the reply that is on its way.
  void linger();

 private:
  [[nodiscard]] std::ptrdiff_t read_some(char* data, std::size_t size);
  [[nodiscard]] bool wait(short events);
  [[nodiscard]] bool wait_for_tls(int result);
  [[nodiscard]] bool clock_ran_out();

  base::UniqueFd socket_;
  SslPtr ssl_;
  const Crowding& crowding_;
  std::array<char, 4096> buffer_;  // cpp-httplib reads the head of a request byte by byte
  std::size_t buffer_begin_ = 0;
  std::size_t buffer_end_ = 0;
  Clock::time_point started_;
  Clock::time_point deadline_;
  bool late_ = false;
  bool broken_ = false;  // after a fatal TLS error not even close_notify may be sent
};

}  // namespace warmgate::server
