#include "warmgate/controller/controller.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "job_reports.h"
#include "warmgate/base/text.h"
#include "warmgate/controller/event_recorder.h"
#include "warmgate/controller/executor.h"
#include "warmgate/controller/fenced_api.h"
#include "warmgate/controller/work_queue.h"

namespace warmgate::controller {
namespace {

using base::LogLevel;
using std::chrono::milliseconds;
using std::chrono::seconds;

// How often what writes have left is compared with the watches.
constexpr seconds kSettle{60};
constexpr std::size_t kMaxReason = 300;
constexpr std::size_t kMaxTold = 8;  // ModelCaches of one claim that are told of a write that was refused

std::string result_of(Outcome::Kind kind) {
  return kind == Outcome::Kind::kDone ? "ok" : kind == Outcome::Kind::kFailed ? "error" : "stale";
}

}  // namespace

struct Controller::Impl {
  Impl(cluster::KubeApi& the_api, cluster::Clock& the_clock, Planners the_planners, SettingsSource the_settings,
       Telemetry& the_telemetry, base::Log& the_log, ControllerOptions the_options)
      : api(the_api),
        clock(the_clock),
        planners(std::move(the_planners)),
        settings(std::move(the_settings)),
        telemetry(the_telemetry),
        log(the_log),
        options(std::move(the_options)),
        queue(clock, queue_options()),
        stores(clock, [this](const std::string& key) { become_dirty(key); }),
        events(api, clock, telemetry, options.instance,
               [this](const Note& note, const cluster::ApiError& error) { say_untold(note, error); }),
        reports(api, clock, stores, planners.progress),
        executor(api, clock, stores, events, telemetry, log),
        random(options.seed) {
    for (std::size_t i = 0; i < kStoreTypes; ++i) {
      watches.push_back(watch(static_cast<StoreType>(i)));
    }
  }

  WorkQueueOptions queue_options() {
    WorkQueueOptions made;
    made.on_taken = [this](double waited) { telemetry.queue_waited(waited); };
    return made;
  }

  std::unique_ptr<cluster::Reflector> watch(StoreType type) {
    const StoredType& stored = stored_types().at(static_cast<std::size_t>(type));
    cluster::ReflectorOptions made;
    made.resource = stored.resource;
    made.trim = stored.trim;
    made.seed = options.seed + static_cast<std::uint32_t>(type);
    made.on_object = [this, type](const kube::Object* before, const kube::Object* after) {
      stores.observe(type, before, after);
    };
    made.on_change = [this](const cluster::ReflectorState& state) {
      if (options.on_watch) {
        options.on_watch(state);
      }
      const std::lock_guard lock(mutex);
      changed.notify_all();
    };
    return std::make_unique<cluster::Reflector>(api, clock, std::move(made));
  }

  // Before the controller leads there is nothing to be done: all keys come when it does.
  void become_dirty(const std::string& key) {
    if (leading) {
      queue.add(key);
    }
  }

  void say_untold(const Note& note, const cluster::ApiError& error) {
    if (error.reason == kNotLeader) {
      return;
    }
    log.write(LogLevel::kWarning, "an Event could not be told",
              {{"namespace", note.regarding.ns},
               {"object", note.regarding.kind + "/" + note.regarding.name},
               {"reason", note.reason},
               {"error", error.message}});
  }

  // A planner cannot know; the people who look at the object must.
  void say_refused(const kube::Object& about, const std::string& error) {
    events.tell({about.key(), about.api_version(), about.root()["metadata"]["uid"].text(), Note::Type::kWarning,
                 "WriteRefused",
                 "the cluster refuses what the controller writes for it, which is tried again: " + error, ""});
  }

  std::string waiting_for() const {
    std::vector<std::string> waiting;
    for (const auto& watch : watches) {
      const cluster::ReflectorState state = watch->state();
      if (!state.synced_at) {
        waiting.push_back(state.resource);
        if (!state.error.empty()) {
          waiting.back().append(" (").append(base::one_line(state.error, kMaxReason)).append(")");
        }
      }
    }
    return base::join(waiting, ", ");
  }

