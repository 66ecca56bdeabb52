#include "warmgate/cluster/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/authority.h"
#include "cluster/fakes.h"
#include "support/temp_directory.h"
#include "warmgate/base/text.h"

namespace warmgate::cluster::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// The cluster's and the user's members, indented, in a file that is complete otherwise.
std::string config(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: one\ncontexts:\n- name: one\n  context: {cluster: c, user: u, "
         "namespace: team}\nclusters:\n- name: c\n  cluster:\n    " +
         replaced(cluster, "\n", "\n    ") + "\nusers:\n- name: u\n  user:\n    " + replaced(user, "\n", "\n    ") +
         "\n";
}

class KubeconfigTest : public ::testing::Test {
 protected:
  [[nodiscard]] base::Result<Connection> load(const std::string& text, const std::string& context = "") {
    return load_kubeconfig({folder_.write("config", text), context}, environment_of({}), clock_);
  }
  // The error, with the path of the file as FILE.
  [[nodiscard]] std::string error_of(const base::Result<Connection>& loaded) const {
    if (loaded) {
      return "no error";
    }
    return replaced(replaced(loaded.error().message, folder_.path("config"), "FILE"), folder_.path(), "FOLDER");
  }

  testing::TempDirectory folder_;
  FakeClock clock_;
  Authority authority_;
};

TEST_F(KubeconfigTest, DataInTheFileIsRead) {
  const TlsIdentity identity = authority_.issue("DNS:me");
  std::string authority = base::base64_encode(authority_.pem());
  authority.insert(20, "\n  ");  // as some tools fold it
  const auto connection =
      load(config("server: https://[fd00::1]:6443/k8s/\ntls-server-name: kubernetes\n"
                  "certificate-authority-data: |\n  " +
                      authority,
                  "client-certificate-data: " + base::base64_encode(identity.certificate_pem) +
                      "\nclient-key-data: " + base::base64_encode(identity.key_pem) + "\ntoken: s3cret-token"));
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  EXPECT_EQ(connection->endpoint.host, "fd00::1");
  EXPECT_EQ(connection->endpoint.port, 6443);
  EXPECT_EQ(connection->endpoint.tls_server_name, "kubernetes");
  EXPECT_EQ(connection->endpoint.ca_pem, authority_.pem());
  EXPECT_EQ(connection->endpoint.ca_file, "");
  EXPECT_EQ(connection->path_prefix, "/k8s");
  EXPECT_EQ(connection->ns, "team");
  EXPECT_EQ(connection->origin, "context one of " + folder_.path("config"));
  const auto credentials = connection->credentials->current({});
  ASSERT_TRUE(credentials.ok());
  EXPECT_EQ(credentials->token, "s3cret-token");
  EXPECT_EQ(credentials->identity->certificate_pem, identity.certificate_pem);
  EXPECT_EQ(credentials->identity->key_pem, identity.key_pem);
}

TEST_F(KubeconfigTest, FilesAreRelativeToTheFileThatNamesThem) {
  const TlsIdentity identity = authority_.issue("DNS:me");
  folder_.write("pki/ca.crt", authority_.pem());
  folder_.write("pki/me.crt", identity.certificate_pem);
  folder_.write("pki/me.key", identity.key_pem);
  folder_.write("token", "from-file\n");
  const auto connection = load(config("server: https://api.example\ncertificate-authority: pki/ca.crt",
                                      "client-certificate: pki/me.crt\nclient-key: ./pki/me.key\ntokenFile: token\n"
                                      "token: fallback"));
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  EXPECT_EQ(connection->endpoint.port, 443);
  EXPECT_EQ(connection->endpoint.ca_pem, authority_.pem());
  EXPECT_EQ(connection->endpoint.ca_file, folder_.path("pki/ca.crt"));
  EXPECT_EQ(connection->credentials->current({})->token, "from-file");
  EXPECT_EQ(connection->credentials->current({})->identity->key_pem, identity.key_pem);
}

TEST_F(KubeconfigTest, OfSeveralFilesTheFirstCountsAndMissingOnesArePassedOver) {
  const std::string first =
      folder_.write("a/config", "users: [{name: u, user: {token: first}}]\ncurrent-context: two\n");
  const std::string second = folder_.write("b/config",
                                           "current-context: other\nusers: [{name: u, user: {token: second}}]\n"
                                           "clusters: [{name: c, cluster: {server: 'https://1.2.3.4'}}]\n"
                                           "contexts: [{name: two, context: {cluster: c, user: u}}]\n");
  const auto connection = load_kubeconfig(
      {}, environment_of({{"KUBECONFIG", first + ":" + folder_.path("missing") + "::" + second}}), clock_);
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  EXPECT_EQ(connection->origin, "context two of " + first + ", " + second);
  EXPECT_EQ(connection->credentials->current({})->token, "first");
  EXPECT_EQ(connection->endpoint.host, "1.2.3.4");
}

TEST_F(KubeconfigTest, WithoutKubeconfigTheOneInHomeIsRead) {
  folder_.write(".kube/config", config("server: https://1.2.3.4", "token: t"));
  EXPECT_TRUE(load_kubeconfig({}, environment_of({{"HOME", folder_.path()}}), clock_).ok());
  const auto nowhere = load_kubeconfig({}, environment_of({}), clock_);
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().message, "kubeconfig: neither KUBECONFIG nor HOME is set; name a file (--kubeconfig)");
  const auto missing = load_kubeconfig({folder_.path("none"), ""}, environment_of({}), clock_);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message, "kubeconfig " + folder_.path("none") +
                                         ": No such file or directory; name another one (KUBECONFIG, --kubeconfig)");
}

