// Injection planned for the one object of a text, and patches as lines, for tables.
#pragma once

#include <string>

#include "support/world.h"
#include "warmgate/document/json.h"
#include "warmgate/inject/inject.h"

namespace warmgate::testing {

inject::Injection plan(const kube::Object& object, const kube::ClusterFacts& facts,
                       const inject::Options& options = {});

// "add /spec/volumes []", one operation per line.
std::string lines(const document::Json& patch);

}  // namespace warmgate::testing
