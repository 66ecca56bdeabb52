// Which YAML style a string can be written in so that it reads back as the same string. Pure functions.
#pragma once

#include <string_view>

namespace warmgate::document {

// True when the unquoted `text` is a string for kubectl and for other YAML 1.1 and 1.2 readers, as far as its type
// goes. Whether its characters allow the plain style is the emitter's to judge.
bool plain_is_string(std::string_view text);

// True when a literal block ("|") holds `text` unchanged.
bool fits_literal(std::string_view text);

}  // namespace warmgate::document
