#include <charconv>
#include <utility>

#include "small_file.h"
#include "tls_client.h"
#include "warmgate/base/text.h"
#include "warmgate/cluster/kubeconfig.h"

namespace warmgate::cluster {
namespace {

base::Result<int> parse_port(const std::string& text) {
  int port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || rest != end || port < 1 || port > 65535) {
    return base::Error{"in-cluster configuration: KUBERNETES_SERVICE_PORT is no port: \"" + base::one_line(text, 40) +
                       "\""};
  }
  return port;
}

}  // namespace

bool runs_in_cluster(const Environment& environment) {
  return !environment("KUBERNETES_SERVICE_HOST").value_or("").empty() &&
         !environment("KUBERNETES_SERVICE_PORT").value_or("").empty();
}

base::Result<Connection> load_in_cluster(const std::string& folder, const Environment& environment, Clock& clock) {
  if (!runs_in_cluster(environment)) {
    return base::Error{
        "in-cluster configuration: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, so this is "
        "no Pod; give a kubeconfig"};
  }
  auto port = parse_port(*environment("KUBERNETES_SERVICE_PORT"));
  if (!port) {
    return port.error();
  }
  Connection connection;
  connection.endpoint.host = *environment("KUBERNETES_SERVICE_HOST");
  connection.endpoint.port = *port;
  connection.origin = "in-cluster configuration";
  const std::string ca_file = folder + "/ca.crt";
  auto authorities = read_small_file(ca_file, kMaxSecretFile);
  if (!authorities) {
    return base::Error{"in-cluster configuration: " + ca_file + ": " + authorities.error().message +
                       "; does the Pod have automountServiceAccountToken: false?"};
  }
  auto checked = check_authorities(*authorities);
  if (!checked) {
    return base::Error{"in-cluster configuration: " + ca_file + ": " + checked.error().message};
  }
  connection.endpoint.ca_pem = std::move(authorities).value();
  connection.endpoint.ca_file = ca_file;
  if (auto ns = read_small_file(folder + "/namespace", kMaxSecretFile); ns) {
    connection.ns = base::trim(*ns);
  }
  connection.credentials = token_file_credentials(folder + "/token", {}, clock);
  auto first = connection.credentials->current({});
  if (!first) {
    return base::Error{"in-cluster configuration: " + first.error().message};
  }
  return connection;
}

}  // namespace warmgate::cluster
