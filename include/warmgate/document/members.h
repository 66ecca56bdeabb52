// Members of JSON objects: what a copy keeps of another, and what is written only where it is known. Pure functions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "warmgate/document/json.h"

namespace warmgate::document {

// null for what is not there, also in what is no object. Lives as long as `from`.
const Json& member(const Json& from, std::string_view name);

// A new object with those of `members` that are there and not null, which the API server treats alike.
Json picked(const Json& from, std::initializer_list<const char*> members);

// Nothing for "" and nullopt.
void put(Json& out, const char* name, const std::string& value);
void put(Json& out, const char* name, std::optional<std::int64_t> value);
void put(Json& out, const char* name, std::optional<bool> value);

}  // namespace warmgate::document
