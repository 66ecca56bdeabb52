// ModelCache (warmgate.dev/v1alpha1): one model at one commit on one claim. A plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/api/field_error.h"
#include "warmgate/kube/facts.h"
#include "warmgate/kube/object.h"

namespace warmgate::api {

inline constexpr std::string_view kGroup = "warmgate.dev";
inline constexpr std::string_view kApiVersion = "warmgate.dev/v1alpha1";

struct ModelCache {
  std::string ns;
  std::string name;
  std::string repo;      // spec.source.huggingFace.repo
  std::string revision;  // spec.source.huggingFace.revision, a full commit
  std::string claim;     // spec.storage.claimName; with storage.create the claim is named like the ModelCache
  std::string mount_path = "/cache/huggingface";  // HF_HOME of who uses it
  bool ready = false;                             // condition Ready is True
  std::string claim_uid;                          // status.claimUID: of the claim that Ready speaks of; "": not known
  bool deleting = false;                          // on its way out: nothing new is given it
  // status.refs: whether refs/<commit> of the hub cache names the commit. Its own download leaves it, another's that
  // was adopted does not; nullopt before that is decided.
  std::optional<bool> refs;
  // Of a running download, from the status.
  std::optional<std::int64_t> remaining_seconds;
  std::int64_t bytes_done = 0;
  std::int64_t bytes_total = 0;  // 0: not known
};

bool is_model_cache(const kube::Object& object);

// What the CRD's schema would refuse.
std::vector<FieldError> validate_model_cache(const kube::Object& object);

// nullopt when validate_model_cache has errors.
std::optional<ModelCache> read_model_cache(const kube::Object& object);

// Where the files of the model lie in a container that mounts the claim at the mount path.
std::string snapshot_path(const ModelCache& cache);

// The readable ModelCaches of a namespace. One that was Ready on a claim which has been made anew is not ready.
std::vector<ModelCache> model_caches(const kube::ClusterFacts& facts, std::string_view ns);

}  // namespace warmgate::api