TEST_F(KubeconfigTest, AnotherContextCanBeChosen) {
  const std::string text = config("server: https://1.2.3.4", "token: t");
  EXPECT_TRUE(load(text, "one").ok());
  EXPECT_EQ(error_of(load(text, "two")), "kubeconfig FILE: the context \"two\" does not exist; there are: \"one\"");
}

TEST_F(KubeconfigTest, TokenFilesAreReadAgainWhenTheyChangeAndEveryMinute) {
  folder_.write("token", "one");
  const auto connection = load(config("server: https://1.2.3.4", "tokenFile: token"));
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  CredentialSource& source = *connection->credentials;
  EXPECT_EQ(source.current({})->token, "one");
  folder_.write("token", "second");  // another size: seen at once
  EXPECT_EQ(source.current({})->token, "second");
  EXPECT_FALSE(source.renew({"second", nullptr}));
  folder_.write("token", "third");
  EXPECT_TRUE(source.renew({"second", nullptr}));
  EXPECT_EQ(source.current({})->token, "third");
  std::filesystem::remove(folder_.path("token"));
  EXPECT_EQ(source.current({})->token, "third");
  clock_.passed += std::chrono::seconds{61};
  EXPECT_EQ(source.current({})->token, "third");
  folder_.write("token", "4\r\nX-Remote-User: admin");
  EXPECT_EQ(source.current({})->token, "third");
}

struct Bad {
  const char* name;
  std::string text;
  std::string error;
};

class BadKubeconfigs : public KubeconfigTest, public ::testing::WithParamInterface<Bad> {};

TEST_P(BadKubeconfigs, AreRefusedWithTheirPlaceAndWithoutTheirSecrets) {
  const std::string error = error_of(load(GetParam().text));
  EXPECT_EQ(error, GetParam().error);
  EXPECT_THAT(error, Not(HasSubstr("s3cret")));
}

const char* const kServer = "server: https://1.2.3.4";

