// What the rooms that speak TLS share: owners of OpenSSL's objects, its reasons for people, PEM from memory. The only
// header that includes OpenSSL's own, so for sources only. Functions use the error queue of the calling thread.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace warmgate::base {

struct OpensslFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
template <class T>
using OpensslPtr = std::unique_ptr<T, OpensslFree>;

// Of the last error; the queue is empty afterwards.
inline std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

// For all PEM functions: without this callback OpenSSL would ask for the passphrase on the terminal.
inline int no_passphrase(char* /*buffer*/, int /*size*/, int /*write*/, void* /*data*/) { return -1; }

// Reads `text`, which must outlive it.
inline OpensslPtr<BIO> pem_reader(const std::string& text) {
  return OpensslPtr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Whether the PEM function that just failed did so because there was no further block, and not because of a damaged
// one. Empties the queue.
inline bool ended_at_last_block() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

// nullptr: no unencrypted private key. Empties the queue.
inline OpensslPtr<EVP_PKEY> read_private_key(const std::string& pem) {
  OpensslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(pem_reader(pem).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return key;
}

}  // namespace warmgate::base
