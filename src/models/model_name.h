// ModelName: what the text that names a model means to an engine. A pure function of the text and the engine's rules.
#pragma once

#include <string>
#include <string_view>

#include "warmgate/models/command_syntax.h"

namespace warmgate::models {

struct ModelName {
  std::string repo;      // "org/name", or the path or URI of a local one
  std::string revision;  // that the name brings: hf://org/name@revision, a snapshot's path; "" when it brings none
  bool local = false;    // a path or another store: the Hub is not asked
  std::string store;     // of a local one: "path", "s3"; else ""
  bool revision_reliable = true;
};

// `path`: the engine takes the text for a path, whatever it looks like.
ModelName parse_model_name(std::string_view text, const ModelNames& rules, bool path);

}  // namespace warmgate::models
