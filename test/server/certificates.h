// Self-signed certificates in a folder that goes away with the object.
#pragma once

#include <string>

namespace warmgate::server::test {

class CertificateFolder {
 public:
  CertificateFolder();
  ~CertificateFolder();
  CertificateFolder(const CertificateFolder&) = delete;
  CertificateFolder& operator=(const CertificateFolder&) = delete;

  // Writes NAME.crt and NAME.key, valid from two days ago until `seconds_left` from now.
  void make_pair(const std::string& name, long seconds_left) const;
  void write(const std::string& file, const std::string& content) const;
  [[nodiscard]] std::string path(const std::string& file) const { return folder_ + "/" + file; }

 private:
  std::string folder_;
};

}  // namespace warmgate::server::test
