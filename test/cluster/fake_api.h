// A Kubernetes API and a clock that do what the test says, one step at a time: every call waits for the test's answer.
// What waits for longer than a minute fails the test instead of hanging it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::testing {

using cluster::ApiError;
using cluster::EventType;
using document::Json;

class FakeClock final : public cluster::Clock {
 public:
  [[nodiscard]] Steady::time_point now() const override;
  // A time that moves with now().
  [[nodiscard]] Wall::time_point wall_now() const override;
  void sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) override;

  void advance(std::chrono::milliseconds time);
  // Waits until somebody sleeps; how much is left of that sleep.
  std::chrono::milliseconds await_sleeper();
  // Lets the sleeper's time pass.
  void wake() { advance(await_sleeper()); }
  // From now on whoever sleeps moves the time himself, by as much, and goes on: for code on the test's own thread.
  void pass_sleeps(bool pass);

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Steady::time_point now_;
  std::optional<Steady::time_point> sleeper_;
  bool passing_ = false;
};

class FakeApi final : public cluster::KubeApi {
 public:
  // The next call about the resource that was not asked for yet: "list", or "watch 10" (from version 10).
  std::string next_call(const std::string& plural);

  void answer_list(const std::string& plural, std::vector<Json> items, std::string version);
  // The same, but `dropped` come first, on pages that then expire.
  void answer_restarted_list(const std::string& plural, std::vector<Json> dropped, std::vector<Json> items,
                             std::string version);
  void fail_list(const std::string& plural, ApiError error);
  // Returns when the event was taken.
  void send(const std::string& plural, EventType type, Json object);
  void end_watch(const std::string& plural);
  void break_watch(const std::string& plural, ApiError error);
  // From now on watches are not accepted: they hang without an answer until they are broken.
  void refuse_watches();
  // From now on calls fail at once.
  void close();

  void answer_get(const std::string& path, cluster::ApiResult<cluster::JsonPtr> answer);

  cluster::ApiResult<cluster::JsonPtr> get(const cluster::Resource& resource, const std::string& ns,
                                           const std::string& name, const std::stop_token& stop) override;
  cluster::ApiResult<std::string> list(const cluster::Resource& resource, const cluster::ListOptions& options,
                                       const OnItem& on_item, const std::stop_token& stop) override;
  cluster::ApiResult<std::monostate> watch(const cluster::Resource& resource, const cluster::WatchOptions& options,
                                           const OnEvent& on_event, const std::stop_token& stop) override;
  cluster::ApiResult<cluster::JsonPtr> create(const cluster::Resource&, const std::string&, const Json&,
                                              const std::stop_token&) override {
    return ApiError{};
  }
  cluster::ApiResult<cluster::JsonPtr> patch(const cluster::Resource&, const std::string&, const std::string&,
                                             cluster::PatchType, const Json&, const cluster::PatchOptions&,
                                             const std::stop_token&) override {
    return ApiError{};
  }
  cluster::ApiResult<std::monostate> remove(const cluster::Resource&, const std::string&, const std::string&,
                                            const cluster::Preconditions&, const std::stop_token&) override {
    return ApiError{};
  }
  cluster::ApiResult<std::string> log(const std::string&, const std::string&, const cluster::LogOptions&,
                                      const std::stop_token&) override {
    return ApiError{};
  }

 private:
  struct Event {
    EventType type = EventType::kAdded;
    Json object;
  };
  struct End {};
  using Step = std::variant<Event, End, ApiError>;
  struct List {
    std::vector<Json> items;
    std::string version;
    std::optional<ApiError> error;
    std::vector<Json> dropped;
  };
  struct Script {
    std::deque<std::string> calls;
    std::deque<List> lists;
    std::deque<Step> steps;
  };

  void add_step(const std::string& plural, Step step);
  template <class Ready>
  void wait(std::unique_lock<std::mutex>& lock, const Ready& ready);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool closed_ = false;
  bool accepts_watches_ = true;
  std::map<std::string, Script> scripts_;
  std::map<std::string, cluster::ApiResult<cluster::JsonPtr>> gets_;
};

}  // namespace warmgate::testing
