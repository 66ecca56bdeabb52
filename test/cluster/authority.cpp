#include "cluster/authority.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdlib>

namespace warmgate::cluster::test {
namespace {

constexpr long kHour = 3600;

struct OpensslFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <class T>
using Owned = std::unique_ptr<T, OpensslFree>;

void must(bool ok) {
  if (!ok) {
    std::abort();
  }
}

long next_number() {
  static std::atomic<long> number{0};
  return ++number;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  must(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio.get());
}

Owned<X509> make_certificate(EVP_PKEY* key, const char* common_name, long seconds_left) {
  Owned<X509> certificate(X509_new());
  must(certificate && X509_set_version(certificate.get(), 2) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), next_number());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds_left);
  must(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                                  reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0) == 1);
  must(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

void add_extension(X509* certificate, int id, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value.c_str());
  must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

}  // namespace

struct Authority::Impl {
  Owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  Owned<X509> certificate;
};

Authority::Authority() : impl_(std::make_unique<Impl>()) {
  impl_->certificate =
      make_certificate(impl_->key.get(), ("test authority " + std::to_string(next_number())).c_str(), 10 * kHour);
  X509* certificate = impl_->certificate.get();
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  must(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1);
  must(X509_sign(certificate, impl_->key.get(), EVP_sha256()) > 0);
  pem_ = pem_of(certificate);
}

Authority::~Authority() = default;

TlsIdentity Authority::issue(const std::string& alternative_names, long seconds_left) const {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<X509> certificate = make_certificate(key.get(), "localhost", seconds_left);
  add_extension(certificate.get(), NID_subject_alt_name, alternative_names);
  must(X509_set_issuer_name(certificate.get(), X509_get_subject_name(impl_->certificate.get())) == 1);
  must(X509_sign(certificate.get(), impl_->key.get(), EVP_sha256()) > 0);
  return {pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace warmgate::cluster::test
