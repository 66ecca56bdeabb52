// libyaml's error reports in words for people. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "warmgate/document/read.h"

namespace warmgate::document {

struct YamlFailure {
  std::string problem;         // libyaml's words, e.g. "did not find expected key"
  std::string context;         // e.g. "while parsing a block mapping", or empty
  std::size_t at = 0;          // where it gave up
  std::size_t context_at = 0;  // where the thing that it was reading begins
};

Problem explain(const YamlFailure& failure, std::string_view text);

}  // namespace warmgate::document
