// Finding a part of a decoded string in the source text of its scalar. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "warmgate/document/source.h"

namespace warmgate::document {

// `raw` is the scalar as it is written (quotes or block header included), `decoded` what it means. The place of bytes
// [offset, offset + length) of `decoded` in `raw`, or nullopt where it cannot be told.
std::optional<Span> find_decoded_part(std::string_view raw, std::string_view decoded, std::size_t offset,
                                      std::size_t length);

}  // namespace warmgate::document
