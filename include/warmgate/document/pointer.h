// JSON Pointers (RFC 6901) as plain strings: "" is the whole document, "/spec/containers/0/env" a member. Pure
// functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/document/json.h"

namespace warmgate::document {

// "~" and "/" of a member name escaped.
std::string escape_token(std::string_view token);

// parent + "/" + escaped token, or + "/" + index.
std::string child_pointer(std::string_view parent, std::string_view token);
std::string child_pointer(std::string_view parent, std::size_t index);

// The unescaped tokens; nullopt when `pointer` is neither empty nor begins with "/", or has a bad escape.
std::optional<std::vector<std::string>> parse_pointer(std::string_view pointer);

// The value that `pointer` leads to, or nullptr. Array tokens are decimal indexes without leading zeros.
const Json* resolve(const Json& root, std::string_view pointer);

}  // namespace warmgate::document
