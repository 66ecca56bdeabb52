#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "cluster_access.h"
#include "commands.h"
#include "live_settings.h"
#include "reloading.h"
#include "setup.h"
#include "warmgate/admission/handler.h"
#include "warmgate/base/log.h"
#include "warmgate/base/version.h"
#include "warmgate/server/health_server.h"
#include "warmgate/server/https_server.h"
#include "warmgate/server/metrics.h"
#include "warmgate/server/signals.h"

namespace warmgate::cli {
namespace {

using admission::Hook;
using base::LogLevel;

struct ServeOptions {
  server::HttpsOptions https;
  std::string health_address = "0.0.0.0";
  int health_port = 8080;
  SettingsFiles settings;
  ClusterOptions cluster;
  std::string controller = "system:serviceaccount:warmgate:warmgate-controller";
  std::string log_level = "info";
  int drain_seconds = 20;
};

// One decision line and the metrics for it.
class Recorder {
 public:
  Recorder(base::Log& log, server::Metrics& metrics) : log_(log), metrics_(metrics) {}

  void record(Hook hook, const admission::Record& record, double seconds) {
    metrics_.admission(admission::to_string(hook), record.operation, record.decision, seconds);
    std::vector<std::string> rules;
    for (const auto& [rule, action] : record.rules) {
      metrics_.rule_decision(rule, action);
      rules.push_back(rule);
      rules.back().append("=").append(action);
    }
    for (const std::string& reason : record.unchecked) {
      metrics_.unchecked(reason);
    }
    if (!record.error.empty() && record.error.starts_with("internal")) {
      metrics_.panic();
    }
    constexpr double kMillisecondsPerSecond = 1000.0;
    std::vector<base::LogField> fields = {{"hook", std::string(admission::to_string(hook))},
                                          {"uid", record.uid},
                                          {"object", record.object},
                                          {"namespace", record.ns},
                                          {"operation", record.operation},
                                          {"user", record.user},
                                          {"dryRun", record.dry_run},
                                          {"verdict", record.decision},
                                          {"rules", std::move(rules)},
                                          {"patched", record.patched},
                                          {"unchecked", record.unchecked},
                                          {"milliseconds", seconds * kMillisecondsPerSecond}};
    if (!record.error.empty()) {
      fields.push_back({"error", record.error});
    }
    log_.write(record.decision == "error" ? LogLevel::kError : LogLevel::kInfo, "admission", fields);
  }

