#include "bearer_token.h"

#include <algorithm>

#include "warmgate/base/text.h"

namespace warmgate::cluster {

base::Result<std::string> bearer_token(std::string_view text) {
  const std::string_view token = base::trim(text);
  if (token.empty()) {
    return base::Error{"the token is empty"};
  }
  if (!std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    return base::Error{"the token holds a blank, a line break or a byte that is not ASCII"};
  }
  return std::string(token);
}

}  // namespace warmgate::cluster