INSTANTIATE_TEST_SUITE_P(
    Table, BadKubeconfigs,
    ::testing::Values(
        Bad{"Insecure", config("server: https://1.2.3.4\ninsecure-skip-tls-verify: true", "token: s3cret"),
            "kubeconfig FILE:11:31: insecure-skip-tls-verify is refused: anybody on the way could answer for the API "
            "server; give the cluster's authority as certificate-authority or certificate-authority-data"},
        Bad{"Plain", config("server: http://1.2.3.4", "token: s3cret"),
            "kubeconfig FILE:10:13: the server must be an https:// address: over http:// anybody on the way could read "
            "the "
            "credentials and change the answers"},
        Bad{"NoServer", config("tls-server-name: a", "token: s3cret"),
            "kubeconfig FILE:10:5: the cluster has no server"},
        Bad{"BadPort", config("server: https://1.2.3.4:0x1", "token: s3cret"),
            "kubeconfig FILE:10:13: the server must be an address such as https://10.0.0.1:6443"},
        Bad{"UserInTheAddress", config("server: https://me:s3cret@1.2.3.4", "token: t"),
            "kubeconfig FILE:10:13: the server's address must not hold a user name or password"},
        Bad{"Proxy", config("server: https://1.2.3.4\nproxy-url: http://proxy:3128", "token: s3cret"),
            "kubeconfig FILE:11:16: proxy-url is not supported; give an address that is reached directly"},
        Bad{"BadBase64", config("server: https://1.2.3.4\ncertificate-authority-data: '!s3cret'", "token: t"),
            "kubeconfig FILE:11:33: certificate-authority-data is not valid base64"},
        Bad{"NoCertificate", config("server: https://1.2.3.4\ncertificate-authority-data: aGVsbG8=", "token: t"),
            "kubeconfig FILE:10:5: the certificate authority cannot be used: it holds no PEM certificate (a block that "
            "starts "
            "with -----BEGIN CERTIFICATE-----)"},
        Bad{"MissingCa", config("server: https://1.2.3.4\ncertificate-authority: nowhere/ca.crt", "token: t"),
            "kubeconfig FILE:11:28: the certificate authority file FOLDER/nowhere/ca.crt cannot be read: No such file "
            "or "
            "directory"},
        Bad{"Password", config(kServer, "username: me\npassword: s3cret"),
            "kubeconfig FILE:14:15: the user has username: basic authentication ended with Kubernetes 1.19; use a "
            "token, a "
            "client certificate or exec"},
        Bad{"AuthProvider", config(kServer, "auth-provider: {name: gcp, config: {access-token: s3cret}}"),
            "kubeconfig FILE:14:20: the user has auth-provider: auth providers ended with Kubernetes 1.26; use an exec "
            "plugin"},
        Bad{"Impersonation", config(kServer, "token: s3cret\nas: admin"),
            "kubeconfig FILE:15:9: the user has as: impersonation is not supported; use a user of its own"},
        Bad{"TokenOfTwoLines", config(kServer, "token: \"s3cret\\nX-Evil: 1\""),
            "kubeconfig FILE:14:12: the token holds a blank, a line break or a byte that is not ASCII"},
        Bad{"TokenThatIsANumber", config(kServer, "token: 12345"),
            "kubeconfig FILE:14:12: token must be a string; quote it"},
        Bad{"CertificateWithoutKey", config(kServer, "client-certificate-data: aGVsbG8="),
            "kubeconfig FILE:14:5: client-certificate is given without client-key"},
        Bad{"KeyThatIsNone", config(kServer, "client-certificate-data: aGVsbG8=\nclient-key-data: czNjcmV0"),
            "kubeconfig FILE:14:5: the client certificate cannot be used: it holds no PEM certificate (a block that "
            "starts "
            "with -----BEGIN CERTIFICATE-----)"},
        Bad{"ExecVersion", config(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}"),
            "kubeconfig FILE:14:24: the apiVersion of an exec plugin must be client.authentication.k8s.io/v1 or "
            ".../v1beta1"},
        Bad{"ExecInteractive",
            config(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}"),
            "kubeconfig FILE:14:86: interactiveMode is Always, but there is nobody to ask: Warmgate gives plugins no "
            "terminal; "
            "use a plugin that works without one"},
        Bad{"ExecWithoutMode", config(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1, command: x}"),
            "kubeconfig FILE:14:11: interactiveMode is missing; client.authentication.k8s.io/v1 requires it (Never or "
            "IfAvailable)"},
        Bad{"ExecWithoutCommand",
            config(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}"),
            "kubeconfig FILE:14:11: the exec plugin has no command"},
        Bad{"TwiceTheSameName", "users: [{name: u, user: {token: s3cret}}, {name: u}]",
            "kubeconfig FILE:1:50: \"u\" is twice among the users"},
        Bad{"NoContext", "kind: Config",
            "kubeconfig FILE: it holds no context; name another one (KUBECONFIG, --kubeconfig)"},
        Bad{"NoCurrentContext", "contexts: [{name: a, context: {cluster: x, user: u}}]",
            "kubeconfig FILE: no current-context is set; there are: \"a\" (`kubectl config use-context`, --context)"},
        Bad{"UnknownCluster", "current-context: a\ncontexts: [{name: a, context: {cluster: x, user: u}}]",
            "kubeconfig FILE:2:41: the cluster \"x\" does not exist; there are: none"},
        Bad{"AnotherKind", "kind: Secret\ntoken: s3cret", "kubeconfig FILE:1:7: kind must be Config, not Secret"},
        Bad{"AList", "- s3cret",
            "kubeconfig FILE:1:1: a kubeconfig must be a mapping with clusters, users and contexts"},
        Bad{"NoYaml", "users: [{user: {token: s3cret}",
            "kubeconfig FILE:1:31: expected ',' or '}' in the mapping that opens on line 1; close it or add the "
            "missing "
            "comma; put values with special characters in quotes"}),
    [](const auto& row) { return row.param.name; });

