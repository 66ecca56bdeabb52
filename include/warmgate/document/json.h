// The JSON type of Warmgate, declared only: nlohmann/json.hpp is the heaviest header there is, so only sources that
// build or walk JSON include it.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace warmgate::document {

using Json = nlohmann::json;

}  // namespace warmgate::document
