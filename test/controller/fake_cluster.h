// FakeCluster: a Kubernetes API in memory that keeps what it is told and refuses what a real one would: resource
// versions, conflicts, UIDs, finalizers, owners, selectors, watches. It has no schemas, defaults or controllers: tests
// play those by change(). Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controller/fake_objects.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/kube/time.h"

namespace warmgate::testing {

class FakeCluster final : public cluster::KubeApi {
 public:
  using Resource = cluster::Resource;
  struct Call {
    std::string verb;      // get, list, watch, create, patch, apply, delete, log
    std::string resource;  // "jobs", "modelcaches/status"
    std::string ns;
    std::string name;
    [[nodiscard]] bool writes() const {
      return verb == "create" || verb == "patch" || verb == "apply" || verb == "delete";
    }
    [[nodiscard]] std::string text() const;  // "create jobs llm/qwen-9216db57"
  };

  // What others do. put() creates or replaces; change() edits what is there and is nothing where it is not.
  void put(const Resource& resource, Json object);
  void change(const Resource& resource, const std::string& ns, const std::string& name,
              const std::function<void(Json&)>& edit);
  void erase(const Resource& resource, const std::string& ns, const std::string& name);  // finalizers or not
  void set_log(const std::string& ns, const std::string& pod, std::string text);
  void set_time(kube::WallTime time);  // of creationTimestamp and deletionTimestamp

  [[nodiscard]] std::optional<Json> find(const Resource& resource, const std::string& ns,
                                         const std::string& name) const;
  [[nodiscard]] std::vector<Json> all(const Resource& resource) const;
  [[nodiscard]] std::vector<std::string> writes() const;  // that were carried out, as Call::text()
  // Waits until `done`, asked after each change; false after a minute.
  bool wait_until(const std::function<bool()>& done);

  // The next call of this verb and resource fails with `error`; with `lost` it is carried out all the same.
  void fail_next(const std::string& verb, const std::string& resource, cluster::ApiError error, bool lost = false);
  // The process that calls dies with its n-th write (from 1): it is carried out, its answer lost, and every later call
  // fails and does nothing, until revive(). 0: never.
  void die_after_write(int n);
  void revive() { die_after_write(0); }
  [[nodiscard]] bool dead() const;
  // Called before each call, without a lock: to let something happen just then, or to make the caller wait.
  void before_call(std::function<void(const Call&)> hook);
  // Ends every watch; versions before now are gone, so all lists come again.
  void expire_watches();

  cluster::ApiResult<cluster::JsonPtr> get(const Resource& resource, const std::string& ns, const std::string& name,
                                           const std::stop_token& stop = {}) override;
  cluster::ApiResult<std::string> list(const Resource& resource, const cluster::ListOptions& options,
                                       const OnItem& on_item, const std::stop_token& stop = {}) override;
  cluster::ApiResult<std::monostate> watch(const Resource& resource, const cluster::WatchOptions& options,
                                           const OnEvent& on_event, const std::stop_token& stop) override;
  cluster::ApiResult<cluster::JsonPtr> create(const Resource& resource, const std::string& ns, const Json& object,
                                              const std::stop_token& stop = {}) override;
  cluster::ApiResult<cluster::JsonPtr> patch(const Resource& resource, const std::string& ns, const std::string& name,
                                             cluster::PatchType type, const Json& body,
                                             const cluster::PatchOptions& options,
                                             const std::stop_token& stop = {}) override;
  cluster::ApiResult<std::monostate> remove(const Resource& resource, const std::string& ns, const std::string& name,
                                            const cluster::Preconditions& preconditions,
                                            const std::stop_token& stop = {}) override;
  cluster::ApiResult<std::string> log(const std::string& ns, const std::string& pod, const cluster::LogOptions& options,
                                      const std::stop_token& stop = {}) override;

 private:
  struct Key {
    std::string plural;
    std::string id;                                             // "ns/name"
    friend auto operator<=>(const Key&, const Key&) = default;  // NOLINT(modernize-use-nullptr)
  };
  struct Change {
    int version = 0;
    std::string plural;
    std::optional<Json> before, after;
  };
  struct Failure {
    cluster::ApiError error;
    bool lost = false;
  };
  // What becomes of a call: an error at once, or an error after it was carried out, or nothing.
  struct Fate {
    std::optional<cluster::ApiError> error;
    bool lost = false;
  };

  Fate begin(const Call& call);
  cluster::ApiResult<cluster::JsonPtr> finish(const Call& call, const Fate& fate,
                                              cluster::ApiResult<cluster::JsonPtr> answer);
  cluster::ApiResult<cluster::JsonPtr> apply(const Resource& resource, const std::string& ns, const std::string& name,
                                             const Json& body, const cluster::PatchOptions& options);
  cluster::ApiResult<cluster::JsonPtr> make(const Resource& resource, const std::string& ns, Json object);
  cluster::ApiResult<cluster::JsonPtr> store(const Key& key, Json changed, const std::string& sub_resource);
  void take(const Key& key);
  void collect(const Json& gone);
  void note(const Key& key, std::optional<Json> before, std::optional<Json> after);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<Key, Json> objects_;
  std::map<std::string, Json> last_applied_;  // by plural, id, manager, sub-resource
  std::vector<Change> history_;
  std::map<std::string, std::string> logs_;
  std::map<std::string, std::vector<Failure>> failures_;  // by "verb resource"
  std::vector<std::string> writes_;
  std::function<void(const Call&)> before_call_;
  kube::WallTime time_;
  int version_ = 100;
  int oldest_ = 0;
  int next_uid_ = 1;
  int writes_left_ = 0;  // until it dies; 0: it does not
  bool dead_ = false;
};

}  // namespace warmgate::testing
