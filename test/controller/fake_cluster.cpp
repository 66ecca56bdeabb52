#include "controller/fake_cluster.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "warmgate/document/view.h"

namespace warmgate::testing {
namespace {

using cluster::ApiError;
using cluster::ApiResult;
using cluster::EventType;
using cluster::JsonPtr;
using document::View;

std::string id_of(const std::string& ns, const std::string& name) { return ns + "/" + name; }

std::string api_version(const cluster::Resource& resource) {
  return resource.group.empty() ? resource.version : resource.group + "/" + resource.version;
}

ApiError conflict(const std::string& what) { return {409, "Conflict", "409 Conflict: " + what}; }
ApiError gone() { return {0, "", "no answer: the process is gone"}; }

ApiError not_found(const cluster::Resource& resource, const std::string& name) {
  return {404, "NotFound", "404 NotFound: " + resource.plural + " \"" + name + "\" not found"};
}

std::string uid_of(const Json& object) { return View(object)["metadata"]["uid"].text(); }

// What a body that is written demands of the object that is there.
std::optional<ApiError> broken_precondition(const Json& object, const cluster::Preconditions& wanted) {
  const View metadata = View(object)["metadata"];
  if (!wanted.uid.empty() && wanted.uid != metadata["uid"].text()) {
    return conflict("the UID in the precondition does not match");
  }
  if (!wanted.resource_version.empty() && wanted.resource_version != metadata["resourceVersion"].text()) {
    return conflict("the object has been modified");
  }
  return std::nullopt;
}

cluster::Preconditions preconditions_in(const Json& body) {
  const View metadata = View(body)["metadata"];
  return {metadata["uid"].text(), metadata["resourceVersion"].text()};
}

}  // namespace

std::string FakeCluster::Call::text() const { return verb + " " + resource + " " + id_of(ns, name); }

void FakeCluster::put(const Resource& resource, Json object) {
  const std::lock_guard lock(mutex_);
  const std::string ns = View(object)["metadata"]["namespace"].text();
  const Key key{resource.plural, id_of(ns, View(object)["metadata"]["name"].text())};
  const auto known = objects_.find(key);
  if (known == objects_.end()) {
    (void)make(resource, ns, std::move(object));
    return;
  }
  const Json metadata = known->second["metadata"];
  for (const char* kept : {"uid", "resourceVersion", "creationTimestamp", "generation"}) {
    object["metadata"][kept] = metadata[kept];
  }
  object["apiVersion"] = api_version(resource);
  object["kind"] = resource.kind;
  (void)store(key, std::move(object), "*");
}

void FakeCluster::change(const Resource& resource, const std::string& ns, const std::string& name,
                         const std::function<void(Json&)>& edit) {
  const std::lock_guard lock(mutex_);
  const Key key{resource.plural, id_of(ns, name)};
  if (const auto known = objects_.find(key); known != objects_.end()) {
    Json changed = known->second;
    edit(changed);
    (void)store(key, std::move(changed), "*");
  }
}

void FakeCluster::erase(const Resource& resource, const std::string& ns, const std::string& name) {
  const std::lock_guard lock(mutex_);
  take({resource.plural, id_of(ns, name)});
}

void FakeCluster::set_log(const std::string& ns, const std::string& pod, std::string text) {
  const std::lock_guard lock(mutex_);
  logs_[id_of(ns, pod)] = std::move(text);
}

void FakeCluster::set_time(kube::WallTime time) {
  const std::lock_guard lock(mutex_);
  time_ = time;
}

std::optional<Json> FakeCluster::find(const Resource& resource, const std::string& ns, const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find({resource.plural, id_of(ns, name)});
  return found == objects_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Json> FakeCluster::all(const Resource& resource) const {
  const std::lock_guard lock(mutex_);
  std::vector<Json> out;
  for (const auto& [key, object] : objects_) {
    if (key.plural == resource.plural) {
      out.push_back(object);
    }
  }
  return out;
}

std::vector<std::string> FakeCluster::writes() const {
  const std::lock_guard lock(mutex_);
  return writes_;
}

bool FakeCluster::wait_until(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!done()) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_until(lock, std::min(deadline, std::chrono::steady_clock::now() +
                                                         std::chrono::milliseconds(5))) == std::cv_status::timeout &&
        std::chrono::steady_clock::now() >= deadline) {
      return false;
    }
  }
  return true;
}

void FakeCluster::fail_next(const std::string& verb, const std::string& resource, ApiError error, bool lost) {
  const std::lock_guard lock(mutex_);
  failures_[verb + " " + resource].push_back({std::move(error), lost});
}