class InClusterTest : public ::testing::Test {
 protected:
  InClusterTest() {
    folder_.write("ca.crt", authority_.pem());
    folder_.write("token", "pod-token");
    folder_.write("namespace", "warmgate\n");
  }
  base::Result<Connection> load(const std::string& host, const std::string& port) {
    return load_in_cluster(
        folder_.path(), environment_of({{"KUBERNETES_SERVICE_HOST", host}, {"KUBERNETES_SERVICE_PORT", port}}), clock_);
  }

  testing::TempDirectory folder_;
  FakeClock clock_;
  Authority authority_;
};

TEST_F(InClusterTest, TheServiceAccountIsUsed) {
  const auto connection = load("fd00:10:96::1", "443");
  ASSERT_TRUE(connection.ok()) << connection.error().message;
  EXPECT_EQ(connection->endpoint.host, "fd00:10:96::1");
  EXPECT_EQ(connection->endpoint.port, 443);
  EXPECT_EQ(connection->endpoint.ca_pem, authority_.pem());
  EXPECT_EQ(connection->endpoint.ca_file, folder_.path("ca.crt"));
  EXPECT_EQ(connection->ns, "warmgate");
  EXPECT_EQ(connection->credentials->current({})->token, "pod-token");
  folder_.write("next", "rotated-token");
  std::filesystem::rename(folder_.path("next"), folder_.path("token"));  // as the kubelet does, in effect
  EXPECT_EQ(connection->credentials->current({})->token, "rotated-token");
}

TEST_F(InClusterTest, WhatIsMissingIsNamed) {
  EXPECT_EQ(
      load("", "443").error().message,
      "in-cluster configuration: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set, so this is no Pod; "
      "give a kubeconfig");
  EXPECT_EQ(load("10.96.0.1", "tcp://x").error().message,
            "in-cluster configuration: KUBERNETES_SERVICE_PORT is no port: \"tcp://x\"");
  std::filesystem::remove(folder_.path("token"));
  EXPECT_EQ(load("10.96.0.1", "443").error().message,
            "in-cluster configuration: token file " + folder_.path("token") + ": No such file or directory");
  std::filesystem::remove(folder_.path("ca.crt"));
  EXPECT_EQ(load("10.96.0.1", "443").error().message,
            "in-cluster configuration: " + folder_.path("ca.crt") +
                ": No such file or directory; does the Pod have automountServiceAccountToken: false?");
}

}  // namespace
}  // namespace warmgate::cluster::test
