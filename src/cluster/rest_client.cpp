#include "warmgate/cluster/rest_client.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "api_error.h"
#include "api_path.h"
#include "event_stream.h"
#include "rest_call.h"
#include "warmgate/document/read.h"
#include "warmgate/document/view.h"
#include "warmgate/document/write.h"

namespace warmgate::cluster {
namespace {

using document::Json;
using document::View;

// After the time the API server was asked to end the watch at.
constexpr std::chrono::seconds kWatchGrace{30};
// How much smaller a page is asked for when one was larger than may be.
constexpr std::size_t kShrink = 8;

const char* content_type(PatchType type) {
  switch (type) {
    case PatchType::kJson:
      return "application/json-patch+json";
    case PatchType::kMerge:
      return "application/merge-patch+json";
    case PatchType::kApply:
      return "application/apply-patch+yaml";  // JSON is YAML
  }
  return "";
}

std::chrono::seconds with_jitter(std::chrono::seconds time) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return time + std::chrono::seconds{std::uniform_int_distribution<std::int64_t>(0, time.count() / 10)(random)};
}

ApiError missing_bookmark(const CallName& call, std::chrono::milliseconds silence) {
  ApiError error = local_error(call, "the watch was silent for " +
                                         std::to_string(std::chrono::ceil<std::chrono::seconds>(silence).count()) +
                                         " s, but a bookmark comes every minute: the API server hangs, or what lies "
                                         "in between swallows its bytes");
  error.reason = kWatchSilent;
  return error;
}

}  // namespace

struct RestClient::Impl {
  RestCalls calls;
  RestOptions options;

  ApiResult<Json> json_of(const CallName& call, const ApiResult<HttpResponse>& response) const;
  ApiResult<JsonPtr> object_call(const std::string& method, const Resource& resource, const PathParts& parts,
                                 HttpRequest request, const std::stop_token& stop, const Query& query = {});
  struct Page {
    std::string resource_version;
    std::string next;  // continue token; "": the last page
  };
  struct Cursor {
    std::size_t limit = 0;  // 0: all in one page
    std::string next;
  };
  ApiResult<Page> page(const CallName& call, const Resource& resource, const ListOptions& options, Cursor& cursor,
                       const OnItem& on_item, const std::stop_token& stop);
  ApiResult<HttpResponse> fetch_page(const CallName& call, const ListOptions& list, Cursor& cursor,
                                     const std::stop_token& stop);
};

ApiResult<Json> RestClient::Impl::json_of(const CallName& call, const ApiResult<HttpResponse>& response) const {
  if (!response) {
    return response.error();
  }
  document::Limits limits;
  limits.max_bytes = options.max_response_bytes;
  limits.max_nodes = options.max_response_bytes / 8;  // names alone are longer in what is a Kubernetes object
  auto body = document::parse_json(response->body, limits);
  if (!body) {
    return local_error(call, "the answer cannot be read: " + body.error().message);
  }
  if (!body->is_object()) {
    return local_error(call, "the answer is no Kubernetes object");
  }
  return std::move(body).value();
}

ApiResult<JsonPtr> RestClient::Impl::object_call(const std::string& method, const Resource& resource,
                                                 const PathParts& parts, HttpRequest request,
                                                 const std::stop_token& stop, const Query& query) {
  auto path = api_path(resource, parts);
  if (!path) {
    return local_error(calls.name(method, resource.plural), path.error().message);
  }
  const CallName call = calls.name(method, *path);
  // Without these the path is that of a collection: a DELETE would empty it.
  if ((parts.name.empty() && method != "POST") || (parts.ns.empty() && resource.namespaced)) {
    return local_error(call, "the object's name or namespace is missing");
  }
  auto object = json_of(call, calls.perform(call, std::move(request), query.text(), stop));
  if (!object) {
    return object.error();
  }
  return JsonPtr(std::make_shared<const Json>(std::move(object).value()));
}

