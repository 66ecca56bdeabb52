// KubeApi: the Kubernetes API as Warmgate uses it: get, list, watch, create, patch, delete,
// and the end of a container's log. The seam between what
// Warmgate knows of a cluster and how it is asked; one implementation speaks HTTPS (rest_client.h), tests have a fake.
// Thread-safe: several threads may call at once. Every call is bounded in time and ends at once, as an error, when its
// `stop` is requested (a default token never is); what the API server sends is bounded in size and depth.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>

#include "warmgate/base/result.h"
#include "warmgate/document/json.h"

namespace warmgate::cluster {

// A resource type, as the paths of the API name it.
struct Resource {
  std::string group;  // "" for the core group
  std::string version;
  std::string plural;  // "persistentvolumeclaims"
  std::string kind;
  bool namespaced = true;
};

// The reason of a watch that was ended because no bookmark came when one was due: since the last event or bookmark the
// API server may have told nothing of what happened.
inline constexpr const char* kWatchSilent = "WatchSilent";

// Why a call failed.
struct ApiError {
  int status = 0;  // of HTTP; 0: no answer (no connection, TLS, time-out)
  // metav1.StatusReason ("NotFound", "Conflict", "Expired"); "" when the answer was no Status. Two are Warmgate's own,
  // with status 0: "ResponseTooLarge", the answer was larger than may be, and kWatchSilent.
  std::string reason;
  std::string message;  // for people: method, path, what went wrong, what to do
  std::chrono::seconds retry_after{0};

  // The resourceVersion is too old to go on from: list again.
  [[nodiscard]] bool expired() const { return status == 410 || reason == "Expired" || reason == "Gone"; }
  [[nodiscard]] bool not_found() const { return status == 404; }
};

template <class T>
using ApiResult = base::Result<T, ApiError>;
using JsonPtr = std::shared_ptr<const document::Json>;

struct ListOptions {
  std::string ns;  // "": all namespaces
  std::string label_selector;
  std::string field_selector;
  // The list begins anew because its pages expired (410): forget the items seen so far, all will come again. Empty:
  // such a list fails with an expired() error.
  std::function<void()> on_restart = nullptr;
};

enum class EventType { kAdded, kModified, kDeleted, kBookmark };

struct WatchOptions {
  ListOptions list;
  std::string resource_version;  // go on from here
  // The API server has accepted the watch: nothing has been told yet, but from here on all will be.
  std::function<void()> on_open = nullptr;
};

enum class PatchType { kJson, kMerge, kApply };

struct PatchOptions {
  std::string sub_resource;   // "status"; "" for the object itself
  std::string field_manager;  // required by kApply
  bool force = false;         // kApply: take over fields that another manager owns
};

struct Preconditions {
  std::string uid;
  std::string resource_version;
};

// Of a container's log, from its end.
struct LogOptions {
  std::string container;
  int tail_lines = 20;
  int limit_bytes = 64 * 1024;  // counted from the first of these lines, so the newest may be missing beyond it
};

class KubeApi {
 public:
  // An item of a list, or the object of an event (for a bookmark only its metadata.resourceVersion means something).
  using OnItem = std::function<void(document::Json&& item)>;
  using OnEvent = std::function<void(EventType type, document::Json&& object)>;

  virtual ~KubeApi() = default;

  virtual ApiResult<JsonPtr> get(const Resource& resource, const std::string& ns, const std::string& name,
                                 const std::stop_token& stop = {}) = 0;

  // Every object, page by page, as the newest state the API server has (no resourceVersion is sent); returns the
  // resourceVersion to watch from. Items carry apiVersion and kind. After a failure some items may have been seen.
  virtual ApiResult<std::string> list(const Resource& resource, const ListOptions& options, const OnItem& on_item,
                                      const std::stop_token& stop = {}) = 0;

  // Events in order, with bookmarks, until the API server ends the stream (ok), it has been silent for so long that
  // asking again is wiser (ok; an error where it had sent bookmarks), `stop` is requested (ok), or it breaks. Blocks.
  // An ERROR event is an ApiError with the Status it carries.
  virtual ApiResult<std::monostate> watch(const Resource& resource, const WatchOptions& options,
                                          const OnEvent& on_event, const std::stop_token& stop) = 0;

  virtual ApiResult<JsonPtr> create(const Resource& resource, const std::string& ns, const document::Json& object,
                                    const std::stop_token& stop = {}) = 0;
  virtual ApiResult<JsonPtr> patch(const Resource& resource, const std::string& ns, const std::string& name,
                                   PatchType type, const document::Json& body, const PatchOptions& options,
                                   const std::stop_token& stop = {}) = 0;
  virtual ApiResult<std::monostate> remove(const Resource& resource, const std::string& ns, const std::string& name,
                                           const Preconditions& preconditions, const std::stop_token& stop = {}) = 0;

  // Whatever the container wrote: it may be no valid UTF-8, and its last line may be cut.
  virtual ApiResult<std::string> log(const std::string& ns, const std::string& pod, const LogOptions& options,
                                     const std::stop_token& stop = {}) = 0;
};

}  // namespace warmgate::cluster
