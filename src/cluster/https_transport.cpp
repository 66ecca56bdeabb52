#include <mutex>
#include <utility>
#include <vector>

#include "client_channel.h"
#include "http_exchange.h"
#include "patience.h"
#include "trust.h"
#include "warmgate/cluster/http.h"

namespace warmgate::cluster {
namespace {

// Warmgate makes few calls at once beside its watches.
constexpr std::size_t kMaxIdle = 4;
// kube-apiserver ends connections that are idle for 90 s (IdleTimeout in its genericapiserver), load balancers after
// 60 s at the earliest that is common: be the first, or lose a request now and then.
constexpr std::chrono::seconds kMaxIdleTime{45};

using ChannelPtr = std::unique_ptr<ClientChannel>;

class HttpsTransport final : public HttpTransport {
 public:
  HttpsTransport(Endpoint endpoint, std::unique_ptr<Trust> trust)
      : endpoint_(std::move(endpoint)), trust_(std::move(trust)) {}

  HttpResult send(const HttpRequest& request, const std::stop_token& stop) override {
    return run(request, nullptr, stop);
  }

  HttpResult stream(const HttpRequest& request, const Sink& sink, const std::stop_token& stop) override {
    return run(request, &sink, stop);
  }

 private:
  using TlsPtr = std::shared_ptr<const TlsClient>;
  struct Idle {
    ChannelPtr channel;
    TlsPtr verified_by;
    SteadyClock::time_point since;
  };

  HttpResult run(const HttpRequest& request, const Sink* sink, const std::stop_token& stop) {
    const Interrupt interrupt(stop);
    const Patience head{SteadyClock::now() + request.head_within, interrupt.fd()};
    const Trust::Now trust = trust_->now();
    if (ChannelPtr kept = take_idle(request.identity, trust.tls)) {
      kept->set_patience(head);
      Exchanged exchanged = exchange(*kept, endpoint_, request, sink, interrupt.fd());
      const bool closed_meanwhile =
          !exchanged.result.ok() && !exchanged.answered && exchanged.result.error().kind == HttpFailureKind::kBroken;
      if (!closed_meanwhile || !request.repeatable) {
        return finish(std::move(kept), trust.tls, std::move(exchanged));
      }
    }
    auto opened = ClientChannel::open(endpoint_, *trust.tls, request.identity, head);
    if (!opened) {
      HttpFailure failure = opened.error();
      if (failure.kind == HttpFailureKind::kTls && !trust.problem.empty()) {
        failure.message += "; " + trust.problem;
      }
      return failure;
    }
    ChannelPtr channel = std::move(opened).value();
    Exchanged exchanged = exchange(*channel, endpoint_, request, sink, interrupt.fd());
    return finish(std::move(channel), trust.tls, std::move(exchanged));
  }

  HttpResult finish(ChannelPtr channel, const TlsPtr& verified_by, Exchanged exchanged) {
    if (exchanged.reusable) {
      const std::lock_guard lock(mutex_);
      if (idle_.size() >= kMaxIdle) {
        idle_.erase(idle_.begin());
      }
      idle_.push_back({std::move(channel), verified_by, SteadyClock::now()});
    }
    return std::move(exchanged.result);
  }

  // The connection that was used last, with the same client certificate and authorities; those that are too old or not
  // quiet end here.
  ChannelPtr take_idle(const std::shared_ptr<const TlsIdentity>& identity, const TlsPtr& tls) {
    const std::lock_guard lock(mutex_);
    const auto oldest = SteadyClock::now() - kMaxIdleTime;
    std::erase_if(idle_, [&](const Idle& idle) {
      return idle.since < oldest || idle.verified_by != tls || idle.channel->identity() != identity ||
             !idle.channel->quiet();
    });
    if (idle_.empty()) {
      return nullptr;
    }
    ChannelPtr channel = std::move(idle_.back().channel);
    idle_.pop_back();
    return channel;
  }

  const Endpoint endpoint_;
  const std::unique_ptr<Trust> trust_;
  std::mutex mutex_;
  std::vector<Idle> idle_;
};

}  // namespace

base::Result<std::unique_ptr<HttpTransport>> make_https_transport(Endpoint endpoint) {
  auto trust = Trust::create(endpoint);
  if (!trust) {
    return trust.error();
  }
  return std::unique_ptr<HttpTransport>(
      std::make_unique<HttpsTransport>(std::move(endpoint), std::move(trust).value()));
}

}  // namespace warmgate::cluster
