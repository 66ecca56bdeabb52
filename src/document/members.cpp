#include "warmgate/document/members.h"

#include <nlohmann/json.hpp>

namespace warmgate::document {
namespace {

template <class T>
void put_known(Json& out, const char* name, const std::optional<T>& value) {
  if (value) {
    out[name] = *value;
  }
}

}  // namespace

const Json& member(const Json& from, std::string_view name) {
  static const Json kNothing;
  if (!from.is_object()) {
    return kNothing;
  }
  const auto found = from.find(name);
  return found == from.end() ? kNothing : *found;
}

Json picked(const Json& from, std::initializer_list<const char*> members) {
  Json out = Json::object();
  for (const char* name : members) {
    if (const Json& value = member(from, name); !value.is_null()) {
      out[name] = value;
    }
  }
  return out;
}

void put(Json& out, const char* name, const std::string& value) {
  if (!value.empty()) {
    out[name] = value;
  }
}

void put(Json& out, const char* name, std::optional<std::int64_t> value) { put_known(out, name, value); }
void put(Json& out, const char* name, std::optional<bool> value) { put_known(out, name, value); }

}  // namespace warmgate::document
