// HealthServer: /livez, /readyz and /metrics on a plain listener of their own, so that probes are answered while every
// worker of the HTTPS server is busy. GET and HEAD only. Same lifecycle as HttpsServer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "warmgate/base/result.h"
#include "warmgate/server/metrics.h"

namespace warmgate::server {

// Empty: ready, or alive. Else why not, in words.
using HealthCheck = std::function<std::string()>;

class HealthServer {
 public:
  // Without a check the answer is ok: a process that answers at all is alive.
  static base::Result<std::unique_ptr<HealthServer>> create(const std::string& address, int port, Metrics& metrics,
                                                            HealthCheck ready, HealthCheck alive = {});
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  [[nodiscard]] int port() const;
  void start();
  void stop();

 private:
  struct Impl;
  explicit HealthServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::server
