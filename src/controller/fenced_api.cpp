#include "warmgate/controller/fenced_api.h"

#include <utility>

namespace warmgate::controller {
namespace {

using cluster::ApiError;
using cluster::ApiResult;
using cluster::JsonPtr;
using cluster::Resource;

ApiError not_leader() {
  return {0, kNotLeader, "nothing is written: the Lease is not surely ours, another controller may hold it"};
}

}  // namespace

template <class T>
ApiResult<T> FencedApi::counted(std::string_view verb, const std::string& resource, ApiResult<T> result) const {
  constexpr int kOk = 200;
  if (on_call_) {
    on_call_(verb, resource, result.ok() ? kOk : result.error().status);
  }
  return result;
}

ApiResult<JsonPtr> FencedApi::get(const Resource& resource, const std::string& ns, const std::string& name,
                                  const std::stop_token& stop) {
  return counted("get", resource.plural, reads_.get(resource, ns, name, stop));
}

ApiResult<std::string> FencedApi::list(const Resource& resource, const cluster::ListOptions& options,
                                       const OnItem& on_item, const std::stop_token& stop) {
  return counted("list", resource.plural, reads_.list(resource, options, on_item, stop));
}

ApiResult<std::monostate> FencedApi::watch(const Resource& resource, const cluster::WatchOptions& options,
                                           const OnEvent& on_event, const std::stop_token& stop) {
  return reads_.watch(resource, options, on_event, stop);
}

ApiResult<JsonPtr> FencedApi::create(const Resource& resource, const std::string& ns, const document::Json& object,
                                     const std::stop_token& stop) {
  if (!may_write_()) {
    return not_leader();
  }
  return counted("create", resource.plural, writes_.create(resource, ns, object, stop));
}

ApiResult<JsonPtr> FencedApi::patch(const Resource& resource, const std::string& ns, const std::string& name,
                                    cluster::PatchType type, const document::Json& body,
                                    const cluster::PatchOptions& options, const std::stop_token& stop) {
  if (!may_write_()) {
    return not_leader();
  }
  return counted(type == cluster::PatchType::kApply ? "apply" : "patch", resource.plural,
                 writes_.patch(resource, ns, name, type, body, options, stop));
}

ApiResult<std::monostate> FencedApi::remove(const Resource& resource, const std::string& ns, const std::string& name,
                                            const cluster::Preconditions& preconditions, const std::stop_token& stop) {
  if (!may_write_()) {
    return not_leader();
  }
  return counted("delete", resource.plural, writes_.remove(resource, ns, name, preconditions, stop));
}

ApiResult<std::string> FencedApi::log(const std::string& ns, const std::string& pod, const cluster::LogOptions& options,
                                      const std::stop_token& stop) {
  return counted("log", "pods", writes_.log(ns, pod, options, stop));
}

}  // namespace warmgate::controller
