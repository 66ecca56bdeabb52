// Pure.
#pragma once

#include <string>
#include <string_view>

namespace warmgate::base {

// `text` with `to` for every `from`, which is not empty; what `to` brings in is not looked at again.
std::string replace_all(std::string text, std::string_view from, std::string_view to);

}  // namespace warmgate::base
