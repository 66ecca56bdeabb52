#include "server/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace warmgate::server::test {
namespace {

constexpr long kTwoDays = 2L * 24 * 3600;

void must(bool ok) {
  if (!ok) {
    std::abort();
  }
}

}  // namespace

CertificateFolder::CertificateFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "warmgate-XXXXXX").string();
  must(::mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
}

CertificateFolder::~CertificateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void CertificateFolder::write(const std::string& file, const std::string& content) const {
  std::ofstream(path(file), std::ios::binary) << content;
}

void CertificateFolder::make_pair(const std::string& name, long seconds_left) const {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  must(key != nullptr && certificate != nullptr);
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kTwoDays);
  X509_gmtime_adj(X509_getm_notAfter(certificate), seconds_left);
  X509_NAME* subject = X509_get_subject_name(certificate);
  const std::string common_name = "localhost";
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                             -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  must(X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0);

  std::FILE* out = std::fopen(path(name + ".crt").c_str(), "w");
  must(out != nullptr && PEM_write_X509(out, certificate) == 1 && std::fclose(out) == 0);
  out = std::fopen(path(name + ".key").c_str(), "w");
  must(out != nullptr && PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
       std::fclose(out) == 0);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace warmgate::server::test
