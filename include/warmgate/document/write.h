// Writing documents for people. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "warmgate/document/document.h"
#include "warmgate/document/json.h"

namespace warmgate::document {

// `value` as block-style YAML that reads back as the same value (strings that YAML 1.1 would take for something else
// are quoted; multi-line strings are literal blocks). Members stand in the order they have in `original`, new ones
// after them; without text in `original`, apiVersion, kind, metadata, spec first and the rest by name.
std::string to_yaml(const Json& value, const Document& original);

// Compact or indented JSON; invalid UTF-8 becomes U+FFFD instead of an exception.
std::string to_json(const Json& value, int indent = -1);

}  // namespace warmgate::document