void FakeCluster::die_after_write(int n) {
  const std::lock_guard lock(mutex_);
  writes_left_ = n;
  dead_ = false;
}

bool FakeCluster::dead() const {
  const std::lock_guard lock(mutex_);
  return dead_;
}

void FakeCluster::before_call(std::function<void(const Call&)> hook) {
  const std::lock_guard lock(mutex_);
  before_call_ = std::move(hook);
}

void FakeCluster::expire_watches() {
  const std::lock_guard lock(mutex_);
  oldest_ = ++version_;
  changed_.notify_all();
}

// Takes the hook out of the lock, then decides. Requires that the lock is not held.
FakeCluster::Fate FakeCluster::begin(const Call& call) {
  std::function<void(const Call&)> hook;
  {
    const std::lock_guard lock(mutex_);
    hook = before_call_;
  }
  if (hook) {
    hook(call);
  }
  const std::lock_guard lock(mutex_);
  if (dead_) {
    return {gone(), false};
  }
  std::vector<Failure>& failures = failures_[call.verb + " " + call.resource];
  if (!failures.empty()) {
    Failure failure = std::move(failures.front());
    failures.erase(failures.begin());
    return {std::move(failure.error), failure.lost};
  }
  if (call.writes() && writes_left_ > 0 && --writes_left_ == 0) {
    dead_ = true;
    return {gone(), true};
  }
  return {};
}

ApiResult<JsonPtr> FakeCluster::finish(const Call& call, const Fate& fate, ApiResult<JsonPtr> answer) {
  if (answer.ok() && call.writes()) {
    writes_.push_back(call.text());
  }
  return fate.error ? ApiResult<JsonPtr>(*fate.error) : std::move(answer);
}

void FakeCluster::note(const Key& key, std::optional<Json> before, std::optional<Json> after) {
  history_.push_back({version_, key.plural, std::move(before), std::move(after)});
  changed_.notify_all();
}

ApiResult<JsonPtr> FakeCluster::make(const Resource& resource, const std::string& ns, Json object) {
  const std::string name = View(object)["metadata"]["name"].text();
  const Key key{resource.plural, id_of(ns, name)};
  if (objects_.contains(key)) {
    return ApiError{409, "AlreadyExists", "409 AlreadyExists: " + resource.plural + " \"" + name + "\" already exists"};
  }
  if (!View(object)["metadata"]["resourceVersion"].text().empty()) {
    return ApiError{400, "BadRequest", "400 BadRequest: resourceVersion should not be set on objects to be created"};
  }
  object["apiVersion"] = api_version(resource);
  object["kind"] = resource.kind;
  Json& metadata = object["metadata"];
  if (resource.namespaced) {
    metadata["namespace"] = ns;
  }
  metadata["uid"] = metadata.value("uid", resource.plural + "-uid-" + std::to_string(next_uid_++));
  metadata["creationTimestamp"] = metadata.value("creationTimestamp", kube::to_time(time_));
  metadata["generation"] = 1;
  metadata["resourceVersion"] = std::to_string(++version_);
  objects_[key] = object;
  note(key, std::nullopt, object);
  return JsonPtr(std::make_shared<const Json>(std::move(object)));
}

// `sub_resource` "*": all of it changes, as when a cluster's own controllers write.
ApiResult<JsonPtr> FakeCluster::store(const Key& key, Json changed, const std::string& sub_resource) {
  Json& known = objects_.at(key);
  if (sub_resource == "status") {
    Json only_status = known;
    only_status["status"] = changed.value("status", Json::object());
    changed = std::move(only_status);
  } else if (sub_resource.empty()) {
    changed.erase("status");
    if (known.contains("status")) {
      changed["status"] = known["status"];
    }
  }
  for (const char* kept : {"uid", "resourceVersion", "creationTimestamp", "generation", "name"}) {
    changed["metadata"][kept] = known["metadata"][kept];
  }
  if (changed == known) {
    return JsonPtr(std::make_shared<const Json>(known));
  }
  if (changed.value("spec", Json()) != known.value("spec", Json())) {
    changed["metadata"]["generation"] = known["metadata"]["generation"].get<int>() + 1;
  }
  changed["metadata"]["resourceVersion"] = std::to_string(++version_);
  Json before = std::exchange(known, changed);
  note(key, std::move(before), changed);
  const View metadata = View(known)["metadata"];
  if (metadata["deletionTimestamp"] && metadata["finalizers"].size() == 0) {
    take(key);
  }
  return JsonPtr(std::make_shared<const Json>(std::move(changed)));
}

