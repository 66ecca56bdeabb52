// Version of this build.
#pragma once

#include <string_view>

namespace warmgate::base {

std::string_view version();  // e.g. "0.1.0"

}  // namespace warmgate::base
