#include "warmgate/cluster/kubeconfig.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "kubeconfig_file.h"
#include "kubeconfig_user.h"
#include "server_url.h"
#include "tls_client.h"
#include "warmgate/base/text.h"

namespace warmgate::cluster {
namespace {

base::Result<std::vector<std::string>> files_to_read(const KubeconfigOptions& options, const Environment& environment) {
  if (!options.path.empty()) {
    return std::vector<std::string>{options.path};
  }
  std::vector<std::string> paths;
  const std::string list = environment("KUBECONFIG").value_or("");
  for (const std::string_view path : base::split(list, ':')) {
    if (!path.empty()) {
      paths.emplace_back(path);
    }
  }
  if (paths.empty()) {
    const std::optional<std::string> home = environment("HOME");
    if (!home || home->empty()) {
      return base::Error{"kubeconfig: neither KUBECONFIG nor HOME is set; name a file (--kubeconfig)"};
    }
    paths.push_back(*home + "/.kube/config");
  }
  return paths;
}

base::Result<Endpoint> endpoint_of(const ConfigNode& cluster, std::string& path_prefix) {
  if (auto insecure = cluster.flag("insecure-skip-tls-verify"); !insecure || *insecure) {
    return insecure ? cluster["insecure-skip-tls-verify"].error(
                          "insecure-skip-tls-verify is refused: anybody on the way could answer for the API server; "
                          "give the "
                          "cluster's authority as certificate-authority or certificate-authority-data")
                    : insecure.error();
  }
  if (const ConfigNode proxy = cluster["proxy-url"]; proxy && !proxy.view().text().empty()) {
    return proxy.error("proxy-url is not supported; give an address that is reached directly");
  }
  auto server = cluster.text("server");
  auto name = cluster.text("tls-server-name");
  if (!server || !name) {
    return server ? name.error() : server.error();
  }
  if (server->empty()) {
    return cluster.error("the cluster has no server");
  }
  auto url = parse_server_url(*server);
  if (!url) {
    return cluster["server"].error(url.error().message);
  }
  auto authorities = cluster.data_or_file("certificate-authority", "certificate authority");
  if (!authorities) {
    return authorities.error();
  }
  if (authorities->has_value()) {
    auto checked = check_authorities(**authorities);
    if (!checked) {
      return cluster.error("the certificate authority cannot be used: " + checked.error().message);
    }
  }
  path_prefix = url->path;
  Endpoint endpoint{url->host, url->port, *name, authorities->value_or(""), ""};
  if (authorities->has_value() && cluster["certificate-authority-data"].view().text().empty()) {
    endpoint.ca_file = cluster.resolve(cluster["certificate-authority"].view().text());
  }
  return endpoint;
}

// The entry of `section` that a context's `member` names.
base::Result<ConfigNode> entry_of(const KubeconfigFiles& files, const ConfigNode& context, std::string_view section,
                                  std::string_view member) {
  auto name = context.text(member);
  if (!name) {
    return name.error();
  }
  if (name->empty()) {
    return context.error("the context names no " + std::string(member));
  }
  const std::optional<ConfigNode> entry = files.find(section, *name);
  if (!entry) {
    return context[member].error("the " + std::string(member) + " \"" + *name +
                                 "\" does not exist; there are: " + files.names(section));
  }
  return *entry;
}

}  // namespace

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

base::Result<Connection> load_kubeconfig(const KubeconfigOptions& options, const Environment& environment,
                                         Clock& clock) {
  auto paths = files_to_read(options, environment);
  if (!paths) {
    return paths.error();
  }
  auto files = KubeconfigFiles::load(*paths);
  if (!files) {
    return files.error();
  }
  if (!files->any("contexts")) {
    return base::Error{"kubeconfig " + files->description() +
                       ": it holds no context; name another one (KUBECONFIG, --kubeconfig)"};
  }
  const std::string name = options.context.empty() ? files->current_context() : options.context;
  if (name.empty()) {
    return base::Error{"kubeconfig " + files->description() + ": no current-context is set; there are: " +
                       files->names("contexts") + " (`kubectl config use-context`, --context)"};
  }
  const std::optional<ConfigNode> context = files->find("contexts", name);
  if (!context) {
    return base::Error{"kubeconfig " + files->description() + ": the context \"" + name +
                       "\" does not exist; there are: " + files->names("contexts")};
  }
  auto cluster = entry_of(*files, *context, "clusters", "cluster");
  auto user = entry_of(*files, *context, "users", "user");
  auto ns = context->text("namespace");
  if (!cluster || !user) {
    return cluster ? user.error() : cluster.error();
  }
  if (!ns) {
    return ns.error();
  }
  Connection connection;
  connection.ns = *ns;
  connection.origin = "context " + name + " of " + files->description();
  auto endpoint = endpoint_of(*cluster, connection.path_prefix);
  if (!endpoint) {
    return endpoint.error();
  }
  connection.endpoint = std::move(endpoint).value();
  auto credentials = user_credentials(*user, *cluster, options.plugin_limit, clock);
  if (!credentials) {
    return credentials.error();
  }
  connection.credentials = std::move(credentials).value();
  return connection;
}

}  // namespace warmgate::cluster
