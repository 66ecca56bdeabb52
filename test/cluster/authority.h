// A certificate authority in memory, for TLS servers and clients of tests.
#pragma once

#include <memory>
#include <string>

#include "warmgate/cluster/credentials.h"

namespace warmgate::cluster::test {

class Authority {
 public:
  Authority();
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  [[nodiscard]] const std::string& pem() const { return pem_; }
  // `alternative_names` as OpenSSL writes them: "IP:127.0.0.1,DNS:localhost". Valid since an hour ago until
  // `seconds_left` from now.
  [[nodiscard]] TlsIdentity issue(const std::string& alternative_names, long seconds_left = 3600) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string pem_;
};

}  // namespace warmgate::cluster::test
