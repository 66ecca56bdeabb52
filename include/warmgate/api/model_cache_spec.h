// ModelCacheSpec: all that a ModelCache asks for, beside what Pods need to know of it (model_cache.h). A plain value.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/api/model_cache.h"
#include "warmgate/document/json.h"
#include "warmgate/kube/object.h"

namespace warmgate::api {

struct SecretKey {
  std::string name;
  std::string key;
};

// A claim that the controller makes, under the ModelCache's name.
struct NewClaim {
  std::optional<std::string> storage_class;  // nullopt: the cluster's default
  std::optional<std::int64_t> bytes;         // nullopt: from the model's size
  std::vector<std::string> access_modes = {"ReadWriteMany"};
};

struct DownloadSpec {
  std::string image;                     // "": the built-in one
  std::optional<bool> high_performance;  // nullopt: by what the CPU nodes can hold
  std::optional<int> backoff_limit;
  std::optional<std::int64_t> active_deadline_seconds;
  std::optional<int> max_workers;
  std::optional<std::int64_t> run_as_user;
  std::optional<std::int64_t> fs_group;
  // As in a Pod; nullptr where they are not given.
  std::shared_ptr<const document::Json> resources, node_selector, tolerations, affinity, image_pull_secrets, env;
};

struct ModelCacheSpec {
  ModelCache cache;
  std::string endpoint;  // "": the Hub's own
  std::vector<std::string> allow_patterns;
  std::vector<std::string> ignore_patterns;
  std::optional<SecretKey> token;
  std::optional<NewClaim> create;  // nullopt: the claim is the user's
  DownloadSpec download;
  bool verify = true;
  bool delete_files = false;  // reclaimPolicy Delete
  bool suspend = false;
};

// nullopt when validate_model_cache has errors.
std::optional<ModelCacheSpec> read_model_cache_spec(const kube::Object& object);

// Of spec.storage.create, and of the same object in a CachePolicy.
NewClaim read_new_claim(const document::View& create);

// The name of the ModelCache and of its claim that are made where policy creates them for Pods: a function of
// repository and commit alone, a DNS label of at most 52 characters, so that names made from it still are.
std::string created_name(std::string_view repo, std::string_view revision);

// 16 hex digits of `text`, to tell names and specs apart; no protection against somebody who wants them to be equal.
std::string short_hash(std::string_view text);

// The Secrets that the download mounts or names: the author of a ModelCache must be allowed to use them himself.
std::vector<std::string> used_secrets(const ModelCacheSpec& spec);

}  // namespace warmgate::api
