// What a Job has left on a claim, as a ModelCache that needs no download. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cache_manifest.h"
#include "warmgate/kube/object.h"
#include "warmgate/models/reading.h"

namespace warmgate::cli {

struct Adoption {
  std::string claim;
  std::string job;                   // only this one; "": any
  std::optional<PinnedModel> model;  // only this one; nullopt: any
};

// The ModelCache of the one model that `jobs` have downloaded to the claim as the controller adopts it: complete,
// pinned, whole, into a hub cache at the claim's root. Its name and namespace are left open. The error says of each Job
// on the claim why it is no such.
base::Result<CacheManifest> adopt(const Adoption& adoption, const std::vector<kube::Object>& jobs,
                                  const models::Knowledge& knowledge);

}  // namespace warmgate::cli
