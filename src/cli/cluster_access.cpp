#include "cluster_access.h"

#include <CLI/CLI.hpp>
#include <random>
#include <utility>
#include <vector>

#include "warmgate/api/names.h"
#include "warmgate/base/text.h"
#include "warmgate/cluster/rest_client.h"
#include "warmgate/cluster/subject_access.h"
#include "warmgate/kube/layered_facts.h"
#include "warmgate/kube/object_name.h"
#include "warmgate/kube/workload.h"

namespace warmgate::cli {
namespace {

using base::LogLevel;
using cluster::ReflectorState;

// Where deploy/webhook installs Warmgate.
constexpr const char* kNamespace = "warmgate";
// The webhook's entry for scale waits 2 s (deploy/webhook), and the verdict needs its time too.
constexpr std::chrono::milliseconds kQuick{1000};
// How long the server waits for the first facts before it says that it is ready. A new replica takes no traffic while
// the old ones have facts, so a minute of waiting costs nothing in a rollout; it is two tries of a list (30 s each).
// But when the API server is slow for all replicas, nobody is there to answer: with failurePolicy Ignore nothing is
// checked at all, with Fail no Pod starts. A verdict with a warning about missing facts is better than either.
constexpr std::chrono::seconds kMaxWait{60};
// Of a command: for a page of a list.
constexpr std::chrono::milliseconds kPatience{20'000};

void log_change(base::Log& log, const ReflectorState& state) {
  if (state.failing_since) {
    log.write(LogLevel::kWarning, "facts cannot be read", {{"resource", state.resource}, {"error", state.error}});
  } else {
    log.write(LogLevel::kInfo, state.absent ? "facts: the kind is not installed" : "facts are current",
              {{"resource", state.resource}, {"objects", static_cast<double>(state.objects)}});
  }
}

void set_metrics(const cluster::LiveFacts& live, const cluster::Clock& clock, server::Metrics& metrics) {
  for (const ReflectorState& state : live.states()) {
    const std::chrono::duration<double> age = clock.now() - state.contact_at.value_or(clock.now());
    metrics.set_facts(state.resource, state.synced_at.has_value(), age.count());
  }
}

}  // namespace

base::Result<cluster::Connection> find_cluster(const ClusterOptions& options, cluster::Clock& clock) {
  const bool says_which = !options.kubeconfig.empty() || !options.context.empty();
  if (!says_which && cluster::runs_in_cluster(cluster::process_environment)) {
    return cluster::load_in_cluster(cluster::kServiceAccountFolder, cluster::process_environment, clock);
  }
  return cluster::load_kubeconfig({options.kubeconfig, options.context}, cluster::process_environment, clock);
}

void add_connection_options(CLI::App& command, ClusterOptions& options) {
  command
      .add_option("--kubeconfig", options.kubeconfig,
                  "Kubeconfig file; without it the service account inside a Pod, else $KUBECONFIG or ~/.kube/config")
      ->type_name("FILE");
  command.add_option("--context", options.context, "Context of the kubeconfig")->type_name("NAME");
}

std::string object_name_mistake(const std::string& text) {
  constexpr std::size_t kMaxShown = 60;
  return kube::is_object_name(text) ? ""
                                    : "\"" + base::one_line(text, kMaxShown) +
                                          "\" cannot be a name in Kubernetes: lower-case letters, digits, - and . make "
                                          "one, such as qwen3-32b";
}

base::Result<CommandClient> connect_command(const ClusterOptions& options) {
  CommandClient client;
  client.clock = std::make_unique<cluster::SystemClock>();
  const base::Result<cluster::Connection> connection = find_cluster(options, *client.clock);
  if (!connection) {
    return connection.error();
  }
  cluster::RestOptions rest;
  rest.call_deadline = kPatience;
  base::Result<std::unique_ptr<cluster::KubeApi>> api = cluster::connect(*connection, *client.clock, rest);
  if (!api) {
    return api.error();
  }
  client.api = std::move(api).value();
  client.ns = connection->ns.empty() ? "default" : connection->ns;
  return client;
}

void add_cluster_options(CLI::App& command, ClusterOptions& options, const std::string& what) {
  CLI::Option* cluster = command.add_flag("--cluster", options.enabled, what);
  command
      .add_option("--kubeconfig", options.kubeconfig,
                  "Kubeconfig file for --cluster; without it the service account inside a Pod, else $KUBECONFIG or "
                  "~/.kube/config")
      ->type_name("FILE")
      ->needs(cluster);
  command.add_option("--context", options.context, "Context of the kubeconfig for --cluster")
      ->type_name("NAME")
      ->needs(cluster);
}

base::Result<lint::Bundle> read_with_cluster(const ClusterOptions& options, lint::Options& lint,
                                             const std::function<lint::Bundle()>& read) {
  if (!options.enabled) {
    return read();
  }
  const base::Result<CommandClient> client = connect_command(options);
  if (!client) {
    return client.error();
  }
  cluster::KubeApi& api = *client->api;
  if (lint.ns.empty()) {
    lint.ns = client->ns;
  }
  const bool controller =
      cluster::read_controller_active(api, *client->clock, kNamespace, std::string(api::kLeaseName));
  const base::Result<std::shared_ptr<const kube::ClusterFacts>> facts = cluster::read_facts(api, controller);
  if (!facts) {
    return facts.error();
  }
  lint.cluster = *facts;
  lint::Bundle bundle = read();
  for (const kube::Object& object : bundle.objects) {
    const kube::ObjectKey target = kube::scale_target(object);
    if (!kube::is_autoscaler(object) || bundle.checks(target)) {
      continue;
    }
    base::Result<std::optional<kube::Object>> workload = cluster::read_workload(api, target);
    if (!workload) {
      return base::Error{object.display_name() + " scales " + target.kind + "/" + target.name +
                         ", which cannot be read: " + workload.error().message};
    }
    if (std::optional<kube::Object>& found = workload.value()) {
      bundle.extra.push_back(std::move(*found));
    }
  }
  return bundle;
}

base::Result<std::unique_ptr<ClusterAccess>> ClusterAccess::open(const ClusterOptions& options, base::Log& log,
                                                                 server::Metrics& metrics) {
  std::unique_ptr<ClusterAccess> access(new ClusterAccess());
  const base::Result<cluster::Connection> connection = find_cluster(options, access->clock_);
  if (!connection) {
    return connection.error();
  }
  base::Result<std::unique_ptr<cluster::KubeApi>> api = cluster::connect(*connection, access->clock_);
  cluster::RestOptions quick;
  quick.call_deadline = kQuick;
  base::Result<std::unique_ptr<cluster::KubeApi>> quick_api = cluster::connect(*connection, access->clock_, quick);
  if (!api || !quick_api) {
    return api ? quick_api.error() : api.error();
  }
  access->api_ = std::move(api).value();
  access->quick_api_ = std::move(quick_api).value();
  access->started_ = access->clock_.now();
  cluster::LiveFactsOptions live;
  live.seed = std::random_device()();
  live.lease_ns = !options.lease_ns.empty() ? options.lease_ns : connection->ns.empty() ? kNamespace : connection->ns;
  live.lease_name = api::kLeaseName;
  live.on_change = [&log](const ReflectorState& state) { log_change(log, state); };
  access->live_ = std::make_unique<cluster::LiveFacts>(*access->api_, access->clock_, live);
  metrics.before_text(
      [facts = access->live_.get(), clock = &access->clock_, &metrics] { set_metrics(*facts, *clock, metrics); });
  log.write(LogLevel::kInfo, "reading facts from the cluster", {{"from", connection->origin}});
  return access;
}

admission::FactsSource ClusterAccess::facts(admission::FactsSource files) const {
  return [live = live_.get(), files = std::move(files)] { return kube::layered(live->snapshot(), files()); };
}

admission::WorkloadSource ClusterAccess::workloads() const {
  return [api = quick_api_.get()](const kube::ObjectKey& key) { return cluster::read_workload(*api, key); };
}

admission::AccessSource ClusterAccess::access(const std::string& controller) const {
  return [api = quick_api_.get(), controller](const kube::Subject& subject, const std::string& ns,
                                              const kube::Access& access) -> base::Result<bool> {
    return subject.user == controller ? base::Result<bool>(true) : cluster::may(*api, subject, ns, access);
  };
}

std::string ClusterAccess::not_ready() const {
  if (clock_.now() - started_ >= kMaxWait) {
    return "";
  }
  const std::string waiting = live_->waiting_for();
  return waiting.empty() ? "" : "facts are not synced yet: " + waiting;
}

}  // namespace warmgate::cli
