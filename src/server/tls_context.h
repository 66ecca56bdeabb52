// The TLS side of the HTTPS listener: TLS 1.2 with AEAD ciphers, or 1.3, with the certificate and key of two PEM files.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "warmgate/base/result.h"

struct ssl_ctx_st;

namespace warmgate::server {

struct TlsContextFree {
  void operator()(ssl_ctx_st* context) const;
};

struct ServingCertificate {
  std::unique_ptr<ssl_ctx_st, TlsContextFree> context;
  double not_after = 0;                      // of the leaf, Unix seconds
  std::array<unsigned char, 32> identity{};  // SHA-256 of both files: equal for equal files

  [[nodiscard]] bool expired() const;
};

// An expired certificate is no error: the API server refuses it with a clear message of its own, and the expiry metric
// has told of it long before; a crash loop would tell less. Whoever has another one keeps that.
base::Result<ServingCertificate> load_serving_certificate(const std::string& certificate_file,
                                                          const std::string& key_file);

}  // namespace warmgate::server
