// Credentials: who Warmgate is to the API server. A CredentialSource gives them for each request, because they change
// while the process runs: service account tokens rotate, exec plugins give short-lived ones.
// Sources are thread-safe. Secrets never appear in error messages.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "warmgate/base/result.h"
#include "warmgate/cluster/clock.h"

namespace warmgate::cluster {

// A client certificate (PEM, leaf first) and its key (PEM, not encrypted).
struct TlsIdentity {
  std::string certificate_pem;
  std::string key_pem;
};

struct Credentials {
  std::string token;                            // bearer token; "": none
  std::shared_ptr<const TlsIdentity> identity;  // nullptr: none. The same object as long as it is the same identity.
};

class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  // May block for as long as an exec plugin may run (exec_plugin.h), or until `stop` is requested (an error);
  // otherwise a file read at most.
  virtual base::Result<Credentials> current(const std::stop_token& stop) = 0;
  // The API server answered 401 to `refused`: forget them. False when there is no way to get others.
  virtual bool renew(const Credentials& refused) = 0;
};

// Credentials that never change.
std::unique_ptr<CredentialSource> fixed_credentials(Credentials credentials);

// A token in a file that others rewrite (a service account's). It is read again when the file has changed, and at
// least once a minute; while it cannot be read, the last token (at first `fallback`) stays in use. `identity` goes
// with it. `clock` must outlive the source.
std::unique_ptr<CredentialSource> token_file_credentials(std::string path, Credentials fallback, Clock& clock);

}  // namespace warmgate::cluster
