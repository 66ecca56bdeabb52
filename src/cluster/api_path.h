// Paths and queries of the Kubernetes API. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "warmgate/base/result.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::cluster {

// What names an object or a part of it; names come from manifests of strangers.
struct PathParts {
  std::string ns;            // "" for all namespaces, and for cluster-scoped resources
  std::string name;          // "" for the collection
  std::string sub_resource;  // "" for the object itself
};

// "/apis/apps/v1/namespaces/default/deployments/web". Fails when a part cannot be a segment of a path ("..", "a/b"):
// the API server decodes %2F, so escaping would not keep such a name from leading elsewhere.
base::Result<std::string> api_path(const Resource& resource, const PathParts& parts);

// "apps/v1", "v1".
std::string api_version(const Resource& resource);

// Everything but RFC 3986's unreserved characters as %XX.
std::string percent_encoded(std::string_view text);

// "?a=b&c=d" in the order of the calls; empty values are left out.
class Query {
 public:
  Query& add(std::string_view name, std::string_view value);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace warmgate::cluster
