// Trust: whom a connection to the API server believes. The authorities of a cluster are replaced while processes run
// (the kubelet rewrites ca.crt in every Pod), so their file is read again when it has changed. What cannot be used
// never replaces what is in use. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "small_file.h"
#include "tls_client.h"
#include "warmgate/base/result.h"
#include "warmgate/cluster/http.h"

namespace warmgate::cluster {

class Trust {
 public:
  // Fails when the authorities cannot be used.
  static base::Result<std::unique_ptr<Trust>> create(const Endpoint& endpoint);

  struct Now {
    std::shared_ptr<const TlsClient> tls;  // the same object as long as the authorities are the same
    std::string problem;                   // why the file as it is now is not what `tls` believes; "" mostly
  };
  // Looks at the file; reads it when it is another one than before.
  Now now();

 private:
  Trust(Endpoint endpoint, TlsClient tls)
      : endpoint_(std::move(endpoint)), now_{std::make_shared<const TlsClient>(std::move(tls)), ""} {}
  base::Status read_again();

  std::mutex mutex_;
  Endpoint endpoint_;
  Now now_;
  std::optional<FileState> seen_;
};

}  // namespace warmgate::cluster
