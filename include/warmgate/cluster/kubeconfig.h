// Where the cluster is and who we are to it: from kubeconfig files, as kubectl reads them, or from what every Pod is
// given. What would weaken TLS (insecure-skip-tls-verify, http://) or cannot be honoured (proxy-url, username and
// password, auth-provider, impersonation) is refused, never ignored. Errors name file:line:col; secrets are in none.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "warmgate/base/result.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/credentials.h"
#include "warmgate/cluster/http.h"

namespace warmgate::cluster {

// A cluster that can be called.
struct Connection {
  Endpoint endpoint;
  std::string path_prefix;  // of the server's URL, without a slash at its end; mostly ""
  std::string ns;           // "" when none is given
  std::string origin;       // for people: "context prod of /root/.kube/config"
  std::shared_ptr<CredentialSource> credentials;
};

// The process environment; nullopt: not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> process_environment(const std::string& name);

struct KubeconfigOptions {
  std::string path;     // this file only; "": those of KUBECONFIG (colon separated, first wins), or ~/.kube/config
  std::string context;  // "": current-context
  // How long an exec plugin may run; then it is killed. Cloud command lines take seconds when they ask their cloud.
  std::chrono::milliseconds plugin_limit{30'000};
};

// `clock` must outlive the connection.
base::Result<Connection> load_kubeconfig(const KubeconfigOptions& options, const Environment& environment,
                                         Clock& clock);

// The folder of the service account's token, ca.crt and namespace.
inline constexpr const char* kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

// Inside a Pod: KUBERNETES_SERVICE_HOST and _PORT, and the service account in `folder`. `clock` must outlive the
// connection.
base::Result<Connection> load_in_cluster(const std::string& folder, const Environment& environment, Clock& clock);

// True when the process runs inside a Pod that may call the API server (client-go's rule: the two variables are set).
bool runs_in_cluster(const Environment& environment);

}  // namespace warmgate::cluster
