// What an API server does with the texts it is given: server-side apply, patches, selectors. Pure functions for
// FakeCluster; simpler than the real ones, and said where.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "warmgate/document/json.h"

namespace warmgate::testing {

using document::Json;

// Server-side apply: what `applied` held the last time (`last`) and no longer holds goes, the rest is merged. Lists of
// objects with "type" (conditions) or "name" (containers, env) are merged by it, metadata.finalizers are a set, other
// lists are replaced. Owners of fields are not tracked beyond `last`.
Json applied_to(Json object, const Json& last, const Json& applied);

// RFC 6902; nullopt when an operation or one of its tests fails.
std::optional<Json> patched(const Json& object, const Json& operations);

// "a=b,c" (equal, exists, "!=", "!c") of labels.
bool matches_labels(const Json& object, const std::string& selector);
// "involvedObject.uid=x,metadata.name=y" of any field.
bool matches_fields(const Json& object, const std::string& selector);

}  // namespace warmgate::testing
