#include "tls_context.h"

#include <openssl/ssl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include "warmgate/base/openssl.h"

namespace warmgate::server {
namespace {

// A chain of ten 4096-bit certificates has about 25 KiB; a file beyond this is not one.
constexpr std::size_t kMaxPemBytes = 1024UL * 1024;

using base::openssl_reason;
using base::OpensslPtr;

struct FileClose {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

base::Result<std::string> read_pem(const std::string& what, const std::string& path) {
  const std::unique_ptr<std::FILE, FileClose> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    return base::Error{what + " " + path + ": " + std::strerror(errno)};
  }
  std::string text(kMaxPemBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return base::Error{what + " " + path + ": " + std::strerror(errno)};
  }
  if (text.size() > kMaxPemBytes) {
    return base::Error{what + " " + path + ": larger than 1 MiB; it should hold PEM blocks only"};
  }
  return text;
}

double unix_seconds(const ASN1_TIME* time) {
  std::tm calendar{};
  return ASN1_TIME_to_tm(time, &calendar) == 1 ? static_cast<double>(::timegm(&calendar)) : 0;
}

base::Result<double> use_chain(SSL_CTX* context, const std::string& path, EVP_MD_CTX* digest) {
  auto text = read_pem("certificate file", path);
  if (!text) {
    return text.error();
  }
  EVP_DigestUpdate(digest, text->data(), text->size());
  const OpensslPtr<BIO> reader = base::pem_reader(*text);
  const OpensslPtr<X509> leaf(PEM_read_bio_X509_AUX(reader.get(), nullptr, base::no_passphrase, nullptr));
  if (!leaf) {
    ERR_clear_error();
    return base::Error{"certificate file " + path +
                       ": holds no PEM certificate (a block that starts with -----BEGIN CERTIFICATE-----)"};
  }
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return base::Error{"certificate file " + path + ": not usable for TLS: " + openssl_reason()};
  }
  while (X509* issuer = PEM_read_bio_X509(reader.get(), nullptr, base::no_passphrase, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, issuer) != 1) {
      X509_free(issuer);
      return base::Error{"certificate file " + path + ": cannot use its chain: " + openssl_reason()};
    }
  }
  if (!base::ended_at_last_block()) {
    return base::Error{"certificate file " + path + ": a certificate after the first one is damaged"};
  }
  return unix_seconds(X509_get0_notAfter(leaf.get()));
}

base::Status use_key(SSL_CTX* context, const std::string& path, const std::string& certificate_path,
                     EVP_MD_CTX* digest) {
  auto text = read_pem("key file", path);
  if (!text) {
    return text.error();
  }
  EVP_DigestUpdate(digest, text->data(), text->size());
  const OpensslPtr<EVP_PKEY> key = base::read_private_key(*text);
  OPENSSL_cleanse(&text.value()[0], text.value().size());
  if (!key) {
    return base::Error{"key file " + path +
                       ": holds no unencrypted PEM private key (a block that starts with -----BEGIN PRIVATE KEY-----)"};
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    ERR_clear_error();
    return base::Error{"key file " + path + ": is not the key of the certificate in " + certificate_path +
                       "; give the pair that was made together"};
  }
  return base::ok_status();
}

bool harden(SSL_CTX* context) {
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
  // kube-apiserver never resumes a session (its tls.Config has no ClientSessionCache): no tickets, no cache.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // 34 KiB less for each idle connection.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // Every TLS 1.3 suite is AEAD; for 1.2 the list says so.
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1;
}

}  // namespace

bool ServingCertificate::expired() const { return not_after <= static_cast<double>(std::time(nullptr)); }

void TlsContextFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

base::Result<ServingCertificate> load_serving_certificate(const std::string& certificate_file,
                                                          const std::string& key_file) {
  ERR_clear_error();
  ServingCertificate serving;
  serving.context.reset(SSL_CTX_new(TLS_server_method()));
  const OpensslPtr<EVP_MD_CTX> digest(EVP_MD_CTX_new());
  if (!serving.context || !harden(serving.context.get()) || !digest ||
      EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) {
    return base::Error{"TLS: OpenSSL cannot be set up: " + openssl_reason()};
  }
  auto not_after = use_chain(serving.context.get(), certificate_file, digest.get());
  if (!not_after) {
    return not_after.error();
  }
  serving.not_after = *not_after;
  auto key = use_key(serving.context.get(), key_file, certificate_file, digest.get());
  if (!key) {
    return key.error();
  }
  EVP_DigestFinal_ex(digest.get(), serving.identity.data(), nullptr);
  return serving;
}

}  // namespace warmgate::server
