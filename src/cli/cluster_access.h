// The cluster for the commands: --cluster, --kubeconfig and --context, and what each command takes from it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "warmgate/admission/handler.h"
#include "warmgate/base/log.h"
#include "warmgate/base/result.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/cluster/kubeconfig.h"
#include "warmgate/cluster/live_facts.h"
#include "warmgate/lint/linter.h"
#include "warmgate/server/metrics.h"

namespace CLI {
class App;
}

namespace warmgate::cli {

struct ClusterOptions {
  bool enabled = false;
  std::string kubeconfig;
  std::string context;
  std::string lease_ns;  // of `serve`: where the controller's Lease is; "": the connection's namespace
};

void add_cluster_options(CLI::App& command, ClusterOptions& options, const std::string& what);
// --kubeconfig and --context of a command that always asks the cluster.
void add_connection_options(CLI::App& command, ClusterOptions& options);

// Of the value of an option (CLI::Option::check): "" when it can be the name of an object.
std::string object_name_mistake(const std::string& text);

// The cluster that `options` name, else the one that the process runs in, else that of the kubeconfig. `clock` must
// outlive it.
base::Result<cluster::Connection> find_cluster(const ClusterOptions& options, cluster::Clock& clock);

// A client for one command.
struct CommandClient {
  std::unique_ptr<cluster::Clock> clock;
  std::unique_ptr<cluster::KubeApi> api;
  std::string ns;  // of the connection, else "default"
};
base::Result<CommandClient> connect_command(const ClusterOptions& options);

// With --cluster: reads the facts of the cluster into `lint.cluster`, sets the namespace of objects that name none to
// that of the connection unless one is given, and gets the workloads that autoscalers of `bundle` name. The bundle is
// read by `read`, once the namespace is known.
base::Result<lint::Bundle> read_with_cluster(const ClusterOptions& options, lint::Options& lint,
                                             const std::function<lint::Bundle()>& read);

// The live facts of `serve --cluster` with their clients, log lines and metrics.
class ClusterAccess {
 public:
  // Connects nothing yet: that is the reflectors' work, so a cluster that does not answer does not keep the server from
  // starting. `log` and `metrics` must outlive it, and metrics must not be asked for text after it has gone.
  static base::Result<std::unique_ptr<ClusterAccess>> open(const ClusterOptions& options, base::Log& log,
                                                           server::Metrics& metrics);

  // The cluster over `files`: of an object that both have, the cluster's counts.
  [[nodiscard]] admission::FactsSource facts(admission::FactsSource files) const;
  [[nodiscard]] admission::WorkloadSource workloads() const;
  // `controller` may do what it does: it makes ModelCaches by the policy, for Pods whose authors could.
  [[nodiscard]] admission::AccessSource access(const std::string& controller) const;
  // Why the server is not ready; "" when the facts are there, or have kept it waiting for long enough.
  [[nodiscard]] std::string not_ready() const;

 private:
  ClusterAccess() = default;

  cluster::SystemClock clock_;
  cluster::Clock::Steady::time_point started_;
  std::unique_ptr<cluster::KubeApi> api_;
  std::unique_ptr<cluster::KubeApi> quick_api_;  // for questions inside a request
  std::unique_ptr<cluster::LiveFacts> live_;
};

}  // namespace warmgate::cli
