// HttpTransport: HTTP requests to one API server, the seam between the REST client and the network. The real one
// (make_https_transport) speaks HTTP/1.1 over TLS that is always verified, keeps idle connections, follows no
// redirect, uses no proxy, asks for no compression. Thread-safe: each call has a connection of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "warmgate/base/result.h"
#include "warmgate/cluster/credentials.h"

namespace warmgate::cluster {

struct HttpRequest {
  std::string method = "GET";
  std::string target;                          // path and query, percent-encoded
  std::map<std::string, std::string> headers;  // Host and Content-Length are added
  std::string body;
  std::shared_ptr<const TlsIdentity> identity;  // the client certificate of the connection, or nullptr

  std::chrono::milliseconds head_within{30'000};  // connection, TLS, request and head of the response, in all
  std::chrono::milliseconds body_within{30'000};  // and from then on the body, however slowly its bytes trickle
  // Of a streamed body: no byte for so long ends the call (kSilent). 0: only body_within counts.
  std::chrono::milliseconds silence_within{0};
  // Of the body that is returned. 64 MiB: a page of 500 objects of 128 KiB each.
  std::size_t max_body_bytes = std::size_t{64} * 1024 * 1024;
  // A kept connection that the server closed in the same moment: send the request once more on a new one.
  bool repeatable = true;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // lower-case names; percent-decoded values, so nothing to pass on
  std::string body;

  [[nodiscard]] std::string header(const std::string& lower_case_name) const {
    const auto found = headers.find(lower_case_name);
    return found == headers.end() ? "" : found->second;
  }
};

enum class HttpFailureKind {
  kConnect,    // no connection: address unknown, refused, no route
  kTls,        // the server's certificate or protocol was refused, or it refused ours
  kTimeout,    // a deadline passed
  kSilent,     // nothing came for silence_within
  kBroken,     // the connection ended in the middle
  kMalformed,  // what came is no HTTP response
  kTooLarge,   // the body is larger than max_body_bytes
  kStopped,    // the caller's stop token
};

struct HttpFailure {
  HttpFailureKind kind = HttpFailureKind::kBroken;
  std::string message;  // for people: what, where, what to do; no secrets
};

using HttpResult = base::Result<HttpResponse, HttpFailure>;

class HttpTransport {
 public:
  // A piece of the body, in order. False: enough, end the call (kStopped).
  using OnChunk = std::function<bool(std::string_view chunk)>;
  // Where a body goes that is not kept.
  struct Sink {
    OnChunk on_chunk;
    std::function<void()> on_open = nullptr;  // before the first piece: the head of a 2xx response has come
  };

  virtual ~HttpTransport() = default;
  // The whole response in memory. Blocks until a deadline passes at most, or `stop` is requested (kStopped, at once).
  virtual HttpResult send(const HttpRequest& request, const std::stop_token& stop = {}) = 0;
  // The body of a 2xx response goes to `sink` as it comes, and its size is not limited; of any other response it is
  // returned. Blocks until the server ends the body, a deadline passes, or `stop` is requested (kStopped, at once).
  virtual HttpResult stream(const HttpRequest& request, const Sink& sink, const std::stop_token& stop) = 0;
};

// Where the API server is and how it is verified.
struct Endpoint {
  std::string host;  // a name or an IP address (IPv6 without brackets)
  int port = 443;
  std::string tls_server_name;  // the name its certificate must have; "": host
  std::string ca_pem;           // its authorities; "": those of the system
  std::string ca_file = {};     // where ca_pem was read, and is read again when it changes; "": never
};

// Connects at the first request. An error: the authorities are no PEM certificates. A change of ca_file counts for the
// next request, and ends connections that are idle; what cannot be used changes nothing.
base::Result<std::unique_ptr<HttpTransport>> make_https_transport(Endpoint endpoint);

}  // namespace warmgate::cluster
