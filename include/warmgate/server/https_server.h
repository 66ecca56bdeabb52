// HttpsServer: the TLS listener that kube-apiserver calls. cpp-httplib behind an interface of our own; the library is
// compiled in src/server only (src/server/README.md has the limits and why). Requests are refused before their body is
// read unless they are a POST to a known path with one valid Content-Length within the limit, without
// Transfer-Encoding, Content-Encoding or multipart (CVE-2026-45352 and its relatives live in those paths of the
// library).
//
// Ownership: the server owns its threads; handlers are called from them, several at once. Lifecycle: create() binds
// (so a taken port is an error value), start() serves in the background, drain() ends it. One server object serves
// once.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "warmgate/base/result.h"
#include "warmgate/server/metrics.h"

namespace warmgate::server {

struct HttpReply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  int retry_after_seconds = 0;  // 0: no Retry-After header
};

using PostHandler = std::function<HttpReply(std::string_view body)>;
// What to answer when the server itself refuses (status, reason in words): an AdmissionReview for the API server.
using RefusalWriter = std::function<HttpReply(int status, const std::string& reason)>;

struct HttpsOptions {
  std::string address = "0.0.0.0";
  int port = 8443;                                 // 0: the kernel picks one, see port()
  std::string certificate_file;                    // PEM, leaf first
  std::string key_file;                            // PEM
  std::size_t max_body_bytes = 7UL * 1024 * 1024;  // 2 x 3 MiB + 1: object and oldObject, controller-runtime http.go
  // kube-apiserver keeps up to 25 idle connections per webhook path for 90 s; three API servers with two paths pin 150
  // threads (cpp-httplib: one thread per connection).
  std::size_t workers = 192;
  std::size_t max_queue = 256;  // accepted connections that wait for a worker; more are answered 503 or closed
  std::chrono::seconds keep_alive{120};
  // Total times, however the bytes trickle: for a TLS handshake (10 s at most), for header and body of one request, and
  // for the client to take the reply.
  std::chrono::seconds request_deadline{15};
  // Handlers at once; 0: four per core, at most 16. Of large requests fewer: together they have max_body_bytes.
  std::size_t max_running = 0;
  std::chrono::milliseconds max_wait{2000};  // for one of these places; then 503 with Retry-After
  std::map<std::string, PostHandler, std::less<>> routes;
  RefusalWriter refuse;
};

class HttpsServer {
 public:
  static base::Result<std::unique_ptr<HttpsServer>> create(HttpsOptions options, Metrics& metrics);
  ~HttpsServer();
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;

  [[nodiscard]] int port() const;
  // When the certificate in use expires, Unix seconds. From any thread.
  [[nodiscard]] double certificate_not_after() const;
  void start();
  // Reads certificate and key anew, for the connections that come from then on; those that are open stay as they are.
  // False: the files hold what is in use. An error (unreadable, not a pair, expired) changes nothing; in the middle of
  // a rotation certificate and key may not match for a moment. From any thread.
  base::Result<bool> reload_certificate();
  // Answers what is in flight with `Connection: close`, refuses nothing that already arrived, and returns when every
  // connection has ended or `deadline` has passed (then what is left is cut). Returns true when nothing was cut.
  // A handler cannot be interrupted: the destructor waits for those that still run. Once, from any thread of yours.
  bool drain(std::chrono::milliseconds deadline);

 private:
  struct Impl;
  explicit HttpsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::server