// Asks for smaller pages as long as they are too large: 500 objects may be 750 MiB.
ApiResult<HttpResponse> RestClient::Impl::fetch_page(const CallName& call, const ListOptions& list, Cursor& cursor,
                                                     const std::stop_token& stop) {
  for (;;) {
    Query query;
    query.add("labelSelector", list.label_selector).add("fieldSelector", list.field_selector);
    query.add("limit", cursor.limit > 0 ? std::to_string(cursor.limit) : "").add("continue", cursor.next);
    auto response = calls.perform(call, {}, query.text(), stop);
    if (response || response.error().reason != kResponseTooLarge || cursor.limit <= 1) {
      return response;
    }
    cursor.limit = std::max<std::size_t>(1, cursor.limit / kShrink);
  }
}

ApiResult<RestClient::Impl::Page> RestClient::Impl::page(const CallName& call, const Resource& resource,
                                                         const ListOptions& list, Cursor& cursor, const OnItem& on_item,
                                                         const std::stop_token& stop) {
  auto body = [&] {
    const auto response = fetch_page(call, list, cursor, stop);
    return json_of(call, response);  // the text is gone when the items are handed over
  }();
  if (!body) {
    return body.error();
  }
  const View metadata = View(*body)["metadata"];
  Page page{metadata["resourceVersion"].text(), metadata["continue"].text()};
  const auto items = body.value().find("items");
  if (items != body.value().end() && items->is_array()) {
    for (Json& item : *items) {
      if (!item.is_object()) {
        return local_error(call, "the list holds what is no object");
      }
      // A list's items leave out what its head says.
      item.emplace("apiVersion", api_version(resource));
      item.emplace("kind", resource.kind);
      on_item(std::move(item));
      item = nullptr;
    }
  }
  return page;
}

RestClient::RestClient(std::shared_ptr<HttpTransport> transport, Connection connection, Clock& clock,
                       RestOptions options)
    : impl_(std::make_unique<Impl>(
          Impl{RestCalls(std::move(transport), std::move(connection), clock, options), options})) {}

RestClient::~RestClient() = default;

ApiResult<JsonPtr> RestClient::get(const Resource& resource, const std::string& ns, const std::string& name,
                                   const std::stop_token& stop) {
  return impl_->object_call("GET", resource, {ns, name, ""}, {}, stop);
}

ApiResult<std::string> RestClient::list(const Resource& resource, const ListOptions& options, const OnItem& on_item,
                                        const std::stop_token& stop) {
  auto path = api_path(resource, {options.ns, "", ""});
  if (!path) {
    return local_error(impl_->calls.name("GET", resource.plural), path.error().message);
  }
  const CallName call = impl_->calls.name("GET", *path);
  Impl::Cursor cursor{impl_->options.page_size, ""};
  bool restarted = false;
  for (;;) {
    auto page = impl_->page(call, resource, options, cursor, on_item, stop);
    if (!page) {
      // etcd keeps old revisions for five minutes; then the next page is gone. Like client-go's pager
      // (FullListIfExpired): once more from the start, in one answer that cannot expire.
      if (!page.error().expired() || cursor.next.empty() || restarted || !options.on_restart) {
        return page.error();
      }
      restarted = true;
      cursor = {};
      options.on_restart();
      continue;
    }
    if (page->next.empty()) {
      return page->resource_version;
    }
    cursor.next = page->next;
  }
}

ApiResult<std::monostate> RestClient::watch(const Resource& resource, const WatchOptions& options,
                                            const OnEvent& on_event, const std::stop_token& stop) {
  auto path = api_path(resource, {options.list.ns, "", ""});
  if (!path) {
    return local_error(impl_->calls.name("WATCH", resource.plural), path.error().message);
  }
  const CallName call = impl_->calls.name("GET", *path);
  const std::chrono::seconds timeout = with_jitter(impl_->options.watch_timeout);
  Query query;
  query.add("watch", "true").add("allowWatchBookmarks", "true").add("timeoutSeconds", std::to_string(timeout.count()));
  query.add("resourceVersion", options.resource_version);
  query.add("labelSelector", options.list.label_selector).add("fieldSelector", options.list.field_selector);
  bool had_bookmark = false;
  const OnEvent noting = [&](EventType type, Json&& object) {
    had_bookmark = had_bookmark || type == EventType::kBookmark;
    on_event(type, std::move(object));
  };
  EventStream events(call, impl_->options.max_event_bytes, noting);
  const HttpTransport::OnChunk on_chunk = [&](std::string_view chunk) {
    return !stop.stop_requested() && events.feed(chunk);
  };
  const RestCalls::Stream stream{{on_chunk, options.on_open}, timeout + kWatchGrace, impl_->options.watch_silence};
  auto response = impl_->calls.perform(call, {}, query.text(), stop, &stream);
  if (events.error()) {
    return *events.error();
  }
  if (stop.stop_requested()) {
    return std::monostate{};
  }
  const bool silent = !response && response.error().reason == kWatchSilent;
  if (!response && (!silent || had_bookmark)) {
    return silent ? missing_bookmark(call, impl_->options.watch_silence) : response.error();
  }
  if (events.incomplete()) {
    return local_error(call, "the watch ended in the middle of an event");
  }
  return std::monostate{};
}

