#include "controller_process.h"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "commands.h"
#include "warmgate/api/names.h"
#include "warmgate/cluster/rest_client.h"
#include "warmgate/controller/controller.h"
#include "warmgate/controller/download_report.h"
#include "warmgate/controller/fenced_api.h"
#include "warmgate/controller/leader_election.h"
#include "warmgate/server/controller_metrics.h"

namespace warmgate::cli {
namespace {

using base::LogLevel;
using std::chrono::milliseconds;

// Of a write, and of each call about the Lease: a third of the time for which the Lease is given.
constexpr milliseconds kQuick{5000};
// Beyond it something hangs that should not be able to: a look at a key is a few calls of 30 s at most, and the Lease
// is asked for every few seconds.
constexpr std::chrono::minutes kLongestWork{5};
constexpr std::chrono::seconds kLongestTry{60};

class MetricsTelemetry final : public controller::Telemetry {
 public:
  explicit MetricsTelemetry(server::ControllerMetrics& metrics) : metrics_(metrics) {}
  void reconciled(std::string_view kind, std::string_view result, double seconds) override {
    metrics_.reconciled(kind, result, seconds);
  }
  void api_call(std::string_view verb, std::string_view resource, int code) override {
    metrics_.api_call(verb, resource, code);
  }
  void queue_waited(double seconds) override { metrics_.queue_waited(seconds); }
  void event(std::string_view result) override { metrics_.event(result); }
  void download(double seconds) override { metrics_.download(seconds); }
  void gate_released(double seconds) override { metrics_.gate_released(seconds); }

 private:
  server::ControllerMetrics& metrics_;
};

// The settings as the planners take them; made anew when the files were read anew.
class PlannerSettings {
 public:
  explicit PlannerSettings(const LiveSettings& live) : live_(live) {}
  std::shared_ptr<const controller::Settings> get() {
    const std::lock_guard lock(mutex_);
    if (std::shared_ptr<const admission::Settings> now = live_.settings(); now != read_) {
      made_ = std::make_shared<const controller::Settings>(controller::Settings{now->knowledge, now->policy});
      read_ = std::move(now);
    }
    return made_;
  }

 private:
  const LiveSettings& live_;
  std::mutex mutex_;
  std::shared_ptr<const admission::Settings> read_;
  std::shared_ptr<const controller::Settings> made_;
};

// As client-go's programs: the host's name, in a cluster the Pod's, and what sets a process apart from the one before
// it.
std::string own_identity() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) {
    host = {'w', 'a', 'r', 'm', 'g', 'a', 't', 'e'};
  }
  std::random_device random;
  const std::uint64_t number = (std::uint64_t{random()} << 32U) | random();
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(number));
  return std::string(host.data()).append("_").append(hex.data());
}

void log_watch(base::Log& log, const cluster::ReflectorState& state) {
  if (state.failing_since) {
    log.write(LogLevel::kWarning, "objects cannot be read", {{"resource", state.resource}, {"error", state.error}});
  } else {
    log.write(LogLevel::kInfo, "objects are current",
              {{"resource", state.resource}, {"objects", static_cast<double>(state.objects)}});
  }
}

struct Clients {
  std::unique_ptr<cluster::KubeApi> patient;
  std::unique_ptr<cluster::KubeApi> quick;
};

base::Result<Clients> connect_both(const cluster::Connection& connection, cluster::Clock& clock) {
  cluster::RestOptions quick_options;
  quick_options.call_deadline = kQuick;
  base::Result<std::unique_ptr<cluster::KubeApi>> patient = cluster::connect(connection, clock);
  base::Result<std::unique_ptr<cluster::KubeApi>> quick = cluster::connect(connection, clock, quick_options);
  if (!patient || !quick) {
    return patient ? quick.error() : patient.error();
  }
  return Clients{std::move(patient).value(), std::move(quick).value()};
}

}  // namespace

struct ControllerProcess::Impl {
  Impl(Clients the_clients, std::unique_ptr<cluster::SystemClock> the_clock, const LiveSettings& live,
       base::Log& the_log, server::Metrics& metrics, controller::LeaseOptions lease, int workers)
      : clock(std::move(the_clock)),
        clients(std::move(the_clients)),
        log(the_log),
        telemetry(numbers),
        settings(live),
        identity(lease.identity),
        election(*clients.quick, *clock, std::move(lease)),
        fenced(
            *clients.patient, *clients.quick, [this] { return election.surely_ours(kQuick); },
            [this](std::string_view verb, std::string_view resource, int code) {
              telemetry.api_call(verb, resource, code);
            }),
        runtime(
            fenced, *clock, {controller::plan_claim, controller::plan_pod, controller::read_progress},
            [this] { return settings.get(); }, telemetry, log, runtime_options(workers)) {
    metrics.before_text([this] { set_gauges(); });
    metrics.append_text([this] { return numbers.text(); });
  }

