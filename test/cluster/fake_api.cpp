#include "cluster/fake_api.h"

#include <gtest/gtest.h>

#include <utility>

namespace warmgate::testing {
namespace {

constexpr std::chrono::minutes kPatience{1};

}  // namespace

FakeClock::Steady::time_point FakeClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

FakeClock::Wall::time_point FakeClock::wall_now() const {
  constexpr std::chrono::seconds kStart{1'795'690'000};
  return Wall::time_point(kStart + std::chrono::duration_cast<Wall::duration>(now().time_since_epoch()));
}

void FakeClock::sleep_for(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const Steady::time_point until = now_ + time;
  if (passing_) {
    now_ = until;
    changed_.notify_all();
    return;
  }
  sleeper_ = until;
  changed_.notify_all();
  changed_.wait(lock, stop, [&] { return now_ >= until; });
  sleeper_.reset();
}

void FakeClock::advance(std::chrono::milliseconds time) {
  const std::lock_guard lock(mutex_);
  now_ += time;
  if (sleeper_ && now_ >= *sleeper_) {
    sleeper_.reset();
  }
  changed_.notify_all();
}

void FakeClock::pass_sleeps(bool pass) {
  const std::lock_guard lock(mutex_);
  passing_ = pass;
}

std::chrono::milliseconds FakeClock::await_sleeper() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return sleeper_.has_value(); })) {
    ADD_FAILURE() << "nobody sleeps";
    return {};
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(*sleeper_ - now_);
}

template <class Ready>
void FakeApi::wait(std::unique_lock<std::mutex>& lock, const Ready& ready) {
  EXPECT_TRUE(changed_.wait_for(lock, kPatience, ready)) << "the test and the code wait for each other";
}

std::string FakeApi::next_call(const std::string& plural) {
  std::unique_lock lock(mutex_);
  std::deque<std::string>& calls = scripts_[plural].calls;
  wait(lock, [&] { return !calls.empty(); });
  if (calls.empty()) {
    return "nothing";
  }
  std::string call = std::move(calls.front());
  calls.pop_front();
  return call;
}

void FakeApi::answer_list(const std::string& plural, std::vector<Json> items, std::string version) {
  const std::lock_guard lock(mutex_);
  scripts_[plural].lists.push_back({std::move(items), std::move(version), std::nullopt, {}});
  changed_.notify_all();
}

void FakeApi::answer_restarted_list(const std::string& plural, std::vector<Json> dropped, std::vector<Json> items,
                                    std::string version) {
  const std::lock_guard lock(mutex_);
  scripts_[plural].lists.push_back({std::move(items), std::move(version), std::nullopt, std::move(dropped)});
  changed_.notify_all();
}

void FakeApi::fail_list(const std::string& plural, ApiError error) {
  const std::lock_guard lock(mutex_);
  scripts_[plural].lists.push_back({{}, "", std::move(error), {}});
  changed_.notify_all();
}

void FakeApi::add_step(const std::string& plural, Step step) {
  std::unique_lock lock(mutex_);
  std::deque<Step>& steps = scripts_[plural].steps;
  steps.push_back(std::move(step));
  changed_.notify_all();
  wait(lock, [&] { return steps.empty() || closed_; });
}

void FakeApi::send(const std::string& plural, EventType type, Json object) {
  add_step(plural, Event{type, std::move(object)});
}
void FakeApi::end_watch(const std::string& plural) { add_step(plural, End{}); }
void FakeApi::break_watch(const std::string& plural, ApiError error) { add_step(plural, std::move(error)); }

void FakeApi::refuse_watches() {
  const std::lock_guard lock(mutex_);
  accepts_watches_ = false;
}

void FakeApi::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void FakeApi::answer_get(const std::string& path, cluster::ApiResult<cluster::JsonPtr> answer) {
  const std::lock_guard lock(mutex_);
  gets_.insert_or_assign(path, std::move(answer));
}

cluster::ApiResult<cluster::JsonPtr> FakeApi::get(const cluster::Resource& resource, const std::string& ns,
                                                  const std::string& name, const std::stop_token& /*stop*/) {
  const std::lock_guard lock(mutex_);
  std::string path = resource.group;
  path.append("/").append(resource.plural).append("/").append(ns).append("/").append(name);
  const auto found = gets_.find(path);
  return found == gets_.end() ? ApiError{404, "NotFound", path + " not found"} : found->second;
}

cluster::ApiResult<std::string> FakeApi::list(const cluster::Resource& resource, const cluster::ListOptions& options,
                                              const OnItem& on_item, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  Script& script = scripts_[resource.plural];
  script.calls.emplace_back("list");
  changed_.notify_all();
  EXPECT_TRUE(changed_.wait_for(lock, stop, kPatience, [&] { return closed_ || !script.lists.empty(); }) ||
              stop.stop_requested())
      << "the test and the code wait for each other";
  if (script.lists.empty()) {
    return ApiError{0, "", "closed"};
  }
  List answer = std::move(script.lists.front());
  script.lists.pop_front();
  lock.unlock();
  for (Json& item : answer.dropped) {
    on_item(std::move(item));
  }
  if (!answer.dropped.empty()) {
    options.on_restart();
  }
  for (Json& item : answer.items) {
    on_item(std::move(item));
  }
  if (answer.error) {
    return *answer.error;
  }
  return answer.version;
}

cluster::ApiResult<std::monostate> FakeApi::watch(const cluster::Resource& resource,
                                                  const cluster::WatchOptions& options, const OnEvent& on_event,
                                                  const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (accepts_watches_) {
    lock.unlock();
    options.on_open();
    lock.lock();
  }
  Script& script = scripts_[resource.plural];
  script.calls.push_back("watch " + options.resource_version);
  changed_.notify_all();
  while (true) {
    changed_.wait(lock, stop, [&] { return closed_ || !script.steps.empty(); });
    if (stop.stop_requested() || script.steps.empty()) {
      script.steps.clear();
      changed_.notify_all();
      return std::monostate();
    }
    Step step = script.steps.front();
    if (Event* event = std::get_if<Event>(&step)) {
      lock.unlock();
      on_event(event->type, std::move(event->object));
      lock.lock();
    }
    script.steps.pop_front();
    changed_.notify_all();
    if (const ApiError* error = std::get_if<ApiError>(&step)) {
      return *error;
    }
    if (std::holds_alternative<End>(step)) {
      return std::monostate();
    }
  }
}

}  // namespace warmgate::testing
