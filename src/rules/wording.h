// Texts that more than one rule writes. Pure.
#pragma once

#include <string>

namespace warmgate::rules {

// The line of a script as one line: continuations and line breaks become single spaces.
std::string as_one_line(const std::string& script);

}  // namespace warmgate::rules
