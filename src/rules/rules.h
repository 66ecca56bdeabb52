// The declarations behind registry.inc.
#pragma once

#include "warmgate/rules/rule.h"

namespace warmgate::rules {

#define WARMGATE_RULE(name) extern const Rule k##name;
#include "registry.inc"
#undef WARMGATE_RULE

}  // namespace warmgate::rules
