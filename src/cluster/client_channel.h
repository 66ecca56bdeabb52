// ClientChannel: one verified TLS connection to an API server. All waiting happens here, so all limits of time do too:
// the Patience of a call covers everything that is read and written, however slowly it trickles (cpp-httplib limits
// each single read only). Used by one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "patience.h"
#include "tls_client.h"
#include "warmgate/base/unique_fd.h"

namespace warmgate::cluster {

class ClientChannel {
 public:
  // Connects and shakes hands; `identity` may be nullptr.
  static base::Result<std::unique_ptr<ClientChannel>, HttpFailure> open(const Endpoint& endpoint, const TlsClient& tls,
                                                                        std::shared_ptr<const TlsIdentity> identity,
                                                                        const Patience& patience);
  ClientChannel(base::UniqueFd socket, TlsSession session, std::shared_ptr<const TlsIdentity> identity);
  ~ClientChannel();
  ClientChannel(const ClientChannel&) = delete;
  ClientChannel& operator=(const ClientChannel&) = delete;

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] const std::shared_ptr<const TlsIdentity>& identity() const { return identity_; }

  // For all that follows; why_ended() tells afterwards what ended a read or write.
  void set_patience(const Patience& patience);
  [[nodiscard]] Wait why_ended() const { return ended_; }  // kReady: neither time nor stop, but the connection

  // Nothing more will come: the server said goodbye, or the connection broke.
  [[nodiscard]] bool at_end() const { return broken_ || goodbye_; }
  // The server ended the connection because of our certificate, or because it got none.
  [[nodiscard]] bool refused_identity() const { return refused_; }

  // At most `size` bytes; 0 when the server said goodbye (close_notify), -1 when the connection broke, or is late, or
  // stopped. A connection that just ends is broken: somebody in between may have cut it.
  [[nodiscard]] std::ptrdiff_t read(char* data, std::size_t size);
  [[nodiscard]] bool write(std::string_view data);

  // Idle and open: nothing has come that nobody asked for, the end included.
  [[nodiscard]] bool quiet() const;

 private:
  [[nodiscard]] bool handshake();
  [[nodiscard]] HttpFailure handshake_failure(const std::string& where, const TlsClient& tls) const;
  [[nodiscard]] std::ptrdiff_t read_some(char* data, std::size_t size);
  [[nodiscard]] bool wait_for_tls(int result);

  base::UniqueFd socket_;
  TlsSession session_;
  std::shared_ptr<const TlsIdentity> identity_;
  Patience patience_;
  Wait ended_ = Wait::kReady;
  int error_ = 0;  // errno, when that is what broke it
  bool refused_ = false;
  bool goodbye_ = false;
  bool broken_ = false;             // after a fatal TLS error not even close_notify may be sent
  std::array<char, 16384> buffer_;  // cpp-httplib reads heads and chunk sizes byte by byte
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace warmgate::cluster
