// redacted() for both JSON types: the sorted one of documents and the ordered one of reports.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "warmgate/base/redact.h"

namespace warmgate::lint {

// The depth of JSON is bounded where it is read.
template <class AnyJson>
AnyJson redacted_json(const AnyJson& value, const base::Redactor& redact) {
  if (value.is_string()) {
    return redact(value.template get_ref<const std::string&>());
  }
  AnyJson out = value.is_structured() ? AnyJson(value.type()) : value;
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      out[base::Redactor()(name)] = redacted_json(member, redact);
    }
  }
  if (value.is_array()) {
    for (const AnyJson& item : value) {
      out.push_back(redacted_json(item, redact));
    }
  }
  return out;
}

}  // namespace warmgate::lint
