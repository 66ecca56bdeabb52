// FieldError: what is wrong with a field of one of Warmgate's own kinds, as its CRD schema would say it.
#pragma once

#include <string>

namespace warmgate::api {

struct FieldError {
  std::string pointer;
  std::string message;
  std::string help;  // may be empty
};

}  // namespace warmgate::api