void FakeCluster::take(const Key& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) {
    return;
  }
  Json object = std::move(found->second);
  objects_.erase(found);
  ++version_;
  const std::string prefix = key.plural + " " + key.id + " ";
  std::erase_if(last_applied_, [&](const auto& entry) { return entry.first.starts_with(prefix); });
  note(key, object, std::nullopt);
  collect(object);
}

// The garbage collector, at once: who has an owner that is gone goes.
void FakeCluster::collect(const Json& gone) {
  std::vector<Key> orphans;
  for (const auto& [key, object] : objects_) {
    const std::vector<View> owners = View(object)["metadata"]["ownerReferences"].items();
    if (std::any_of(owners.begin(), owners.end(),
                    [&](const View& owner) { return owner["uid"].text() == uid_of(gone); })) {
      orphans.push_back(key);
    }
  }
  for (const Key& key : orphans) {
    take(key);
  }
}

ApiResult<JsonPtr> FakeCluster::get(const Resource& resource, const std::string& ns, const std::string& name,
                                    const std::stop_token& /*stop*/) {
  const Call call{"get", resource.plural, ns, name};
  const Fate fate = begin(call);
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find({resource.plural, id_of(ns, name)});
  if (found == objects_.end()) {
    return fate.error ? *fate.error : not_found(resource, name);
  }
  return finish(call, fate, JsonPtr(std::make_shared<const Json>(found->second)));
}

ApiResult<std::string> FakeCluster::list(const Resource& resource, const cluster::ListOptions& options,
                                         const OnItem& on_item, const std::stop_token& /*stop*/) {
  const Fate fate = begin({"list", resource.plural, options.ns, ""});
  if (fate.error) {
    return *fate.error;
  }
  std::vector<Json> items;
  std::string version;
  {
    const std::lock_guard lock(mutex_);
    version = std::to_string(version_);
    const std::string prefix = options.ns.empty() ? "" : options.ns + "/";
    for (auto at = objects_.lower_bound({resource.plural, prefix});
         at != objects_.end() && at->first.plural == resource.plural && at->first.id.starts_with(prefix); ++at) {
      if (matches_labels(at->second, options.label_selector) && matches_fields(at->second, options.field_selector)) {
        items.push_back(at->second);
      }
    }
  }
  for (Json& item : items) {
    on_item(std::move(item));
  }
  return version;
}

ApiResult<std::monostate> FakeCluster::watch(const Resource& resource, const cluster::WatchOptions& options,
                                             const OnEvent& on_event, const std::stop_token& stop) {
  const Fate fate = begin({"watch", resource.plural, options.list.ns, ""});
  if (fate.error) {
    return *fate.error;
  }
  if (options.on_open) {
    options.on_open();
  }
  int seen = std::stoi(options.resource_version);
  const auto wanted = [&](const std::optional<Json>& object) {
    return object && (options.list.ns.empty() || View(*object)["metadata"]["namespace"].text() == options.list.ns) &&
           matches_labels(*object, options.list.label_selector);
  };
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (seen < oldest_ || dead_) {
      return dead_ ? gone() : ApiError{410, "Expired", "410 Expired: too old resource version"};
    }
    const auto next = std::upper_bound(history_.begin(), history_.end(), seen,
                                       [](int version, const Change& change) { return version < change.version; });
    if (next == history_.end()) {
      changed_.wait(lock, stop, [&] { return version_ > seen || dead_; });
      continue;
    }
    const Change change = *next;
    seen = change.version;
    if (change.plural != resource.plural || (!wanted(change.before) && !wanted(change.after))) {
      continue;
    }
    lock.unlock();
    if (!wanted(change.after)) {
      Json last = *change.before;
      last["metadata"]["resourceVersion"] = std::to_string(change.version);
      on_event(EventType::kDeleted, std::move(last));
    } else {
      on_event(wanted(change.before) ? EventType::kModified : EventType::kAdded, Json(*change.after));
    }
    lock.lock();
  }
  return std::monostate();
}

ApiResult<JsonPtr> FakeCluster::create(const Resource& resource, const std::string& ns, const Json& object,
                                       const std::stop_token& /*stop*/) {
  const Call call{"create", resource.plural, ns, View(object)["metadata"]["name"].text()};
  const Fate fate = begin(call);
  if (fate.error && !fate.lost) {
    return *fate.error;
  }
  Json fresh = object;
  fresh.erase("status");
  const std::lock_guard lock(mutex_);
  return finish(call, fate, make(resource, ns, std::move(fresh)));
}

