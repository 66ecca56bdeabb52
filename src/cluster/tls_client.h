// TlsClient: TLS sessions to one server, which are always verified: the chain against the given authorities (or the
// system's), the name or IP address against the certificate's subject alternative names. Thread-safe once made.
#pragma once

#include <memory>
#include <string>

#include "warmgate/base/result.h"
#include "warmgate/cluster/credentials.h"
#include "warmgate/cluster/http.h"

struct ssl_ctx_st;
struct ssl_st;

namespace warmgate::cluster {

struct TlsFree {
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* session) const;
};
using TlsSession = std::unique_ptr<ssl_st, TlsFree>;

class TlsClient {
 public:
  // Fails when `endpoint.ca_pem` is given and holds no certificates, or anything else.
  static base::Result<TlsClient> create(const Endpoint& endpoint);

  // A session for a new connection; `identity` may be nullptr. Fails when the identity cannot be used.
  [[nodiscard]] base::Result<TlsSession, HttpFailure> session(const TlsIdentity* identity) const;

  // Why the handshake of `session` failed, for people.
  [[nodiscard]] std::string explain(ssl_st* session) const;

 private:
  TlsClient() = default;

  std::unique_ptr<ssl_ctx_st, TlsFree> context_;
  std::string name_;  // what the certificate must be for
  bool own_authorities_ = false;
};

// Fails unless `identity` is a certificate with its key; the error says what is wrong, without the key.
base::Status check_identity(const TlsIdentity& identity);
// Fails unless `pem` is one or more certificates.
base::Status check_authorities(const std::string& pem);

}  // namespace warmgate::cluster
