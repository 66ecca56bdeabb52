#include "trust.h"

#include <utility>

namespace warmgate::cluster {

base::Result<std::unique_ptr<Trust>> Trust::create(const Endpoint& endpoint) {
  auto tls = TlsClient::create(endpoint);
  if (!tls) {
    return tls.error();
  }
  return std::unique_ptr<Trust>(new Trust(endpoint, std::move(tls).value()));
}

Trust::Now Trust::now() {
  const std::lock_guard lock(mutex_);
  if (endpoint_.ca_file.empty()) {
    return now_;
  }
  const FileState state = FileState::of(endpoint_.ca_file);
  if (!seen_ || !(*seen_ == state)) {
    seen_ = state;
    const base::Status read = read_again();
    now_.problem = read ? "" : endpoint_.ca_file + " has changed and cannot be used: " + read.error().message;
  }
  return now_;
}

// Requires the lock.
base::Status Trust::read_again() {
  auto pem = read_small_file(endpoint_.ca_file, kMaxSecretFile);
  if (!pem) {
    return pem.error();
  }
  if (*pem == endpoint_.ca_pem) {
    return base::ok_status();
  }
  // An empty text would mean the authorities of the system.
  if (auto checked = check_authorities(*pem); !checked) {
    return checked;
  }
  Endpoint next = endpoint_;
  next.ca_pem = std::move(pem).value();
  auto tls = TlsClient::create(next);
  if (!tls) {
    return tls.error();
  }
  endpoint_ = std::move(next);
  now_.tls = std::make_shared<const TlsClient>(std::move(tls).value());
  return base::ok_status();
}

}  // namespace warmgate::cluster
