#include "warmgate/cluster/reflector.h"

#include <exception>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "warmgate/cluster/backoff.h"

namespace warmgate::cluster {
namespace {

using document::Json;
using document::View;
using Time = ReflectorState::Time;

// A watch that ends at once without an event is a failure, or it would be asked for in a loop (client-go "very short
// watch"). One that is accepted and cut at once, again and again, by something between us and the API server, is no
// contact either.
constexpr std::chrono::seconds kVeryShort{1};
// One that held for so long shows that the trouble before it is over.
constexpr std::chrono::seconds kHeld{10};

// An event that cannot be read (too large, broken) would break every watch from the version before it: after so many,
// a list goes around it.
constexpr int kMaxMuteWatches = 5;

std::string version_of(const View& object) { return object["metadata"]["resourceVersion"].text(); }

// What is kept of an object from the API server. Items of a list carry no type of their own.
std::optional<kube::Object> kept(Json&& value, const ReflectorOptions& options) {
  if (!value.is_object()) {
    return std::nullopt;
  }
  const Resource& resource = options.resource;
  value["apiVersion"] = resource.group.empty() ? resource.version : resource.group + "/" + resource.version;
  value["kind"] = resource.kind;
  std::optional<Json> trimmed = options.trim(value);
  return trimmed ? std::optional<kube::Object>(document::Document(std::move(*trimmed))) : std::nullopt;
}

ApiError too_many(const ReflectorOptions& options) {
  return {0, "",
          "the cluster has more than " + std::to_string(options.max_objects) + " " + options.resource.plural +
              " that matter to Warmgate, which is the most it keeps in memory"};
}

ListOptions selection(const ReflectorOptions& options) {
  ListOptions list;
  list.ns = options.ns;
  list.field_selector = options.field_selector;
  return list;
}

// A list into a new Collection, in which objects that have not changed are those of `known`. `version`: to watch from.
ApiResult<Collection> read_list(KubeApi& api, const ReflectorOptions& options, const Collection& known,
                                std::string& version, const std::stop_token& stop) {
  Collection fresh(options.keys);
  bool full = false;
  ListOptions all = selection(options);
  all.on_restart = [&] {
    fresh = Collection(options.keys);
    full = false;
  };
  const KubeApi::OnItem on_item = [&](Json&& item) {
    std::optional<kube::Object> object = full ? std::nullopt : kept(std::move(item), options);
    if (!object) {
      return;
    }
    const kube::Object* old = known.find(object->key().ns, object->key().name);
    const bool unchanged = old != nullptr && version_of(old->root()) == version_of(object->root());
    fresh.put(unchanged ? *old : *object);
    full = fresh.size() > options.max_objects;
  };
  const ApiResult<std::string> listed = api.list(options.resource, all, on_item, stop);
  if (!listed) {
    return listed.error();
  }
  if (full) {
    return too_many(options);
  }
  version = *listed;
  return fresh;
}

bool worth_the_same_version(const ApiError& error) {
  return !error.expired() && (error.status == 0 || error.status == 429 || error.status >= 500);
}

}  // namespace

struct Reflector::Impl {
  Impl(KubeApi& the_api, Clock& the_clock, ReflectorOptions the_options)
      : api(the_api),
        clock(the_clock),
        options(std::move(the_options)),
        backoff(options.seed),
        collection(std::make_shared<const Collection>(options.keys)) {
    state.resource = options.resource.plural;
    thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::optional<ApiError> failure;
      try {
        failure = version.empty() ? list(stop) : watch(stop);
      } catch (const std::exception& error) {
        failure = ApiError{0, "", std::string("internal error: ") + error.what()};
        version.clear();
      }
      if (failure && !stop.stop_requested()) {
        clock.sleep_for(backoff.next(failure->retry_after), stop);
      }
    }
  }

  // The failure after which to wait.
  std::optional<ApiError> list(const std::stop_token& stop) {
    ApiResult<Collection> listed = read_list(api, options, *current(), version, stop);
    if (stop.stop_requested()) {
      return std::nullopt;
    }
    if (listed) {
      replace(std::make_shared<const Collection>(std::move(listed).value()), false);
      return std::nullopt;
    }
    if (listed.error().not_found() && options.may_be_absent) {
      replace(std::make_shared<const Collection>(options.keys), true);
    } else {
      fail(listed.error());
    }
    return listed.error();
  }

  std::optional<ApiError> watch(const std::stop_token& stop) {
    std::stop_source enough;
    const std::stop_callback forward(stop, [&] { enough.request_stop(); });
    bool full = false;
    bool heard = false;
    const Time asked = clock.now();
    const ApiResult<std::monostate> ended = api.watch(
        options.resource, {selection(options), version, [this] { open_watch(); }},
        [&](EventType type, Json&& object) {
          heard = true;
          if (!full && !apply(type, std::move(object))) {
            full = true;
            enough.request_stop();
          }
        },
        enough.get_token());
    close_watch(!ended && ended.error().reason == kWatchSilent);
    if (stop.stop_requested()) {
      return std::nullopt;
    }
    if (full) {
      return relist_after(too_many(options));
    }
    mute_watches = heard ? 0 : mute_watches + 1;
    if (!ended) {
      const bool again = worth_the_same_version(ended.error()) && mute_watches < kMaxMuteWatches;
      return again ? after(ended.error()) : relist_after(ended.error());
    }
    if (!heard && clock.now() - asked < kVeryShort) {
      return after({0, "", "the API server ended the watch of " + options.resource.plural + " at once"});
    }
    mute_watches = 0;
    succeed(current(), false);
    return std::nullopt;
  }

  std::optional<ApiError> after(const ApiError& error) {
    fail(error);
    return error;
  }

