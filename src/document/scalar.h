// What a YAML scalar means, by the rules kubectl applies: sigs.k8s.io/yaml on goyaml.v2 (its resolve.go and the
// scalar() of its decode.go), which is YAML 1.1 with changes. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "warmgate/base/result.h"
#include "warmgate/document/json.h"

namespace warmgate::document {

struct Scalar {
  std::string_view text;
  std::string_view tag;   // in its long form; empty without one
  bool implicit = false;  // plain and without a tag: its text decides its type
};

// The value: null, boolean, number or string. Floats stay floats and may be infinite (see json_number).
base::Result<Json> resolve_scalar(const Scalar& scalar);

// The number that is left of a float after its way through JSON text: Go writes integral ones without a fraction, so
// the API server reads an integer. An error for infinities and NaN, which JSON does not have.
base::Result<Json> json_number(double value);

// The member name for a key that resolved to `key` (convertToJSONableObject of sigs.k8s.io/yaml).
base::Result<std::string> key_name(const Json& key);

}  // namespace warmgate::document
