#include "warmgate/server/health_server.h"

#include <optional>
#include <utility>

#include "connection_server.h"
#include "listen_socket.h"

namespace warmgate::server {
namespace {

using std::chrono::milliseconds;

constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kExposition[] = "text/plain; version=0.0.4; charset=utf-8";

// Kubelet probes twice in ten seconds and Prometheus scrapes a few times a minute, each on a connection of its own.
constexpr std::size_t kWorkers = 4;
constexpr std::size_t kMaxQueue = 64;
// A probe that waits for a worker has 1 s (the default of timeoutSeconds): whoever idles meanwhile must go.
constexpr milliseconds kPatience{200};
constexpr milliseconds kRequestLimit{2000};
constexpr std::chrono::seconds kKeepAlive{5};
constexpr std::size_t kMaxRequestsPerConnection = 1;

HttpReply text_reply(int status, std::string body) { return {status, std::move(body), kPlainText}; }

}  // namespace

struct HealthServer::Impl {
  Impl(Metrics& metrics_sink, HealthCheck ready_check, HealthCheck alive_check)
      : metrics(metrics_sink), ready(std::move(ready_check)), alive(std::move(alive_check)) {}

  HttpReply answer(const RequestHead& head) noexcept;
  [[nodiscard]] HttpService service();

  Metrics& metrics;
  const HealthCheck ready;
  const HealthCheck alive;
  std::unique_ptr<ConnectionServer> connections;  // last: its threads use all of the above
};

HttpReply HealthServer::Impl::answer(const RequestHead& head) noexcept {
  try {
    if (head.path != "/livez" && head.path != "/readyz" && head.path != "/metrics") {
      return text_reply(404, "not found; served are /livez, /readyz and /metrics\n");
    }
    if (head.method != "GET" && head.method != "HEAD") {
      return text_reply(405, "only GET and HEAD are served here\n");
    }
    if (head.path == "/metrics") {
      return {200, metrics.text(), kExposition};
    }
    const HealthCheck& check = head.path == "/readyz" ? ready : alive;
    const std::string reason = check ? check() : std::string();
    return reason.empty() ? text_reply(200, "ok\n") : text_reply(503, reason + "\n");
  } catch (...) {
    metrics.panic();
    return text_reply(500, "internal error\n");
  }
}

HttpService HealthServer::Impl::service() {
  HttpService service;
  service.allowed_methods = "GET, HEAD";
  service.answer_head = [this](const RequestHead& head) -> std::optional<HttpReply> { return answer(head); };
  service.answer_body = [](const std::string&, std::string_view) { return text_reply(404, "not found\n"); };
  service.give_up = [](int status) { return text_reply(status, "the request cannot be served\n"); };
  return service;
}

HealthServer::HealthServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HealthServer::~HealthServer() = default;

base::Result<std::unique_ptr<HealthServer>> HealthServer::create(const std::string& address, int port, Metrics& metrics,
                                                                 HealthCheck ready, HealthCheck alive) {
  auto listener = listen_on(address, port, "choose another port for health and metrics");
  if (!listener) {
    return listener.error();
  }
  auto impl = std::make_unique<Impl>(metrics, std::move(ready), std::move(alive));
  ConnectionLimits limits;
  limits.workers = kWorkers;
  limits.max_queue = kMaxQueue;
  limits.patience = kPatience;
  limits.handshake = kRequestLimit;
  limits.http = {0, kMaxRequestsPerConnection, kKeepAlive, kRequestLimit};
  // The gauges of connections belong to the HTTPS server.
  ConnectionEvents events{[](std::string_view) {}, [&metrics] { metrics.panic(); }, [](double) {}, [](double) {}};
  auto connections =
      ConnectionServer::create(std::move(listener).value(), NewTls(), limits, impl->service(), std::move(events));
  if (!connections) {
    return connections.error();
  }
  impl->connections = std::move(connections).value();
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(impl)));
}

int HealthServer::port() const { return impl_->connections->port(); }
void HealthServer::start() { impl_->connections->start(); }
void HealthServer::stop() { (void)impl_->connections->drain(milliseconds{500}); }

}  // namespace warmgate::server
