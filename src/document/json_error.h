// What is wrong with a text that is not JSON, in words for people. Pure functions.
#pragma once

#include <cstddef>
#include <string_view>

#include "warmgate/document/read.h"

namespace warmgate::document {

// How far a parser came.
struct JsonState {
  std::size_t at = 0;  // behind the last good token
  bool outside = true;
  bool in_object = false;
  bool behind_key = false;
  bool first_in_collection = false;
};

Problem explain_json(std::string_view text, const JsonState& state);

}  // namespace warmgate::document