  std::optional<ApiError> relist_after(const ApiError& error) {
    mute_watches = 0;
    version.clear();
    // That a version expires is how watches end; the list that follows tells whether anything is wrong.
    return error.expired() ? error : after(error);
  }

  // False: more objects than may be kept.
  bool apply(EventType type, Json&& value) {
    if (const std::string seen = version_of(View(value)); !seen.empty()) {
      version = seen;
    }
    if (type == EventType::kBookmark) {
      succeed(current(), false);
      return true;
    }
    const View metadata = View(value)["metadata"];
    const std::string ns = metadata["namespace"].text();
    const std::string name = metadata["name"].text();
    const std::optional<kube::Object> object =
        type == EventType::kDeleted ? std::nullopt : kept(std::move(value), options);
    const std::shared_ptr<const Collection> before = current();
    Collection changed = *before;
    if (object) {
      changed.put(*object);
    } else {
      changed.remove(ns, name);
    }
    if (changed.size() > options.max_objects) {
      return false;
    }
    succeed(std::make_shared<const Collection>(std::move(changed)), false);
    tell(before->find(ns, name), object ? &*object : nullptr);
    return true;
  }

  void tell(const kube::Object* before, const kube::Object* after) const {
    if (options.on_object && (before != nullptr || after != nullptr)) {
      options.on_object(before, after);
    }
  }

  // A list has told how things are: what is gone by it is told first. Only then does it count as synced, so that who
  // waits for that and listens to on_object has missed nothing.
  void replace(const std::shared_ptr<const Collection>& fresh, bool absent) {
    const std::shared_ptr<const Collection> before = current();
    {
      const std::lock_guard lock(mutex);
      collection = fresh;
    }
    if (options.on_object) {
      tell_changes(*before, *fresh);
    }
    succeed(fresh, absent);
  }

  void tell_changes(const Collection& before, const Collection& fresh) const {
    for (const kube::Object& old : before.all()) {
      if (fresh.find(old.key().ns, old.key().name) == nullptr) {
        tell(&old, nullptr);
      }
    }
    for (const kube::Object& object : fresh.all()) {
      const kube::Object* old = before.find(object.key().ns, object.key().name);
      if (old == nullptr || version_of(old->root()) != version_of(object.root())) {
        tell(old, &object);
      }
    }
  }

  std::shared_ptr<const Collection> current() const {
    const std::lock_guard lock(mutex);
    return collection;
  }

  // The API server has told how things are.
  void succeed(std::shared_ptr<const Collection> now_known, bool absent) {
    const Time now = clock.now();
    std::optional<ReflectorState> changed;
    {
      const std::lock_guard lock(mutex);
      const bool news = !state.synced_at || state.failing_since || state.absent != absent;
      state.synced_at = state.synced_at.value_or(now);
      state.contact_at = now;
      state.failing_since.reset();
      state.error.clear();
      state.absent = absent;
      state.objects = now_known->size();
      collection.swap(now_known);  // the old one is freed after the lock
      if (news) {
        changed = state;
      }
    }
    if (changed && options.on_change) {
      options.on_change(*changed);
    }
  }

  void fail(const ApiError& error) {
    const Time now = clock.now();
    std::optional<ReflectorState> changed;
    {
      const std::lock_guard lock(mutex);
      const bool news = !state.failing_since || state.error != error.message;
      state.failing_since = state.failing_since.value_or(now);
      state.error = error.message;
      if (news) {
        changed = state;
      }
    }
    if (changed && options.on_change) {
      options.on_change(*changed);
    }
  }

  void open_watch() {
    const Time now = clock.now();
    const std::lock_guard lock(mutex);
    open_since = now;
  }

  void close_watch(bool silent) {
    const Time now = clock.now();
    const std::lock_guard lock(mutex);
    if (open_since && now - *open_since >= kHeld) {
      backoff.reset();
    }
    // What a silent one did not tell may have happened at any time since its last word, which is the last contact then.
    if (!silent) {
      state = state_at(now);
    }
    open_since.reset();
  }

  ReflectorState told_state() const {
    const Time now = clock.now();
    const std::lock_guard lock(mutex);
    return state_at(now);
  }

  // Requires the lock.
  ReflectorState state_at(Time now) const {
    ReflectorState told = state;
    if (open_since && now - *open_since >= kVeryShort) {
      told.contact_at = now;
      told.failing_since.reset();
      told.error.clear();
    } else if (told.absent && !told.failing_since) {
      told.contact_at = now;  // what is not installed is asked for now and then only
    }
    return told;
  }

  KubeApi& api;
  Clock& clock;
  const ReflectorOptions options;
  Backoff backoff;       // of the thread alone, as is
  std::string version;   // to watch from; "": list first
  int mute_watches = 0;  // that failed in a row before they told anything
  mutable std::mutex mutex;
  std::shared_ptr<const Collection> collection;
  ReflectorState state;
  std::optional<Time> open_since;  // a watch is open
  std::jthread thread;             // last: it ends before the rest goes
};

Reflector::Reflector(KubeApi& api, Clock& clock, ReflectorOptions options)
    : impl_(std::make_unique<Impl>(api, clock, std::move(options))) {}

Reflector::~Reflector() = default;

std::shared_ptr<const Collection> Reflector::snapshot() const { return impl_->current(); }
ReflectorState Reflector::state() const { return impl_->told_state(); }
void Reflector::request_stop() { impl_->thread.request_stop(); }

ApiResult<Collection> list_once(KubeApi& api, const ReflectorOptions& options) {
  std::string version;
  return read_list(api, options, Collection(options.keys), version, {});
}

}  // namespace warmgate::cluster