ApiResult<JsonPtr> RestClient::create(const Resource& resource, const std::string& ns, const Json& object,
                                      const std::stop_token& stop) {
  HttpRequest request;
  request.headers["Content-Type"] = "application/json";
  request.body = document::to_json(object);
  request.repeatable = false;
  return impl_->object_call("POST", resource, {ns, "", ""}, std::move(request), stop);
}

ApiResult<JsonPtr> RestClient::patch(const Resource& resource, const std::string& ns, const std::string& name,
                                     PatchType type, const Json& body, const PatchOptions& options,
                                     const std::stop_token& stop) {
  HttpRequest request;
  request.headers["Content-Type"] = content_type(type);
  request.body = document::to_json(body);
  request.repeatable = false;
  Query query;
  query.add("fieldManager", options.field_manager);
  query.add("force", type == PatchType::kApply && options.force ? "true" : "");
  return impl_->object_call("PATCH", resource, {ns, name, options.sub_resource}, std::move(request), stop, query);
}

ApiResult<std::monostate> RestClient::remove(const Resource& resource, const std::string& ns, const std::string& name,
                                             const Preconditions& preconditions, const std::stop_token& stop) {
  // Said, because batch/v1beta1 and some others orphan their dependents by default.
  Json options = {{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", "Background"}};
  if (!preconditions.uid.empty()) {
    options["preconditions"]["uid"] = preconditions.uid;
  }
  if (!preconditions.resource_version.empty()) {
    options["preconditions"]["resourceVersion"] = preconditions.resource_version;
  }
  HttpRequest request;
  request.headers["Content-Type"] = "application/json";
  request.body = document::to_json(options);
  request.repeatable = false;
  auto removed = impl_->object_call("DELETE", resource, {ns, name, ""}, std::move(request), stop);
  if (!removed) {
    return removed.error();
  }
  return std::monostate{};
}

ApiResult<std::string> RestClient::log(const std::string& ns, const std::string& pod, const LogOptions& options,
                                       const std::stop_token& stop) {
  static const Resource kPods{"", "v1", "pods", "Pod", true};
  auto path = api_path(kPods, {ns, pod, "log"});
  if (!path) {
    return local_error(impl_->calls.name("GET", "pods/log"), path.error().message);
  }
  const CallName call = impl_->calls.name("GET", *path);
  if (ns.empty() || pod.empty()) {
    return local_error(call, "the Pod's name or namespace is missing");
  }
  HttpRequest request;
  request.headers["Accept"] = "*/*";  // it is text/plain
  Query query;
  query.add("container", options.container).add("tailLines", std::to_string(options.tail_lines));
  query.add("limitBytes", std::to_string(options.limit_bytes));
  auto response = impl_->calls.perform(call, std::move(request), query.text(), stop);
  if (!response) {
    return response.error();
  }
  return std::move(response).value().body;
}

base::Result<std::unique_ptr<KubeApi>> connect(const Connection& connection, Clock& clock, RestOptions options) {
  auto transport = make_https_transport(connection.endpoint);
  if (!transport) {
    return base::Error{connection.origin + ": " + transport.error().message};
  }
  return std::unique_ptr<KubeApi>(
      std::make_unique<RestClient>(std::move(transport).value(), connection, clock, options));
}

}  // namespace warmgate::cluster
