// ControllerProcess: the ModelCache controller with its clients, its election, its log lines and metrics. Owns its
// threads.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "cluster_access.h"
#include "live_settings.h"
#include "warmgate/base/log.h"
#include "warmgate/base/result.h"
#include "warmgate/server/metrics.h"

namespace warmgate::cli {

struct ControllerProcessOptions {
  ClusterOptions cluster;
  std::string lease_ns;  // "": that of the connection
  std::string identity;  // "": the host's name and something random
  int workers = 4;
};

class ControllerProcess {
 public:
  // Connects nothing yet. What it is given must outlive it, and metrics must not be asked for text after it has gone.
  static base::Result<std::unique_ptr<ControllerProcess>> open(const ControllerProcessOptions& options,
                                                               LiveSettings& settings, base::Log& log,
                                                               server::Metrics& metrics);
  ~ControllerProcess();
  ControllerProcess(const ControllerProcess&) = delete;
  ControllerProcess& operator=(const ControllerProcess&) = delete;

  // Watches, and leads as soon as the Lease is its own. A Lease that is lost ends the process with kLostLease: whatever
  // a thread was about to write is never written, and what was remembered is read anew by the next one.
  void start();
  // Takes no more keys, finishes the write in flight, gives the Lease back.
  void stop();

  [[nodiscard]] std::string not_ready() const;  // "" when everything has been read
  [[nodiscard]] std::string stuck() const;      // "" while its threads come around

 private:
  struct Impl;
  explicit ControllerProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::cli
