// What may stand behind "Authorization: Bearer ". Pure function.
#pragma once

#include <string>
#include <string_view>

#include "warmgate/base/result.h"

namespace warmgate::cluster {

// `text` without the white space around it. Fails, without showing the text, when nothing is left or something that
// cannot stand in a header: it would end the header and begin another.
base::Result<std::string> bearer_token(std::string_view text);

}  // namespace warmgate::cluster
