#include "tls_client.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "warmgate/base/openssl.h"

namespace warmgate::cluster {
namespace {

using base::openssl_reason;
using base::OpensslPtr;

base::Result<std::vector<OpensslPtr<X509>>> read_certificates(const std::string& pem) {
  ERR_clear_error();
  const OpensslPtr<BIO> reader = base::pem_reader(pem);
  std::vector<OpensslPtr<X509>> all;
  while (X509* certificate = PEM_read_bio_X509(reader.get(), nullptr, base::no_passphrase, nullptr)) {
    all.emplace_back(certificate);
  }
  if (!base::ended_at_last_block()) {
    return base::Error{"a certificate in it is damaged"};
  }
  if (all.empty()) {
    return base::Error{"it holds no PEM certificate (a block that starts with -----BEGIN CERTIFICATE-----)"};
  }
  return all;
}

base::Status use_identity(SSL* session, const TlsIdentity& identity) {
  auto certificates = read_certificates(identity.certificate_pem);
  if (!certificates) {
    return base::Error{"the client certificate cannot be used: " + certificates.error().message};
  }
  const OpensslPtr<EVP_PKEY> key = base::read_private_key(identity.key_pem);
  if (!key) {
    return base::Error{
        "the client key is no unencrypted PEM private key (a block that starts with -----BEGIN PRIVATE KEY-----)"};
  }
  if (SSL_use_certificate(session, certificates->front().get()) != 1) {
    return base::Error{"the client certificate cannot be used: " + openssl_reason()};
  }
  for (std::size_t i = 1; i < certificates->size(); ++i) {
    if (SSL_add1_chain_cert(session, (*certificates)[i].get()) != 1) {
      return base::Error{"the chain of the client certificate cannot be used: " + openssl_reason()};
    }
  }
  if (SSL_use_PrivateKey(session, key.get()) != 1 || SSL_check_private_key(session) != 1) {
    ERR_clear_error();
    return base::Error{"the client key is not the key of the client certificate; give the pair that was made together"};
  }
  return base::ok_status();
}

bool is_ip_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> scrap{};
  return ::inet_pton(AF_INET, text.c_str(), scrap.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), scrap.data()) == 1;
}

// The names a certificate is for, for a message: "kubernetes, kubernetes.default, 10.96.0.1".
std::string names_of(X509* certificate) {
  const OpensslPtr<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string list;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    int type = 0;
    const auto* text = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
    const auto* bytes = ASN1_STRING_get0_data(text);
    std::array<char, INET6_ADDRSTRLEN> address{};
    if (type == GEN_DNS) {
      list += (list.empty() ? "" : ", ") +
              std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(ASN1_STRING_length(text)));
    } else if (type == GEN_IPADD && ::inet_ntop(ASN1_STRING_length(text) == 4 ? AF_INET : AF_INET6, bytes,
                                                address.data(), address.size()) != nullptr) {
      list += (list.empty() ? "" : ", ") + std::string(address.data());
    }
  }
  return list.empty() ? "no name at all" : list;
}

base::Status trust(SSL_CTX* context, const std::string& ca_pem) {
  if (ca_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) {
      return base::Error{"the certificate authorities of the system cannot be loaded: " + openssl_reason()};
    }
    return base::ok_status();
  }
  auto authorities = read_certificates(ca_pem);
  if (!authorities) {
    return base::Error{"the certificate authorities cannot be used: " + authorities.error().message};
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const auto& authority : *authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) {
      return base::Error{"the certificate authorities cannot be used: " + openssl_reason()};
    }
  }
  // As in Go: what the user calls an authority is one, also when it is itself signed by another.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return base::ok_status();
}

}  // namespace

void TlsFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void TlsFree::operator()(ssl_st* session) const { SSL_free(session); }

base::Result<TlsClient> TlsClient::create(const Endpoint& endpoint) {
  ERR_clear_error();
  TlsClient client;
  client.name_ = endpoint.tls_server_name.empty() ? endpoint.host : endpoint.tls_server_name;
  client.own_authorities_ = !endpoint.ca_pem.empty();
  client.context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = client.context_.get();
  static constexpr std::string_view kAlpn = "\x08http/1.1";
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(kAlpn.data()), kAlpn.size()) != 0) {
    return base::Error{"TLS: OpenSSL cannot be set up: " + openssl_reason()};
  }
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  auto trusted = trust(context, endpoint.ca_pem);
  if (!trusted) {
    return trusted.error();
  }
  return client;
}

base::Result<TlsSession, HttpFailure> TlsClient::session(const TlsIdentity* identity) const {
  ERR_clear_error();
  TlsSession session(SSL_new(context_.get()));
  X509_VERIFY_PARAM* verify = session ? SSL_get0_param(session.get()) : nullptr;
  const bool by_address = is_ip_address(name_);
  // Names stand in subject alternative names only; the common name has not counted since Go 1.15 (RFC 6125).
  const bool bound = session && (by_address ? X509_VERIFY_PARAM_set1_ip_asc(verify, name_.c_str()) == 1
                                            : X509_VERIFY_PARAM_set1_host(verify, name_.data(), name_.size()) == 1 &&
                                                  SSL_set_tlsext_host_name(session.get(), name_.c_str()) == 1);
  if (!bound) {
    return HttpFailure{HttpFailureKind::kTls, "TLS cannot be set up for " + name_ + ": " + openssl_reason()};
  }
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (identity != nullptr) {
    auto used = use_identity(session.get(), *identity);
    if (!used) {
      return HttpFailure{HttpFailureKind::kTls, used.error().message};
    }
  }
  return session;
}

std::string TlsClient::explain(ssl_st* session) const {
  const long verdict = SSL_get_verify_result(session);
  // The certificate itself is only remembered once it is verified; the chain is there before.
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(session);
  const bool shown = chain != nullptr && sk_X509_num(chain) > 0;
  switch (verdict) {
    case X509_V_OK:
      return "TLS handshake failed: " + openssl_reason();
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is not for " + name_ +
             (shown ? " but for " + names_of(sk_X509_value(chain, 0)) : std::string()) +
             "; correct the address, or name the right one as tls-server-name";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the server's certificate, or one of its authorities, has expired; renew it (and check this clock)";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate is not valid yet; check the clocks of both sides";
    default:
      return std::string("the server's certificate is not trusted: ") + X509_verify_cert_error_string(verdict) +
             (own_authorities_ ? "; it is not signed by the given certificate-authority"
                               : "; no certificate-authority is given, so the system's are used");
  }
}

base::Status check_identity(const TlsIdentity& identity) {
  const std::unique_ptr<ssl_ctx_st, TlsFree> context(SSL_CTX_new(TLS_client_method()));
  const TlsSession session(SSL_new(context.get()));
  return use_identity(session.get(), identity);
}

base::Status check_authorities(const std::string& pem) {
  auto certificates = read_certificates(pem);
  if (!certificates) {
    return certificates.error();
  }
  return base::ok_status();
}

}  // namespace warmgate::cluster