  // Keeps house: begins the work when all has been read, then compares and looks again now and then.
  void keep(const std::stop_token& stop) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, stop, [&] { return waiting_for().empty(); });
    }
    if (stop.stop_requested()) {
      return;
    }
    leading = true;  // first, so that no change falls between this and the list of all keys
    std::shared_ptr<const Settings> used = settings();
    log.write(LogLevel::kInfo, "leading", {{"keys", static_cast<double>(look_at_all_now())}});
    start_workers();
    for (seconds since_resync{0}; !stop.stop_requested(); since_resync += kSettle) {
      if (since_resync >= options.resync) {
        since_resync = seconds(0);
        look_at_all_again();
      }
      clock.sleep_for(kSettle, stop);
      for (std::size_t i = 0; i < kStoreTypes && !stop.stop_requested(); ++i) {
        stores.settle(static_cast<StoreType>(i), *watches[i]->snapshot());
      }
      reports.forget_gone();
      if (std::shared_ptr<const Settings> now_set = settings(); now_set != used) {
        used = std::move(now_set);
        look_at_all_now();
      }
    }
  }

  std::size_t look_at_all_now() {
    const std::vector<std::string> all = stores.all_keys();
    std::for_each(all.begin(), all.end(), [this](const std::string& key) { queue.add(key); });
    return all.size();
  }

  // Each at a moment of its own.
  void look_at_all_again() {
    std::uniform_int_distribution<milliseconds::rep> moment(0, milliseconds(options.resync).count());
    for (const std::string& key : stores.all_keys()) {
      queue.add_after(key, milliseconds(moment(random)));
    }
  }

  void start_workers() {
    const std::lock_guard lock(mutex);
    for (int i = 0; i < options.workers && !stopped; ++i) {
      workers.emplace_back([this](const std::stop_token& stop) {
        while (const std::optional<std::string> key = queue.take()) {
          work_on(*key, stop);
          queue.done(*key);
        }
      });
    }
  }

  void work_on(const std::string& text, const std::stop_token& stop) noexcept {
    const auto begun = clock.now();
    const std::optional<WorkKey> key = read_work_key(text);
    if (!key) {
      return;
    }
    std::string result = "exception";
    try {
      const Outcome outcome = key->pod ? look_at_pod(*key, stop) : look_at_claim(*key, stop);
      result = result_of(outcome.kind);
      settle(text, outcome);
    } catch (const std::exception& error) {
      log.write(LogLevel::kError, "internal error: the key is looked at again later",
                {{"key", text}, {"error", std::string(error.what())}});
      queue.add_failed(text);
    }
    telemetry.reconciled(key->pod ? "pod" : "claim", result,
                         std::chrono::duration<double>(clock.now() - begun).count());
  }

  void settle(const std::string& key, const Outcome& outcome) {
    switch (outcome.kind) {
      case Outcome::Kind::kDone:
        queue.forget(key);
        break;
      case Outcome::Kind::kStale:
        log.write(LogLevel::kDebug, "what was known is no longer so: looking again",
                  {{"key", key}, {"reason", outcome.error}});
        queue.add_failed(key);
        break;
      case Outcome::Kind::kFailed:
        queue.add_failed(key, outcome.retry_after);
        break;
      case Outcome::Kind::kNotLeader:  // the process is about to end; the next leader looks at all
      case Outcome::Kind::kStopped:
        break;
    }
  }

  Outcome look_at_claim(const WorkKey& key, const std::stop_token& stop) {
    const std::shared_ptr<const Settings> now_set = settings();
    const auto plan = [&] {
      ObservedClaim seen = stores.observe_claim(key.ns, key.name);
      reports.add_to(seen);
      return seen.caches.empty() ? Plan() : planners.claim(seen, *now_set, clock.wall_now());
    };
    Plan first = plan();
    // What it lacks is asked for; then the decision is made with it.
    Outcome outcome = carry_out(key, reports.fetch(key.ns, first, stop) ? plan() : std::move(first), stop);
    if (outcome.refused) {
      const std::vector<kube::Object> caches = stores.observe_claim(key.ns, key.name).caches;
      std::for_each(caches.begin(), caches.begin() + static_cast<std::ptrdiff_t>(std::min(caches.size(), kMaxTold)),
                    [&](const kube::Object& cache) { say_refused(cache, outcome.error); });
    }
    return outcome;
  }

  Outcome look_at_pod(const WorkKey& key, const std::stop_token& stop) {
    const std::optional<ObservedPod> seen = stores.observe_pod(key.ns, key.name);
    if (!seen) {
      return {};
    }
    Outcome outcome = carry_out(key, planners.pod(*seen, *settings(), clock.wall_now()), stop);
    if (outcome.refused) {
      say_refused(seen->pod, outcome.error);
    }
    return outcome;
  }

  Outcome carry_out(const WorkKey& key, const Plan& plan, const std::stop_token& stop) {
    Outcome outcome = executor.carry_out(plan, stop);
    if (outcome.kind == Outcome::Kind::kDone) {
      const bool reports_wanted = !plan.logs_of.empty() || !plan.events_of.empty();
      const seconds soonest = reports_wanted ? kReportInterval : seconds::max();
      const seconds next = std::min(plan.look_again.value_or(seconds::max()), soonest);
      if (next != seconds::max()) {
        queue.add_after(key.text(), next);
      }
    }
    return outcome;
  }

  cluster::KubeApi& api;
  cluster::Clock& clock;
  const Planners planners;
  const SettingsSource settings;
  Telemetry& telemetry;
  base::Log& log;
  const ControllerOptions options;
  std::atomic<bool> leading = false;
  WorkQueue queue;
  Stores stores;
  EventRecorder events;
  JobReports reports;
  Executor executor;
  std::mt19937 random;  // of the keeper alone
  std::mutex mutex;
  std::condition_variable_any changed;
  bool stopped = false;
  // Last, in the order of who uses whom: each ends before what it uses goes.
  std::vector<std::unique_ptr<cluster::Reflector>> watches;
  std::vector<std::jthread> workers;
  std::jthread keeper;
};

Controller::Controller(cluster::KubeApi& api, cluster::Clock& clock, Planners planners, SettingsSource settings,
                       Telemetry& telemetry, base::Log& log, ControllerOptions options)
    : impl_(std::make_unique<Impl>(api, clock, std::move(planners), std::move(settings), telemetry, log,
                                   std::move(options))) {}

Controller::~Controller() {
  stop();
  for (const auto& watch : impl_->watches) {
    watch->request_stop();
  }
}

void Controller::lead() {
  impl_->keeper = std::jthread([impl = impl_.get()](const std::stop_token& stop) { impl->keep(stop); });
}

void Controller::stop() {
  impl_->leading = false;
  impl_->queue.shut_down();
  impl_->keeper = std::jthread();
  std::vector<std::jthread> workers;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopped = true;
    workers.swap(impl_->workers);
  }
  std::for_each(workers.begin(), workers.end(), [](std::jthread& worker) { worker.request_stop(); });
}

std::string Controller::waiting_for() const { return impl_->waiting_for(); }
const Stores& Controller::stores() const { return impl_->stores; }
std::size_t Controller::queue_depth() const { return impl_->queue.depth(); }
milliseconds Controller::longest_work() const { return impl_->queue.longest_work(); }

}  // namespace warmgate::controller
