// FencedApi: the KubeApi of the controller's workers. A write is refused (reason kNotLeader) unless the Lease is surely
// ours until the write must have ended. Reads go by the patient client. Thread-safe as what it is made of.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::controller {

inline constexpr const char* kNotLeader = "NotLeader";

class FencedApi final : public cluster::KubeApi {
 public:
  // Asked right before each write. `writes` must end each call within what it allows for.
  using MayWrite = std::function<bool()>;
  // After each call but watches: the verb ("get", "list", "create", "patch", "apply", "delete", "log"), and the status
  // of HTTP; 200 when it worked, 0 when there was no answer.
  using OnCall = std::function<void(std::string_view verb, std::string_view resource, int code)>;

  // What it refers to must outlive it. `on_call` may be empty.
  FencedApi(cluster::KubeApi& reads, cluster::KubeApi& writes, MayWrite may_write, OnCall on_call)
      : reads_(reads), writes_(writes), may_write_(std::move(may_write)), on_call_(std::move(on_call)) {}

  cluster::ApiResult<cluster::JsonPtr> get(const cluster::Resource& resource, const std::string& ns,
                                           const std::string& name, const std::stop_token& stop = {}) override;
  cluster::ApiResult<std::string> list(const cluster::Resource& resource, const cluster::ListOptions& options,
                                       const OnItem& on_item, const std::stop_token& stop = {}) override;
  cluster::ApiResult<std::monostate> watch(const cluster::Resource& resource, const cluster::WatchOptions& options,
                                           const OnEvent& on_event, const std::stop_token& stop) override;
  cluster::ApiResult<cluster::JsonPtr> create(const cluster::Resource& resource, const std::string& ns,
                                              const document::Json& object, const std::stop_token& stop = {}) override;
  cluster::ApiResult<cluster::JsonPtr> patch(const cluster::Resource& resource, const std::string& ns,
                                             const std::string& name, cluster::PatchType type,
                                             const document::Json& body, const cluster::PatchOptions& options,
                                             const std::stop_token& stop = {}) override;
  cluster::ApiResult<std::monostate> remove(const cluster::Resource& resource, const std::string& ns,
                                            const std::string& name, const cluster::Preconditions& preconditions,
                                            const std::stop_token& stop = {}) override;
  // By the client of the writes: a node that is gone must not hold a worker for long.
  cluster::ApiResult<std::string> log(const std::string& ns, const std::string& pod, const cluster::LogOptions& options,
                                      const std::stop_token& stop = {}) override;

 private:
  template <class T>
  cluster::ApiResult<T> counted(std::string_view verb, const std::string& resource, cluster::ApiResult<T> result) const;

  cluster::KubeApi& reads_;
  cluster::KubeApi& writes_;
  MayWrite may_write_;
  OnCall on_call_;
};

}  // namespace warmgate::controller
