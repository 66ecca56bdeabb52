#include "warmgate/server/https_server.h"

#include <malloc.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "connection_server.h"
#include "listen_socket.h"
#include "overload.h"
#include "request_check.h"
#include "tls_context.h"
#include "warmgate/base/snapshot.h"

namespace warmgate::server {
namespace {

using std::chrono::milliseconds;

// Go's http.Transport gives a handshake 10 s (admission.md C); nobody waits longer for the answer.
constexpr milliseconds kHandshakeLimit{10'000};
// net/http of the API server never comes near it; a leak in one connection's lifetime stays small.
constexpr std::size_t kMaxRequestsPerConnection = 100'000;
// Bodies in memory at once: 18 of the largest size, thousands of the usual 5 to 20 KiB.
constexpr std::size_t kMaxBodyBytesInAll = 128UL * 1024 * 1024;
constexpr milliseconds kPatience{750};
// Verdicts are pure computation: more than a few per core at once only share the same time.
constexpr std::size_t kHandlersPerCore = 4;
// On a large node too: at a millisecond for a usual review these answer more than any cluster asks.
constexpr std::size_t kMostHandlers = 16;
// From here on what a verdict took is given back to the system at once: glibc keeps it in the arena of the thread that
// freed it, and with 192 workers each arena (eight per core) comes to hold the largest review it has seen.
constexpr std::size_t kLargeBody = 256UL * 1024;
constexpr int kRetryAfterSeconds = 1;  // client-go retries a POST when it is told so (client-go rest/with_retry.go)

std::size_t handlers_at_once(std::size_t configured) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  return configured > 0 ? configured : std::min(kHandlersPerCore * cores, kMostHandlers);
}

}  // namespace

struct HttpsServer::Impl {
  Impl(HttpsOptions given, Metrics& metrics_sink)
      : options(std::move(given)),
        metrics(metrics_sink),
        // A verdict takes up to 50 times the bytes of its request (test/bench/memory.py), so all together may have as
        // many as one may: that bounds the memory of the process.
        gate(handlers_at_once(options.max_running), options.max_body_bytes,
             [this](double running) { metrics.set_inflight(running); }) {
    for (const auto& [path, handler] : options.routes) {
      paths.push_back(path);
    }
  }

  void use(ServingCertificate next);
  [[nodiscard]] NewTls new_tls() const;
  HttpReply refuse(const Refusal& refusal) noexcept;
  HttpReply answer(const std::string& path, std::string_view body) noexcept;
  [[nodiscard]] HttpService service();
  [[nodiscard]] ConnectionLimits limits() const;
  [[nodiscard]] ConnectionEvents events();

