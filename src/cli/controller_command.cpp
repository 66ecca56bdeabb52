#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <memory>

#include "commands.h"
#include "controller_process.h"
#include "live_settings.h"
#include "reloading.h"
#include "setup.h"
#include "warmgate/base/log.h"
#include "warmgate/base/version.h"
#include "warmgate/server/health_server.h"
#include "warmgate/server/metrics.h"
#include "warmgate/server/signals.h"

namespace warmgate::cli {
namespace {

using base::LogLevel;

struct Options {
  ControllerProcessOptions process;
  SettingsFiles settings;
  std::string health_address = "0.0.0.0";
  int health_port = 8080;
  std::string log_level = "info";
};

// The signal waiter is made before any thread, so that all inherit its mask.
int control(const Options& options, LiveSettings& settings) {
  server::SignalWaiter signals;
  base::Log log(parse_log_level(options.log_level), settings.redactor());
  server::Metrics metrics;
  base::Result<std::unique_ptr<ControllerProcess>> process =
      ControllerProcess::open(options.process, settings, log, metrics);
  if (!process) {
    return fail(process.error().message);
  }
  std::atomic<bool> ending = false;
  base::Result<std::unique_ptr<server::HealthServer>> health = server::HealthServer::create(
      options.health_address, options.health_port, metrics,
      [&] { return ending ? "this process is going away" : (*process)->not_ready(); },
      [&] { return (*process)->stuck(); });
  if (!health) {
    return fail(health.error().message);
  }
  Reloading reloading({settings}, log, metrics);
  (*health)->start();
  (*process)->start();
  log.write(LogLevel::kInfo, "controlling",
            {{"version", std::string(base::version())},
             {"health", options.health_address + ":" + std::to_string((*health)->port())}});
  const int signal = wait_for_end(signals, reloading);
  ending = true;
  log.write(LogLevel::kInfo, "stopping", {{"signal", std::string(signal == SIGINT ? "SIGINT" : "SIGTERM")}});
  (*process)->stop();
  (*health)->stop();
  log.write(LogLevel::kInfo, "stopped");
  return kClean;
}

int run_controller(const Options& options) {
  const base::Result<std::unique_ptr<LiveSettings>> settings = LiveSettings::load(options.settings);
  return settings ? control(options, **settings) : fail(settings.error().message);
}

}  // namespace

void add_controller(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "controller", "Run the ModelCache controller: claims, downloads, and the gates of Pods that wait for them");
  add_connection_options(*command, options->process.cluster);
  add_settings_options(*command, options->settings.policies, options->settings.engines, options->settings.kinds);
  command
      ->add_option("--namespace", options->process.lease_ns,
                   "Namespace of the Lease by which one controller leads; without it that of the connection")
      ->type_name("NAME");
  command
      ->add_option(
          "--identity", options->process.identity,
          "Name of this process in the Lease, which no other process may ever have; without it the host's name "
          "and something random")
      ->type_name("NAME");
  command->add_option("--workers", options->process.workers, "Keys that are worked on at once")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  add_health_options(*command, options->health_address, options->health_port);
  add_log_level_option(*command, options->log_level);
  command->footer(
      "Of several controllers one leads, the one that holds the Lease warmgate-controller. When it ends, another "
      "takes\n"
      "over within five seconds; when it vanishes, after 15 to 20. A write is refused unless the Lease is surely its\n"
      "own for as long as the write may take.\n\n"
      "/livez fails when a worker or the election hangs; /readyz until everything has been read from the cluster.\n"
      "Policies, engines and kinds are read anew when they change, as by `warmgate serve`; SIGHUP reads them at "
      "once.\n\n"
      "SIGTERM and SIGINT: no new key is begun, the write in flight ends, the Lease is given back.\n"
      "Exit codes: 0 stopped by a signal, 2 it could not start, 3 the Lease was lost (start it again).\n\n"
      "Example:\n"
      "  warmgate controller --kubeconfig ~/.kube/config --namespace warmgate --health-address 127.0.0.1");
  command->callback([options, &run] { run = [options] { return run_controller(*options); }; });
}

}  // namespace warmgate::cli
