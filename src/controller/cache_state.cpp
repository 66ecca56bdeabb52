#include "cache_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "warmgate/api/names.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using document::Json;
using document::View;

std::optional<std::size_t> place_of_finalizer(const kube::Object& object) {
  const std::vector<View> all = object.root()["metadata"]["finalizers"].items();
  const auto found =
      std::find_if(all.begin(), all.end(), [](const View& view) { return view.text() == api::kFinalizer; });
  return found == all.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - all.begin()));
}

// The object must still be the one that was looked at.
Write patch(const CacheState& cache, Json operations, std::string why) {
  Json all = Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", cache.uid}},
                          {{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", cache.resource_version}}});
  for (Json& operation : operations) {
    all.push_back(std::move(operation));
  }
  return {Write::Verb::kJsonPatch,
          model_caches(),
          cache.ns(),
          cache.name(),
          std::make_shared<const Json>(std::move(all)),
          {cache.uid, cache.resource_version},
          std::move(why)};
}

}  // namespace

View CacheState::condition(std::string_view type) const { return find_condition(object, type); }

bool CacheState::ready_on(const std::string& claim_uid) const {
  const View status = object.root()["status"];
  return !claim_uid.empty() && status["claimUID"].text() == claim_uid && has_condition(object, "Ready") &&
         status["snapshotPath"].text() == api::snapshot_path(spec.cache);
}

std::vector<CacheState> read_caches(const std::vector<kube::Object>& objects) {
  std::vector<CacheState> caches;
  for (const kube::Object& object : objects) {
    std::optional<api::ModelCacheSpec> spec = api::read_model_cache_spec(object);
    if (!spec) {
      continue;
    }
    const View metadata = object.root()["metadata"];
    CacheState cache{.object = object, .spec = std::move(*spec)};
    cache.uid = uid_of(object);
    cache.resource_version = resource_version_of(object);
    cache.generation = metadata["generation"].integer().value_or(0);
    cache.created = metadata["creationTimestamp"].text();
    cache.deleted = kube::read_time(metadata["deletionTimestamp"].text());
    cache.finalizer = place_of_finalizer(object);
    cache.forced = annotation(object, api::kForceDeleteAnnotation) == "true";
    cache.retry = annotation(object, api::kRetryAnnotation);
    caches.push_back(std::move(cache));
  }
  std::sort(caches.begin(), caches.end(), [](const CacheState& a, const CacheState& b) {
    return std::tie(a.created, a.name()) < std::tie(b.created, b.name());
  });
  return caches;
}

std::string uid_of(const kube::Object& object) { return object.root()["metadata"]["uid"].text(); }

std::string resource_version_of(const kube::Object& object) {
  return object.root()["metadata"]["resourceVersion"].text();
}

std::optional<WallTime> created_at(const kube::Object& object) {
  return kube::read_time(object.root()["metadata"]["creationTimestamp"].text());
}

bool is_being_deleted(const kube::Object& object) {
  return !object.root()["metadata"]["deletionTimestamp"].text().empty();
}

std::string annotation(const kube::Object& object, std::string_view name) {
  return object.root()["metadata"]["annotations"][name].text();
}

std::string label_of(const kube::Object& object, std::string_view name) {
  return object.root()["metadata"]["labels"][name].text();
}

View find_condition(const kube::Object& object, std::string_view type) {
  for (const View& condition : object.root()["status"]["conditions"].items()) {
    if (condition["type"].text() == type) {
      return condition;
    }
  }
  return {};
}

bool has_condition(const kube::Object& object, std::string_view type) {
  return find_condition(object, type)["status"].text() == "True";
}

Write add_finalizer(const CacheState& cache) {
  const bool first = !cache.object.root()["metadata"]["finalizers"].is_array();
  const Json value = first ? Json::array({std::string(api::kFinalizer)}) : Json(std::string(api::kFinalizer));
  const char* path = first ? "/metadata/finalizers" : "/metadata/finalizers/-";
  return patch(cache, Json::array({{{"op", "add"}, {"path", path}, {"value", value}}}),
               cache.label() + " has no finalizer yet");
}

Write remove_finalizer(const CacheState& cache, const std::string& why) {
  const std::string path = "/metadata/finalizers/" + std::to_string(cache.finalizer.value_or(0));
  return patch(cache,
               Json::array({{{"op", "test"}, {"path", path}, {"value", std::string(api::kFinalizer)}},
                            {{"op", "remove"}, {"path", path}}}),
               cache.label() + ": " + why);
}

}  // namespace warmgate::controller
