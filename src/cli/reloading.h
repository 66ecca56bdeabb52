// Reloading: keeps what `serve` and `controller` work with what the files say: settings and certificate. A change that
// cannot be used leaves the last good one in use; the log and the metrics tell. Two threads of its own; everything it
// is given must outlive it.
#pragma once

#include <optional>
#include <string>

#include "live_settings.h"
#include "warmgate/base/file_watch.h"
#include "warmgate/base/log.h"
#include "warmgate/server/https_server.h"
#include "warmgate/server/metrics.h"
#include "warmgate/server/signals.h"

namespace warmgate::cli {

struct Reloaded {
  LiveSettings& settings;
  server::HttpsServer* https = nullptr;  // nullptr: there is no certificate
  std::string certificate_file = {};
  std::string key_file = {};
};

class Reloading {
 public:
  Reloading(const Reloaded& what, base::Log& log, server::Metrics& metrics);

  // Reads everything now, changed or not: SIGHUP.
  void now();

 private:
  using Check = void (Reloading::*)(base::Occasion);
  void guarded(Check check, server::Reloadable what, base::Occasion occasion);
  void check_settings(base::Occasion occasion);
  void check_certificate(base::Occasion occasion);
  void say_success(server::Reloadable what);
  void say_failure(server::Reloadable what, const std::string& error);

  LiveSettings& settings_;
  server::HttpsServer* https_;
  base::Log& log_;
  server::Metrics& metrics_;
  std::string seen_error_;  // of the certificate at the last check; "" when it was good
  std::string said_error_;  // the one that was logged
  // Last, as their threads use the rest.
  std::optional<base::FileWatch> settings_watch_;
  std::optional<base::FileWatch> certificate_watch_;
};

// Blocks until a signal says that the process is to end, which it returns; SIGHUP reads everything anew.
int wait_for_end(server::SignalWaiter& signals, Reloading& reloading);

}  // namespace warmgate::cli
