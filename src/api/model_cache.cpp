#include "warmgate/api/model_cache.h"

#include <utility>

#include "warmgate/api/hugging_face.h"
#include "warmgate/kube/pod.h"

namespace warmgate::api {
namespace {

using document::View;

void check_source(const View& source, std::vector<FieldError>& errors) {
  const std::string repo = source["repo"].text();
  const std::string revision = source["revision"].text();
  if (!is_repo_id(repo) || repo.find('/') == std::string::npos) {
    errors.push_back({source["repo"].pointer(), "a ModelCache needs the repository as \"org/name\"",
                      "for example repo: Qwen/Qwen3-32B"});
  }
  if (!is_commit(revision)) {
    errors.push_back({source["revision"].pointer(),
                      "a ModelCache needs the revision as a full commit SHA (40 hex digits)",
                      "get it with: " + commit_command(repo.empty() ? "<org>/<name>" : repo)});
  }
}

void check_storage(const View& storage, std::vector<FieldError>& errors) {
  const bool named = !storage["claimName"].text().empty();
  const bool created = storage["create"].is_object();
  if (named == created) {
    errors.push_back({storage.pointer(), "a ModelCache needs exactly one of storage.claimName and storage.create",
                      "claimName: your own PersistentVolumeClaim; create: one that Warmgate makes"});
  }
}

}  // namespace

bool is_model_cache(const kube::Object& object) { return object.is(kGroup, "ModelCache"); }

std::vector<FieldError> validate_model_cache(const kube::Object& object) {
  std::vector<FieldError> errors;
  const View spec = object.root()["spec"];
  check_source(spec["source"]["huggingFace"], errors);
  check_storage(spec["storage"], errors);
  const View mount_path = spec["mountPath"];
  if (mount_path && !mount_path.text().starts_with('/')) {
    errors.push_back({mount_path.pointer(), "mountPath must be an absolute path", "for example /cache/huggingface"});
  }
  return errors;
}

std::optional<ModelCache> read_model_cache(const kube::Object& object) {
  if (!is_model_cache(object) || !validate_model_cache(object).empty()) {
    return std::nullopt;
  }
  const View root = object.root();
  const View source = root["spec"]["source"]["huggingFace"];
  ModelCache cache;
  cache.ns = object.key().ns;
  cache.name = object.key().name;
  cache.repo = source["repo"].text();
  cache.revision = source["revision"].text();
  const std::string claim = root["spec"]["storage"]["claimName"].text();
  cache.claim = claim.empty() ? cache.name : claim;
  if (const std::optional<std::string> path = root["spec"]["mountPath"].string()) {
    cache.mount_path = kube::normalize_path(*path);
  }
  for (const View& condition : root["status"]["conditions"].items()) {
    cache.ready |= condition["type"].text() == "Ready" && condition["status"].text() == "True";
  }
  return cache;
}

std::string snapshot_path(const ModelCache& cache) {
  std::string folder;
  for (const char c : cache.repo) {
    folder += c == '/' ? "--" : std::string(1, c);
  }
  return cache.mount_path + "/hub/models--" + folder + "/snapshots/" + cache.revision;
}

std::vector<ModelCache> model_caches(const kube::ClusterFacts& facts, std::string_view ns) {
  std::vector<ModelCache> caches;
  for (const kube::Object& object : facts.model_caches(ns)) {
    if (std::optional<ModelCache> cache = read_model_cache(object)) {
      caches.push_back(std::move(*cache));
    }
  }
  return caches;
}

}  // namespace warmgate::api
