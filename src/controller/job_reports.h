// JobReports: what only the API server can tell about downloads that run: progress in the logs of their Pods, and
// warnings about Jobs that have no Pod. In memory only: what is lost with a process is read again. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/controller/controller.h"
#include "warmgate/controller/stores.h"

namespace warmgate::controller {

// Of one Pod or Job; an API server is not asked more often for what people look at.
inline constexpr std::chrono::seconds kReportInterval{10};
// Of all together: beyond 200 downloads at once each is asked less often. Every log is a call of a kubelet.
inline constexpr int kReportsPerSecond = 20;

class JobReports {
 public:
  using ReadProgress = decltype(Planners::progress);

  // What it refers to must outlive it.
  JobReports(cluster::KubeApi& api, cluster::Clock& clock, const Stores& stores, ReadProgress read_progress)
      : api_(api), clock_(clock), stores_(stores), read_progress_(std::move(read_progress)) {}

  // Asks for what the plan wants and has not been asked for lately; whether anything new was learned.
  bool fetch(const std::string& ns, const Plan& plan, const std::stop_token& stop);
  void add_to(ObservedClaim& seen) const;
  // Forgets Pods and Jobs that are gone.
  void forget_gone();

 private:
  struct Report {
    std::optional<cluster::Clock::Steady::time_point> asked;
    std::optional<Progress> progress;  // of a Pod
    std::string warning;               // about a Job
  };
  // Whether it is time to ask, which is noted.
  bool due(std::map<std::string, Report>& reports, const std::string& id);
  bool fetch_log(const std::string& ns, const std::string& pod, const std::stop_token& stop);
  bool fetch_warning(const std::string& ns, const std::string& job, const std::stop_token& stop);

  cluster::KubeApi& api_;
  cluster::Clock& clock_;
  const Stores& stores_;
  const ReadProgress read_progress_;
  mutable std::mutex mutex_;
  std::map<std::string, Report> pods_;  // by "ns/name"
  std::map<std::string, Report> jobs_;
  std::optional<cluster::Clock::Steady::time_point> second_;  // when the present one began
  int asked_in_second_ = 0;
};

}  // namespace warmgate::controller
