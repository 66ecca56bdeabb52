#include "warmgate/api/model_cache.h"

#include <array>
#include <utility>

#include "field_checks.h"
#include "spec_checks.h"
#include "warmgate/api/hugging_face.h"
#include "warmgate/base/replace.h"
#include "warmgate/kube/pod.h"

namespace warmgate::api {
namespace {

using document::View;

constexpr std::size_t kMaxName = 253;  // of objects and keys of Secrets

void check_source(const View& source, FieldChecks& checks) {
  const std::string repo = source["repo"].text();
  const std::string revision = source["revision"].text();
  if (!is_repo_id(repo) || repo.find('/') == std::string::npos) {
    checks.add({source["repo"].pointer(), "a ModelCache needs the repository as \"org/name\"",
                "for example repo: Qwen/Qwen3-32B"});
  }
  if (!is_commit(revision)) {
    checks.add({source["revision"].pointer(), "a ModelCache needs the revision as a full commit SHA (40 hex digits)",
                "get it with: " + commit_command(repo.empty() ? "<org>/<name>" : repo)});
  }
  constexpr std::size_t kMaxPatterns = 64;
  constexpr std::size_t kMaxPattern = 256;
  checks.lines(source["allowPatterns"], kMaxPatterns, kMaxPattern);
  checks.lines(source["ignorePatterns"], kMaxPatterns, kMaxPattern);
  const View endpoint = source["endpoint"];
  if (endpoint && !is_endpoint(endpoint.text())) {
    checks.fail(endpoint, "must be an address without a user, a query or blanks", "for example https://hf-mirror.com");
  }
  const View token = source["tokenSecretRef"];
  checks.object(token);
  for (const char* part : {"name", "key"}) {
    if (token.is_object() && !token[part]) {
      checks.fail(token[part], "is needed", "tokenSecretRef names a Secret and a key in it, for example key: HF_TOKEN");
    }
    checks.text(token[part], 1, kMaxName);
  }
}

void check_storage(const View& storage, FieldChecks& checks) {
  const bool named = !storage["claimName"].text().empty();
  const bool created = storage["create"].is_object();
  if (named == created) {
    checks.add({storage.pointer(), "a ModelCache needs exactly one of storage.claimName and storage.create",
                "claimName: your own PersistentVolumeClaim; create: one that Warmgate makes"});
  }
  if (storage["claimName"].text().size() > kMaxName) {
    checks.fail(storage["claimName"], "must be the name of a PersistentVolumeClaim");
  }
  if (created) {
    check_new_claim(storage["create"], checks);
  }
}

void check_mount_path(const View& mount_path, FieldChecks& checks) {
  const std::string path = mount_path.text();
  const std::string closed = path + "/";
  // A colon ends the path for the API server (ValidateVolumeMounts); a mount at / hides the image.
  const bool bad = !path.starts_with('/') || path.find_first_not_of('/') == std::string::npos ||
                   path.find_first_of(":\r\n") != std::string::npos || closed.find("/../") != std::string::npos ||
                   closed.find("/./") != std::string::npos;
  if (mount_path && bad) {
    checks.fail(mount_path, "must be an absolute path below /, without a colon, \".\" and \"..\"",
                "for example /cache/huggingface");
  }
}

void read_download(const View& status, ModelCache& cache) {
  cache.claim_uid = status["claimUID"].text();
  cache.refs = status["refs"].boolean();
  cache.remaining_seconds = status["remainingSeconds"].integer();
  cache.bytes_done = status["bytes"]["done"].integer().value_or(0);
  cache.bytes_total = status["bytes"]["total"].integer().value_or(0);
}

bool is_about(const ModelCache& cache, const std::optional<kube::Object>& claim) {
  const std::string uid = claim ? claim->root()["metadata"]["uid"].text() : "";
  return uid.empty() || cache.claim_uid.empty() || uid == cache.claim_uid;
}

}  // namespace

bool is_model_cache(const kube::Object& object) { return object.is(kGroup, "ModelCache"); }

std::vector<FieldError> validate_model_cache(const kube::Object& object) {
  const View spec = object.root()["spec"];
  FieldChecks checks;
  check_source(spec["source"]["huggingFace"], checks);
  check_storage(spec["storage"], checks);
  check_mount_path(spec["mountPath"], checks);
  check_download(spec["download"], checks);
  constexpr std::array<std::string_view, 2> kReclaimPolicies = {"Retain", "Delete"};
  checks.one_of(spec["reclaimPolicy"], kReclaimPolicies);
  checks.flag(spec["verify"]);
  checks.flag(spec["suspend"]);
  return checks.take();
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
  cache.deleting = !root["metadata"]["deletionTimestamp"].text().empty();
  read_download(root["status"], cache);
  return cache;
}

std::string snapshot_path(const ModelCache& cache) {
  return cache.mount_path + "/hub/models--" + base::replace_all(cache.repo, "/", "--") + "/snapshots/" + cache.revision;
}

std::vector<ModelCache> model_caches(const kube::ClusterFacts& facts, std::string_view ns) {
  std::vector<ModelCache> caches;
  for (const kube::Object& object : facts.model_caches(ns)) {
    if (std::optional<ModelCache> cache = read_model_cache(object)) {
      if (cache->ready && !is_about(*cache, facts.claim(ns, cache->claim))) {
        cache->ready = false;
        cache->refs.reset();
      }
      caches.push_back(std::move(*cache));
    }
  }
  return caches;
}

}  // namespace warmgate::api
