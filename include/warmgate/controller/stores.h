// Stores: the objects that the planners look at, as the watches tell them and as the controller's own writes have left
// them: an object that a write returned replaces an older one until the watch catches up, so that the next look at a
// key knows what the last one did. Which keys a change makes dirty is decided here too. Thread-safe; owns no thread.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/collection.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/controller/observed.h"

namespace warmgate::controller {

enum class StoreType : std::size_t { kCaches, kClaims, kVolumes, kClasses, kJobs, kPods, kNodes };
inline constexpr std::size_t kStoreTypes = 7;

struct StoredType {
  cluster::Resource resource;
  cluster::Trim trim = nullptr;  // what planners read
  cluster::IndexKeys keys = nullptr;
};
// Where the index has the ModelCaches that another node may help. What a node changes matters to them alone: of the
// others those have a Pod, which tells what becomes of it, or are Ready.
inline constexpr std::string_view kWaitsForNodes = "waits-for-nodes";
// By StoreType.
const std::array<StoredType, kStoreTypes>& stored_types();

// What there is to be decided about: all ModelCaches of one claim, or one Pod that waits. As text "claim/<ns>/<name>",
// "pod/<ns>/<name>".
struct WorkKey {
  bool pod = false;
  std::string ns;
  std::string name;
  [[nodiscard]] std::string text() const;
};
std::optional<WorkKey> read_work_key(std::string_view text);

class Stores {
 public:
  // Told each key that a change makes dirty, without a lock held. May be empty.
  using OnDirty = std::function<void(const std::string& key)>;

  // `clock` must outlive it.
  Stores(cluster::Clock& clock, OnDirty on_dirty);

  // What a watch tells (ReflectorOptions::on_object), trimmed.
  void observe(StoreType type, const kube::Object* before, const kube::Object* after);
  // What a write, or a question after it, returned.
  void learn(const cluster::Resource& resource, const document::Json& object);
  // The API server accepted to delete it: it is shown as being deleted until the watch tells more.
  void learn_deletion(const cluster::Resource& resource, const std::string& ns, const std::string& name);
  // The API server says that it does not exist.
  void learn_absence(const cluster::Resource& resource, const std::string& ns, const std::string& name);
  // What was learned and no watch has told of for a minute is as `watched` has it: it came and went between two looks
  // of a watch.
  void settle(StoreType type, const cluster::Collection& watched);

  [[nodiscard]] ObservedClaim observe_claim(const std::string& ns, const std::string& claim) const;
  // nullopt: it does not exist, or does not wait for us.
  [[nodiscard]] std::optional<ObservedPod> observe_pod(const std::string& ns, const std::string& name) const;
  [[nodiscard]] std::optional<kube::Object> find(const cluster::Resource& resource, const std::string& ns,
                                                 const std::string& name) const;
  [[nodiscard]] cluster::Collection all(StoreType type) const;
  // Of every ModelCache and every Pod that waits.
  [[nodiscard]] std::vector<std::string> all_keys() const;

 private:
  struct Store {
    cluster::Collection objects;
    std::map<std::string, cluster::Clock::Steady::time_point> learned;  // that no watch has told of, by "ns/name"
  };

  [[nodiscard]] const cluster::Collection& of(StoreType type) const {
    return stores_[static_cast<std::size_t>(type)].objects;
  }
  // Requires the lock: puts it, or takes it out, and collects the keys that this makes dirty.
  void change(StoreType type, const std::string& ns, const std::string& name, const kube::Object* after,
              std::vector<std::string>& dirty);
  void mark(StoreType type, const kube::Object& object, std::vector<std::string>& dirty) const;
  void tell(const std::vector<std::string>& dirty) const;

  cluster::Clock& clock_;
  const OnDirty on_dirty_;
  mutable std::mutex mutex_;
  std::array<Store, kStoreTypes> stores_;
};

// The ModelCache's claim, whether its spec can be read or not.
std::string claim_of_cache(const kube::Object& cache);
// The ModelCaches that the Pod says it waits for (kWaitsForAnnotation), each once; none
// where that cannot be read.
std::vector<std::string> waited_caches(const kube::Object& pod);
bool has_gate(const kube::Object& pod);
// The claims that the Job's Pods mount, each once.
std::vector<std::string> claims_of_job(const document::View& job);

}  // namespace warmgate::controller