  controller::ControllerOptions runtime_options(int workers) {
    controller::ControllerOptions options;
    options.workers = workers;
    options.seed = std::random_device()();
    options.instance = identity;
    options.on_watch = [this](const cluster::ReflectorState& state) {
      log_watch(log, state);
      numbers.set_watch(state.resource, state.synced_at.has_value());
    };
    return options;
  }

  void set_gauges() {
    std::map<std::string, double> phases = {{"Pending", 0}, {"Downloading", 0}, {"Verifying", 0}, {"Ready", 0},
                                            {"Failed", 0},  {"Suspended", 0},   {"Deleting", 0}};
    double bytes = 0;
    for (const kube::Object& cache : runtime.stores().all(controller::StoreType::kCaches).all()) {
      const document::View status = cache.root()["status"];
      const std::string phase = status["phase"].text();
      phases[phase.empty() ? "Pending" : phase] += 1;
      bytes += phase == "Ready" ? static_cast<double>(status["bytes"]["done"].integer().value_or(0)) : 0;
    }
    for (const auto& [phase, number] : phases) {
      numbers.set_caches(phase, number);
    }
    double gated = 0;
    for (const kube::Object& pod : runtime.stores().all(controller::StoreType::kPods).all()) {
      gated += controller::has_gate(pod) ? 1 : 0;
    }
    numbers.set_bytes(bytes);
    numbers.set_gated_pods(gated);
    numbers.set_queue_depth(static_cast<double>(runtime.queue_depth()));
    numbers.set_leading(election.surely_ours(milliseconds(0)));
  }

  void run_election(const std::stop_token& stop) {
    log.write(LogLevel::kInfo, "waiting for the Lease", {{"identity", identity}});
    if (!election.acquire(stop)) {
      return;
    }
    log.write(LogLevel::kInfo, "the Lease is ours", {{"identity", identity}});
    runtime.lead();
    if (election.hold(stop) == controller::LeaderElection::End::kLost) {
      log.write(LogLevel::kError, "the Lease is lost: ending, so that nothing is written against who leads now",
                {{"holder", election.holder()}});
      log.finish();
      std::_Exit(kLostLease);
    }
  }

  std::unique_ptr<cluster::SystemClock> clock;
  Clients clients;
  base::Log& log;
  server::ControllerMetrics numbers;
  MetricsTelemetry telemetry;
  PlannerSettings settings;
  const std::string identity;
  controller::LeaderElection election;
  controller::FencedApi fenced;
  controller::Controller runtime;
  std::jthread elections;  // last: it uses all of the above
};

ControllerProcess::ControllerProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControllerProcess::~ControllerProcess() = default;

base::Result<std::unique_ptr<ControllerProcess>> ControllerProcess::open(const ControllerProcessOptions& options,
                                                                         LiveSettings& settings, base::Log& log,
                                                                         server::Metrics& metrics) {
  auto clock = std::make_unique<cluster::SystemClock>();
  const base::Result<cluster::Connection> connection = find_cluster(options.cluster, *clock);
  if (!connection) {
    return connection.error();
  }
  base::Result<Clients> clients = connect_both(*connection, *clock);
  if (!clients) {
    return clients.error();
  }
  controller::LeaseOptions lease;
  lease.ns = options.lease_ns.empty() ? connection->ns : options.lease_ns;
  lease.ns = lease.ns.empty() ? "default" : lease.ns;
  lease.name = api::kLeaseName;
  lease.identity = options.identity.empty() ? own_identity() : options.identity;
  lease.seed = std::random_device()();
  lease.on_trouble = [&log](const std::string& message) {
    log.write(LogLevel::kWarning, "the Lease cannot be had or renewed", {{"error", message}});
  };
  log.write(LogLevel::kInfo, "watching the cluster",
            {{"from", connection->origin}, {"lease", lease.ns + "/" + lease.name}});
  return std::unique_ptr<ControllerProcess>(new ControllerProcess(std::make_unique<Impl>(
      std::move(clients).value(), std::move(clock), settings, log, metrics, std::move(lease), options.workers)));
}

void ControllerProcess::start() {
  impl_->elections = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->run_election(stop); });
}

void ControllerProcess::stop() {
  impl_->runtime.stop();  // while the Lease is still renewed
  impl_->elections = std::jthread();
  impl_->election.release();
}

std::string ControllerProcess::not_ready() const {
  const std::string waiting = impl_->runtime.waiting_for();
  return waiting.empty() ? "" : "the cluster has not been read yet: " + waiting;
}

std::string ControllerProcess::stuck() const {
  if (impl_->runtime.longest_work() > kLongestWork) {
    return "a worker has been busy with one key for more than 5 minutes";
  }
  return impl_->election.last_try() > kLongestTry ? "the Lease has not been asked for within a minute" : "";
}

}  // namespace warmgate::cli