  const HttpsOptions options;
  Metrics& metrics;
  HandlerGate gate;
  std::vector<std::string> paths;
  std::mutex reloading;
  base::Snapshot<ServingCertificate> certificate{nullptr};
  std::unique_ptr<ConnectionServer> connections;  // last: its threads use all of the above
};

void HttpsServer::Impl::use(ServingCertificate next) {
  metrics.set_certificate_expiry("serving", next.not_after);
  certificate.set(std::make_shared<const ServingCertificate>(std::move(next)));
}

// A connection holds on to the certificate that it was made with (SSL_new counts a reference).
NewTls HttpsServer::Impl::new_tls() const {
  return [this] { return SslPtr(SSL_new(certificate.get()->context.get())); };
}

HttpReply HttpsServer::Impl::refuse(const Refusal& refusal) noexcept {
  HttpReply reply;
  try {
    metrics.rejected(refusal.reason);
    reply = options.refuse(refusal.status, refusal.message);
  } catch (...) {
    metrics.panic();
    reply = HttpReply{};
  }
  reply.status = refusal.status;
  reply.retry_after_seconds = refusal.status == 503 ? kRetryAfterSeconds : 0;
  return reply;
}

HttpReply HttpsServer::Impl::answer(const std::string& path, std::string_view body) noexcept {
  const auto route = options.routes.find(path);
  if (route == options.routes.end()) {
    return refuse(refusal_of_failure(500));
  }
  if (!gate.enter(body.size(), options.max_wait)) {
    return refuse(refusal_of_failure(503));
  }
  std::optional<HttpReply> reply;
  try {
    reply = route->second(body);
  } catch (...) {
    metrics.panic();
  }
  if (body.size() >= kLargeBody) {
    ::malloc_trim(0);  // before the next large one may come in
  }
  gate.leave(body.size());
  return reply ? std::move(*reply) : refuse(refusal_of_failure(500));
}

HttpService HttpsServer::Impl::service() {
  HttpService service;
  service.post_paths = paths;
  service.allowed_methods = "POST";
  service.answer_head = [this](const RequestHead& head) -> std::optional<HttpReply> {
    const auto refusal = check_post(head, paths, options.max_body_bytes);
    return refusal ? std::optional(refuse(*refusal)) : std::nullopt;
  };
  service.answer_body = [this](const std::string& path, std::string_view body) { return answer(path, body); };
  service.give_up = [this](int status) {
    if (status == 500) {
      metrics.panic();
    }
    return refuse(refusal_of_failure(status));
  };
  return service;
}

ConnectionLimits HttpsServer::Impl::limits() const {
  ConnectionLimits limits;
  limits.workers = options.workers;
  limits.max_queue = options.max_queue;
  limits.max_body_bytes_in_all = kMaxBodyBytesInAll;
  limits.patience = kPatience;
  limits.handshake = std::min<milliseconds>(kHandshakeLimit, options.request_deadline);
  limits.http = {options.max_body_bytes, kMaxRequestsPerConnection, options.keep_alive, options.request_deadline};
  return limits;
}

ConnectionEvents HttpsServer::Impl::events() {
  return {[this](std::string_view reason) { metrics.rejected(reason); }, [this] { metrics.panic(); },
          [this](double value) { metrics.set_connections(value); },
          [this](double value) { metrics.set_queue_depth(value); }};
}

HttpsServer::HttpsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpsServer::~HttpsServer() = default;

base::Result<std::unique_ptr<HttpsServer>> HttpsServer::create(HttpsOptions options, Metrics& metrics) {
  if (options.workers == 0 || options.routes.empty() || !options.refuse) {
    return base::Error{"HTTPS server: needs at least one worker, one route and a writer of refusals"};
  }
  auto impl = std::make_unique<Impl>(std::move(options), metrics);
  auto certificate = load_serving_certificate(impl->options.certificate_file, impl->options.key_file);
  if (!certificate) {
    return certificate.error();
  }
  impl->use(std::move(certificate).value());
  auto listener = listen_on(impl->options.address, impl->options.port, "choose another with --port");
  if (!listener) {
    return listener.error();
  }
  auto connections = ConnectionServer::create(std::move(listener).value(), impl->new_tls(), impl->limits(),
                                              impl->service(), impl->events());
  if (!connections) {
    return connections.error();
  }
  impl->connections = std::move(connections).value();
  return std::unique_ptr<HttpsServer>(new HttpsServer(std::move(impl)));
}

base::Result<bool> HttpsServer::reload_certificate() {
  const std::lock_guard lock(impl_->reloading);
  auto next = load_serving_certificate(impl_->options.certificate_file, impl_->options.key_file);
  if (!next) {
    return next.error();
  }
  if (next->identity == impl_->certificate.get()->identity) {
    return false;
  }
  if (next->expired()) {
    return base::Error{"certificate file " + impl_->options.certificate_file + ": has expired; give one that is valid"};
  }
  impl_->use(std::move(next).value());
  return true;
}

double HttpsServer::certificate_not_after() const { return impl_->certificate.get()->not_after; }
int HttpsServer::port() const { return impl_->connections->port(); }
void HttpsServer::start() { impl_->connections->start(); }
bool HttpsServer::drain(milliseconds deadline) { return impl_->connections->drain(deadline); }

}  // namespace warmgate::server