ApiResult<JsonPtr> FakeCluster::apply(const Resource& resource, const std::string& ns, const std::string& name,
                                      const Json& body, const cluster::PatchOptions& options) {
  const Key key{resource.plural, id_of(ns, name)};
  const std::string owner = key.plural + " " + key.id + " " + options.field_manager + " " + options.sub_resource;
  Json fields = body;
  fields["metadata"] = body.value("metadata", Json::object());
  for (const char* ours : {"resourceVersion", "uid", "name", "namespace", "creationTimestamp"}) {
    fields["metadata"].erase(ours);
  }
  if (options.sub_resource.empty()) {
    fields.erase("status");
  }
  const auto known = objects_.find(key);
  if (known == objects_.end()) {
    if (!options.sub_resource.empty() || !preconditions_in(body).uid.empty()) {
      return options.sub_resource.empty() ? conflict("the object with that UID is gone") : not_found(resource, name);
    }
    Json fresh = fields;
    fresh["metadata"]["name"] = name;
    last_applied_[owner] = fields;
    return make(resource, ns, std::move(fresh));
  }
  if (const auto broken = broken_precondition(known->second, preconditions_in(body))) {
    return *broken;
  }
  Json changed = applied_to(known->second, last_applied_[owner], fields);
  last_applied_[owner] = std::move(fields);
  return store(key, std::move(changed), options.sub_resource);
}

ApiResult<JsonPtr> FakeCluster::patch(const Resource& resource, const std::string& ns, const std::string& name,
                                      cluster::PatchType type, const Json& body, const cluster::PatchOptions& options,
                                      const std::stop_token& /*stop*/) {
  const std::string target =
      options.sub_resource.empty() ? resource.plural : resource.plural + "/" + options.sub_resource;
  const Call call{type == cluster::PatchType::kApply ? "apply" : "patch", target, ns, name};
  const Fate fate = begin(call);
  if (fate.error && !fate.lost) {
    return *fate.error;
  }
  const std::lock_guard lock(mutex_);
  if (type == cluster::PatchType::kApply) {
    return finish(call, fate, apply(resource, ns, name, body, options));
  }
  const Key key{resource.plural, id_of(ns, name)};
  const auto known = objects_.find(key);
  if (known == objects_.end()) {
    return finish(call, fate, not_found(resource, name));
  }
  if (type == cluster::PatchType::kJson) {
    std::optional<Json> changed = patched(known->second, body);
    return finish(call, fate,
                  changed ? store(key, std::move(*changed), options.sub_resource)
                          : ApiError{422, "Invalid", "422 Invalid: the server rejected our request: a test failed"});
  }
  if (const auto broken = broken_precondition(known->second, preconditions_in(body))) {
    return finish(call, fate, *broken);
  }
  Json changed = known->second;
  changed.merge_patch(body);
  return finish(call, fate, store(key, std::move(changed), options.sub_resource));
}

ApiResult<std::monostate> FakeCluster::remove(const Resource& resource, const std::string& ns, const std::string& name,
                                              const cluster::Preconditions& preconditions,
                                              const std::stop_token& /*stop*/) {
  const Call call{"delete", resource.plural, ns, name};
  const Fate fate = begin(call);
  if (fate.error && !fate.lost) {
    return *fate.error;
  }
  const std::lock_guard lock(mutex_);
  const Key key{resource.plural, id_of(ns, name)};
  const auto known = objects_.find(key);
  if (known == objects_.end()) {
    return not_found(resource, name);
  }
  if (const auto broken = broken_precondition(known->second, preconditions)) {
    return *broken;
  }
  if (View(known->second)["metadata"]["finalizers"].size() > 0) {
    Json changed = known->second;
    changed["metadata"]["deletionTimestamp"] = changed["metadata"].value("deletionTimestamp", kube::to_time(time_));
    (void)store(key, std::move(changed), "");
  } else {
    take(key);
  }
  writes_.push_back(call.text());
  return fate.error ? ApiResult<std::monostate>(*fate.error) : std::monostate();
}

ApiResult<std::string> FakeCluster::log(const std::string& ns, const std::string& pod,
                                        const cluster::LogOptions& /*options*/, const std::stop_token& /*stop*/) {
  const Fate fate = begin({"log", "pods", ns, pod});
  if (fate.error) {
    return *fate.error;
  }
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(id_of(ns, pod));
  return found == logs_.end() ? ApiError{404, "NotFound", "404 NotFound: no log"}
                              : ApiResult<std::string>(found->second);
}

}  // namespace warmgate::testing
