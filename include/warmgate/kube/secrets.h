// Where secrets stand in objects: so that a rule can report them and the redactor can hide them. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "warmgate/kube/object.h"

namespace warmgate::kube {

// Variables that hold a Hugging Face token.
bool is_token_variable(std::string_view name);

// Every value that must not be printed: literal values of token variables, and the data of Secrets (as written and
// decoded).
std::vector<std::string> secret_values(const Object& object);

}  // namespace warmgate::kube
