// RestClient: KubeApi over HTTP. It builds the paths, pages lists, cuts watches into events, turns what the API server
// answers into ApiErrors for people, renews refused credentials once, and waits where the API server asks to
// (Retry-After), within the deadline of the call.
// Thread-safe; what it refers to must outlive it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "warmgate/base/result.h"
#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/http.h"
#include "warmgate/cluster/kube_api.h"
#include "warmgate/cluster/kubeconfig.h"

namespace warmgate::cluster {

struct RestOptions {
  std::chrono::milliseconds call_deadline{30'000};  // of one call, repetitions included; of a list: of each page
  std::size_t page_size = 500;                      // client-go's pager
  // Asked of the API server, plus up to a tenth at random, so that watches do not all end together. client-go asks for
  // 5 to 10 minutes.
  std::chrono::seconds watch_timeout{290};
  // A watch is ended when nothing came for so long, for keep-alive probes of TCP reach the kernel of a machine whose
  // API server hangs. kube-apiserver sends each watch a bookmark once a minute (defaultBookmarkFrequency in
  // staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go), give or take 2.25 s (buckets of a second, looked at
  // every 1 to 1.25 s); one that is half a minute late is missing.
  //
  // Only a watch that has had a bookmark can miss one. The others may be silent by nature: cacheWatcher.process passes
  // bookmarks on only when they are newer than the version the watch began with, so where nothing of a type changes and
  // etcd tells no progress (every 10 minutes by default, every 5 s with kubeadm) there are none, and there are none
  // without the watch cache (--watch-cache=false). Nor do events promise bookmarks. Such a watch is no failure; it is
  // asked for again, and whether that is accepted tells what bookmarks would have told.
  std::chrono::milliseconds watch_silence{90'000};
  std::size_t max_response_bytes = std::size_t{64} * 1024 * 1024;
  std::size_t max_event_bytes = std::size_t{8} * 1024 * 1024;  // etcd refuses objects beyond 1.5 MiB
};

class RestClient final : public KubeApi {
 public:
  RestClient(std::shared_ptr<HttpTransport> transport, Connection connection, Clock& clock, RestOptions options = {});
  ~RestClient() override;

  ApiResult<JsonPtr> get(const Resource& resource, const std::string& ns, const std::string& name,
                         const std::stop_token& stop = {}) override;
  ApiResult<std::string> list(const Resource& resource, const ListOptions& options, const OnItem& on_item,
                              const std::stop_token& stop = {}) override;
  ApiResult<std::monostate> watch(const Resource& resource, const WatchOptions& options, const OnEvent& on_event,
                                  const std::stop_token& stop) override;
  ApiResult<JsonPtr> create(const Resource& resource, const std::string& ns, const document::Json& object,
                            const std::stop_token& stop = {}) override;
  ApiResult<JsonPtr> patch(const Resource& resource, const std::string& ns, const std::string& name, PatchType type,
                           const document::Json& body, const PatchOptions& options,
                           const std::stop_token& stop = {}) override;
  ApiResult<std::monostate> remove(const Resource& resource, const std::string& ns, const std::string& name,
                                   const Preconditions& preconditions, const std::stop_token& stop = {}) override;
  ApiResult<std::string> log(const std::string& ns, const std::string& pod, const LogOptions& options,
                             const std::stop_token& stop = {}) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The real client of a cluster: its transport and the RestClient over it. `clock` must outlive it.
base::Result<std::unique_ptr<KubeApi>> connect(const Connection& connection, Clock& clock, RestOptions options = {});

}  // namespace warmgate::cluster
