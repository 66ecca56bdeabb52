// What the readers of a CachePolicy's parts share.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "warmgate/api/field_error.h"
#include "warmgate/document/view.h"

namespace warmgate::api {

// `object` is a mapping, where it is there at all, and has none but these members.
void check_members(const document::View& object, std::span<const std::string> known, std::vector<FieldError>& errors);

}  // namespace warmgate::api
