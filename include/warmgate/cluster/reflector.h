// Reflector: keeps the objects of one type in memory: lists them, then watches from there. It behaves as client-go's
// and kube-rs' do.
//
// Expected flow: list, watch with bookmarks until the API server ends the stream, watch again from the last
// resourceVersion seen. 410 (that version is gone) or another refusal: list again. No answer, 429 or 5xx: watch again
// from the same version, and after the fifth such failure in a row list. Each failure is followed by a Backoff.
// Guarantees: what snapshot() gives is what the API server had at some moment, never a half-read list: a relist
// replaces everything at once, so deleted objects vanish and the collection is at no time empty in between.
// Assumptions: a watch that was accepted and is open tells what happens, so it is contact with the API server. One that
// KubeApi ends as silent was none since its last word, and its objects are as old as that.
// Errors: none leave it; state() tells. More objects than max_objects is such an error: nothing is cut off in silence.
//
// Owns its thread, which ends with the object. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/collection.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::cluster {

struct ReflectorState {
  using Time = std::chrono::steady_clock::time_point;

  std::string resource;               // "persistentvolumeclaims"
  std::optional<Time> synced_at;      // when the first list was complete; nullopt: never
  std::optional<Time> contact_at;     // when the API server last told something, or held a watch open
  std::optional<Time> failing_since;  // nullopt: the last thing that was tried worked
  std::string error;                  // why it fails
  bool absent = false;                // the kind is not installed
  std::size_t objects = 0;
};

struct ReflectorOptions {
  Resource resource;
  std::string ns;              // "": all namespaces
  std::string field_selector;  // "metadata.name=x"; "": every object
  Trim trim = nullptr;         // required
  IndexKeys keys = nullptr;
  bool may_be_absent = false;  // 404 on the list: there are none
  std::size_t max_objects = 50'000;
  std::uint32_t seed = 0;  // of the backoff's randomness
  // Called from the reflector's thread when it has synced, begins to fail, fails for another reason, or works again.
  std::function<void(const ReflectorState&)> on_change;
  // An object as it was kept before and as it is now; nullptr: it was or is not there. Called from the reflector's
  // thread, in order, after snapshot() has it, for events and for what a list found changed; all of the first list
  // before state() says that it has synced. May be empty.
  std::function<void(const kube::Object* before, const kube::Object* after)> on_object;
};

class Reflector {
 public:
  // Starts. `api` and `clock` must outlive it.
  Reflector(KubeApi& api, Clock& clock, ReflectorOptions options);
  // Stops and joins, at once.
  ~Reflector();
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

  [[nodiscard]] std::shared_ptr<const Collection> snapshot() const;
  [[nodiscard]] ReflectorState state() const;
  // So that several can end at once: the destructor then only joins.
  void request_stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One list as a Collection, without a thread: what a command needs that ends at once.
ApiResult<Collection> list_once(KubeApi& api, const ReflectorOptions& options);

}  // namespace warmgate::cluster
