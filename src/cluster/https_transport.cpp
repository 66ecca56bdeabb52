#include <mutex>
#include <utility>
#include <vector>

#include "client_channel.h"
#include "http_exchange.h"
#include "patience.h"
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
  HttpsTransport(Endpoint endpoint, TlsClient tls) : endpoint_(std::move(endpoint)), tls_(std::move(tls)) {}

  HttpResult send(const HttpRequest& request, const std::stop_token& stop) override {
    return run(request, nullptr, stop);
  }

  HttpResult stream(const HttpRequest& request, const Sink& sink, const std::stop_token& stop) override {
    return run(request, &sink, stop);
  }

 private:
  struct Idle {
    ChannelPtr channel;
    SteadyClock::time_point since;
  };

  HttpResult run(const HttpRequest& request, const Sink* sink, const std::stop_token& stop) {
    const Interrupt interrupt(stop);
    const Patience head{SteadyClock::now() + request.head_within, interrupt.fd()};
    if (ChannelPtr kept = take_idle(request.identity)) {
      kept->set_patience(head);
      Exchanged exchanged = exchange(*kept, endpoint_, request, sink, interrupt.fd());
      const bool closed_meanwhile =
          !exchanged.result.ok() && !exchanged.answered && exchanged.result.error().kind == HttpFailureKind::kBroken;
      if (!closed_meanwhile || !request.repeatable) {
        return finish(std::move(kept), std::move(exchanged));
      }
    }
    auto opened = ClientChannel::open(endpoint_, tls_, request.identity, head);
    if (!opened) {
      return opened.error();
    }
    ChannelPtr channel = std::move(opened).value();
    Exchanged exchanged = exchange(*channel, endpoint_, request, sink, interrupt.fd());
    return finish(std::move(channel), std::move(exchanged));
  }

  HttpResult finish(ChannelPtr channel, Exchanged exchanged) {
    if (exchanged.reusable) {
      const std::lock_guard lock(mutex_);
      if (idle_.size() >= kMaxIdle) {
        idle_.erase(idle_.begin());
      }
      idle_.push_back({std::move(channel), SteadyClock::now()});
    }
    return std::move(exchanged.result);
  }

  // The connection that was used last, with the same client certificate; those that are too old or not quiet end here.
  ChannelPtr take_idle(const std::shared_ptr<const TlsIdentity>& identity) {
    const std::lock_guard lock(mutex_);
    const auto oldest = SteadyClock::now() - kMaxIdleTime;
    std::erase_if(idle_, [&](const Idle& idle) {
      return idle.since < oldest || idle.channel->identity() != identity || !idle.channel->quiet();
    });
    if (idle_.empty()) {
      return nullptr;
    }
    ChannelPtr channel = std::move(idle_.back().channel);
    idle_.pop_back();
    return channel;
  }

  const Endpoint endpoint_;
  const TlsClient tls_;
  std::mutex mutex_;
  std::vector<Idle> idle_;
};

}  // namespace

base::Result<std::unique_ptr<HttpTransport>> make_https_transport(Endpoint endpoint) {
  auto tls = TlsClient::create(endpoint);
  if (!tls) {
    return tls.error();
  }
  return std::unique_ptr<HttpTransport>(std::make_unique<HttpsTransport>(std::move(endpoint), std::move(tls).value()));
}

}  // namespace warmgate::cluster
