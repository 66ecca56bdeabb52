// The objects of a text, for the tests of several rooms.
#pragma once

#include <string>
#include <vector>

#include "warmgate/kube/object.h"

namespace warmgate::testing {

// Every object of a YAML or JSON text; a text with problems is a test's own mistake and fails it.
std::vector<kube::Object> objects(const std::string& text);

}  // namespace warmgate::testing
