// Unpacking of List objects (v1 List, DeploymentList, …) into their items. Pure functions.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "warmgate/document/document.h"
#include "warmgate/document/read.h"

namespace warmgate::document {

// One value of a text with its place.
struct Placed {  // NOLINT(bugprone-exception-escape): moving a Json does not throw
  Json value;
  std::uint32_t place = SpanTree::kNone;
};

// Appends `value`, or for a List its items in order, recursively, to `out`. False once `out` holds `max_documents`.
bool unpack_list(Placed value, const SpanTree& places, std::size_t max_documents, std::vector<Placed>& out);

}  // namespace warmgate::document