 private:
  base::Log& log_;
  server::Metrics& metrics_;
};

server::HttpReply answer(const admission::Handler& handler, Recorder& recorder, Hook hook, std::string_view body) {
  const auto start = std::chrono::steady_clock::now();
  admission::Outcome outcome = handler.handle(hook, body);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  recorder.record(hook, outcome.record, elapsed.count());
  return {outcome.http_status, std::move(outcome.body), "application/json", 0};
}

server::HttpReply refuse(int status, const std::string& reason) {
  constexpr int kOverload = 503;
  const std::string_view name = status == kOverload ? "ServiceUnavailable"
                                : status >= 500     ? "InternalError"
                                : status == 404     ? "NotFound"
                                : status == 405     ? "MethodNotAllowed"
                                                    : "BadRequest";
  return {status, admission::refusal("", status, name, reason), "application/json", status == kOverload ? 1 : 0};
}

// The API server refuses an expired certificate, but its message is in another log.
void say_expiry(base::Log& log, double not_after) {
  constexpr double kDay = 24.0 * 60 * 60;
  const double left = not_after - static_cast<double>(std::time(nullptr));
  if (left <= 0) {
    log.write(LogLevel::kError, "the serving certificate has expired: API servers refuse it; give a valid one",
              {{"secondsAgo", -left}});
  } else if (left <= kDay) {
    log.write(LogLevel::kWarning, "the serving certificate expires within a day", {{"secondsLeft", left}});
  }
}

std::string not_ready(bool draining, const ClusterAccess* cluster) {
  if (draining) {
    return "draining: this process is going away";
  }
  return cluster == nullptr ? "" : cluster->not_ready();
}

// Serves until a signal comes, then drains. The signal waiter is made before any thread, so that all inherit its mask.
int serve(ServeOptions options, LiveSettings& settings) {
  server::SignalWaiter signals;
  base::Log log(parse_log_level(options.log_level), settings.redactor());
  server::Metrics metrics;
  Recorder recorder(log, metrics);
  std::unique_ptr<ClusterAccess> cluster;
  if (options.cluster.enabled) {
    base::Result<std::unique_ptr<ClusterAccess>> opened = ClusterAccess::open(options.cluster, log, metrics);
    if (!opened) {
      return fail(opened.error().message);
    }
    cluster = std::move(opened).value();
  }
  const admission::FactsSource files = [&] { return settings.facts(); };
  const admission::Handler handler([&] { return settings.settings(); }, cluster ? cluster->facts(files) : files,
                                   cluster ? cluster->workloads() : admission::WorkloadSource(),
                                   cluster ? cluster->access(options.controller) : admission::AccessSource());
  for (const Hook hook : {Hook::kValidate, Hook::kMutate}) {
    options.https.routes["/" + std::string(admission::to_string(hook))] = [&, hook](std::string_view body) {
      return answer(handler, recorder, hook, body);
    };
  }
  options.https.refuse = refuse;
  base::Result<std::unique_ptr<server::HttpsServer>> https = server::HttpsServer::create(options.https, metrics);
  if (!https) {
    return fail(https.error().message);
  }
  std::atomic<bool> draining = false;
  base::Result<std::unique_ptr<server::HealthServer>> health = server::HealthServer::create(
      options.health_address, options.health_port, metrics, [&] { return not_ready(draining, cluster.get()); });
  if (!health) {
    return fail(health.error().message);
  }
  Reloading reloading({settings, https->get(), options.https.certificate_file, options.https.key_file}, log, metrics);
  (*https)->start();
  (*health)->start();
  log.write(LogLevel::kInfo, "serving",
            {{"version", std::string(base::version())},
             {"https", options.https.address + ":" + std::to_string((*https)->port())},
             {"health", options.health_address + ":" + std::to_string((*health)->port())}});
  say_expiry(log, (*https)->certificate_not_after());
  const int signal = wait_for_end(signals, reloading);
  draining = true;
  log.write(LogLevel::kInfo, "draining", {{"signal", std::string(signal == SIGINT ? "SIGINT" : "SIGTERM")}});
  const bool clean = (*https)->drain(std::chrono::seconds(options.drain_seconds));
  (*health)->stop();
  log.write(clean ? LogLevel::kInfo : LogLevel::kWarning,
            clean ? "stopped" : "stopped: the drain deadline cut connections");
  if (!clean) {
    // A verdict that is still being made cannot be interrupted, and destructors would wait for it. It only computes,
    // and nobody waits for its answer any more.
    log.finish();
    std::_Exit(kClean);
  }
  return kClean;
}

int run_serve(const ServeOptions& options) {
  const base::Result<std::unique_ptr<LiveSettings>> settings = LiveSettings::load(options.settings);
  return settings ? serve(options, **settings) : fail(settings.error().message);
}

void add_listener_options(CLI::App& command, ServeOptions& options) {
  const auto port = CLI::Range(0, 65535);
  command.add_option("--address", options.https.address, "Address of the HTTPS listener")->capture_default_str();
  command.add_option("--port", options.https.port, "Port of the HTTPS listener; 0 takes a free one")
      ->check(port)
      ->capture_default_str();
  add_health_options(command, options.health_address, options.health_port);
  command.add_option("--tls-cert", options.https.certificate_file, "Serving certificate, PEM, leaf first")
      ->type_name("FILE")
      ->capture_default_str();
  command.add_option("--tls-key", options.https.key_file, "Its private key, PEM")
      ->type_name("FILE")
      ->capture_default_str();
  command
      .add_option("--max-running", options.https.max_running,
                  "Requests judged at once; 0 takes four per core, at most 16. The rest wait, then are told to come "
                  "back. Large ones wait for each other: 7 MiB are judged at once, which may take 350 MiB of memory.")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command.add_option("--drain-seconds", options.drain_seconds, "How long SIGTERM waits for open connections")
      ->check(CLI::Range(0, 3600))
      ->capture_default_str();
}

}  // namespace

void add_serve(CLI::App& app, Run& run) {
  auto options = std::make_shared<ServeOptions>();
  options->https.certificate_file = "/etc/warmgate/tls/tls.crt";
  options->https.key_file = "/etc/warmgate/tls/tls.key";
  CLI::App* command = app.add_subcommand("serve", "Run the HTTPS admission server (/validate and /mutate)");
  add_listener_options(*command, *options);
  add_settings_options(*command, options->settings.policies, options->settings.engines, options->settings.kinds);
  command
      ->add_option("--facts", options->settings.facts,
                   "Manifests that stand for what exists in the cluster (repeatable)")
      ->type_name("PATH")
      ->allow_extra_args(false);
  command->add_flag("--facts-complete", options->settings.facts_complete, "What is not in the facts does not exist");
  add_cluster_options(*command, options->cluster,
                      "Watch what exists in the cluster; of an object that is in the files of --facts too, the "
                      "cluster's counts");
  command
      ->add_option(
          "--namespace", options->cluster.lease_ns,
          "With --cluster: where the controller's Lease is, which tells whether Pods may be held back; without "
          "it the namespace of the service account or context, else warmgate")
      ->type_name("NAME");
  command
      ->add_option("--controller-account", options->controller,
                   "User that Warmgate's controller is: its ModelCaches are made by policy, and nobody's rights are "
                   "asked for them")
      ->type_name("USER")
      ->capture_default_str();
  add_log_level_option(*command, options->log_level);
  command->footer(
      "Policies, engines, kinds, facts, certificate and key are read anew when they change, also in the volume of a "
      "ConfigMap "
      "or "
      "Secret\n(not with subPath, which Kubernetes never updates), within ten seconds at most. Each is used as a whole "
      "or not at all: what\ncannot be used is logged as an error, counted in warmgate_config_reload_total and "
      "warmgate_cert_reload_total, and the last good\none stays. Write a file beside the old one and rename it: half a "
      "file may be read.\n\n"
      "SIGHUP reads everything at once. It never stops the server, so neither does a terminal that is closed.\n"
      "SIGTERM and SIGINT drain: /readyz fails, replies carry Connection: close, what is in flight is "
      "answered.\nExit codes: 0 stopped by a signal, 2 it could not start.\n\n"
      "Example:\n"
      "  certs/make-dev-certs\n"
      "  warmgate serve --tls-cert certs/dev/tls.crt --tls-key certs/dev/tls.key --facts cluster/");
  command->callback([options, &run] { run = [options] { return run_serve(*options); }; });
}

}  // namespace warmgate::cli
