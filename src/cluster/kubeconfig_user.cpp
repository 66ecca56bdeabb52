#include "kubeconfig_user.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "bearer_token.h"
#include "exec_plugin.h"
#include "tls_client.h"
#include "warmgate/base/text.h"

namespace warmgate::cluster {
namespace {

using document::Json;
using document::View;

struct Refusal {
  std::string_view member;
  std::string_view advice;
};

// What would have to be honoured and is not: to ignore it would act as somebody else, or as nobody.
constexpr Refusal kRefused[] = {
    {"username", "basic authentication ended with Kubernetes 1.19; use a token, a client certificate or exec"},
    {"password", "basic authentication ended with Kubernetes 1.19; use a token, a client certificate or exec"},
    {"auth-provider", "auth providers ended with Kubernetes 1.26; use an exec plugin"},
    {"as", "impersonation is not supported; use a user of its own"},
    {"as-uid", "impersonation is not supported; use a user of its own"},
    {"as-groups", "impersonation is not supported; use a user of its own"},
    {"as-user-extra", "impersonation is not supported; use a user of its own"}};

base::Result<std::shared_ptr<const TlsIdentity>> identity_of(const ConfigNode& user) {
  auto certificate = user.data_or_file("client-certificate", "client certificate");
  auto key = user.data_or_file("client-key", "client key");
  if (!certificate || !key) {
    return certificate ? key.error() : certificate.error();
  }
  if (certificate->has_value() != key->has_value()) {
    return user.error(certificate->has_value() ? "client-certificate is given without client-key"
                                               : "client-key is given without client-certificate");
  }
  if (!certificate->has_value()) {
    return std::shared_ptr<const TlsIdentity>();
  }
  auto identity = std::make_shared<const TlsIdentity>(TlsIdentity{**certificate, **key});
  auto checked = check_identity(*identity);
  if (!checked) {
    return user.error(checked.error().message);
  }
  return std::shared_ptr<const TlsIdentity>(std::move(identity));
}

// What the plugin is told of the cluster (client.authentication.k8s.io, type Cluster).
base::Result<std::shared_ptr<const Json>> cluster_info(const ConfigNode& cluster) {
  Json info = Json::object();
  for (const char* member : {"server", "tls-server-name"}) {
    auto text = cluster.text(member);
    if (!text) {
      return text.error();
    }
    if (!text->empty()) {
      info[member] = *text;
    }
  }
  auto authorities = cluster.data_or_file("certificate-authority", "certificate authority");
  if (!authorities) {
    return authorities.error();
  }
  if (authorities->has_value()) {
    info["certificate-authority-data"] = base::base64_encode(**authorities);
  }
  for (const View& extension : cluster["extensions"].view().items()) {
    // The name that the API reserves for this.
    if (extension["name"].text() == "client.authentication.k8s.io/exec" && extension["extension"]) {
      info["config"] = *extension["extension"].json();
    }
  }
  return std::shared_ptr<const Json>(std::make_shared<const Json>(std::move(info)));
}

base::Status read_arguments(const ConfigNode& exec, ChildProgram& program) {
  const ConfigNode arguments = exec["args"];
  for (std::size_t i = 0; i < arguments.view().size(); ++i) {
    auto argument = arguments.text(std::to_string(i));
    if (!argument) {
      return argument.error();
    }
    program.arguments.push_back(std::move(argument).value());
  }
  const ConfigNode variables = exec["env"];
  for (std::size_t i = 0; i < variables.view().size(); ++i) {
    const ConfigNode variable = variables[std::to_string(i)];
    auto name = variable.text("name");
    auto value = variable.text("value");
    if (!name || !value) {
      return name ? value.error() : name.error();
    }
    if (name->empty() || name->find('=') != std::string::npos) {
      return variable.error("an environment variable needs a name without \"=\"");
    }
    program.environment.emplace_back(*name, *value);
  }
  return base::ok_status();
}

base::Status check_mode(const ConfigNode& exec, const std::string& api_version) {
  auto mode = exec.text("interactiveMode");
  if (!mode) {
    return mode.error();
  }
  if (*mode == "Always") {
    return exec["interactiveMode"].error(
        "interactiveMode is Always, but there is nobody to ask: Warmgate gives plugins no "
        "terminal; use a plugin that works without one");
  }
  if (mode->empty() && api_version == "client.authentication.k8s.io/v1") {
    return exec.error("interactiveMode is missing; " + api_version + " requires it (Never or IfAvailable)");
  }
  if (!mode->empty() && *mode != "Never" && *mode != "IfAvailable") {
    return exec["interactiveMode"].error("interactiveMode must be Never, IfAvailable or Always");
  }
  return base::ok_status();
}

base::Result<ExecPlugin> plugin_of(const ConfigNode& exec, const ConfigNode& cluster) {
  auto api_version = exec.text("apiVersion");
  auto command = exec.text("command");
  auto hint = exec.text("installHint");
  for (const auto* text : {&api_version, &command, &hint}) {
    if (!*text) {
      return text->error();
    }
  }
  if (*api_version != "client.authentication.k8s.io/v1" && *api_version != "client.authentication.k8s.io/v1beta1") {
    return exec["apiVersion"].error(
        "the apiVersion of an exec plugin must be client.authentication.k8s.io/v1 or .../v1beta1");
  }
  if (command->empty()) {
    return exec.error("the exec plugin has no command");
  }
  auto mode = check_mode(exec, *api_version);
  if (!mode) {
    return mode.error();
  }
  ExecPlugin plugin;
  plugin.api_version = *api_version;
  plugin.install_hint = base::one_line(*hint, 500);
  // A bare name is looked up in PATH; any other path that is not absolute is relative to the file.
  plugin.program.command = command->find('/') == std::string::npos ? *command : exec.resolve(*command);
  auto arguments = read_arguments(exec, plugin.program);
  if (!arguments) {
    return arguments.error();
  }
  auto tell_cluster = exec.flag("provideClusterInfo");
  if (!tell_cluster) {
    return tell_cluster.error();
  }
  if (*tell_cluster) {
    auto info = cluster_info(cluster);
    if (!info) {
      return info.error();
    }
    plugin.cluster = std::move(info).value();
  }
  return plugin;
}

}  // namespace

base::Result<std::shared_ptr<CredentialSource>> user_credentials(const ConfigNode& user, const ConfigNode& cluster,
                                                                 std::chrono::milliseconds plugin_limit, Clock& clock) {
  for (const Refusal& refusal : kRefused) {
    if (const ConfigNode node = user[refusal.member]; node) {
      return node.error("the user has " + std::string(refusal.member) + ": " + std::string(refusal.advice));
    }
  }
  Credentials credentials;
  auto identity = identity_of(user);
  auto token = user.text("token");
  auto token_file = user.text("tokenFile");
  if (!identity) {
    return identity.error();
  }
  if (!token || !token_file) {
    return token ? token_file.error() : token.error();
  }
  credentials.identity = std::move(identity).value();
  if (!token->empty()) {
    auto checked = bearer_token(*token);
    if (!checked) {
      return user["token"].error(checked.error().message);
    }
    credentials.token = std::move(checked).value();
  }
  // client-go's order: a file wins over a token, both over a plugin.
  if (!token_file->empty()) {
    return std::shared_ptr(token_file_credentials(user.resolve(*token_file), std::move(credentials), clock));
  }
  if (const ConfigNode exec = user["exec"]; exec && credentials.token.empty()) {
    auto plugin = plugin_of(exec, cluster);
    if (!plugin) {
      return plugin.error();
    }
    plugin.value().program.limit = plugin_limit;
    return std::shared_ptr(exec_credentials(std::move(plugin).value(), std::move(credentials), clock));
  }
  return std::shared_ptr(fixed_credentials(std::move(credentials)));
}

}  // namespace warmgate::cluster
