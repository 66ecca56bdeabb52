#include "controller/fake_objects.h"

#include <algorithm>

#include "warmgate/base/text.h"

namespace warmgate::testing {
namespace {

// The member that tells the items of a list apart; nullptr: the list is one value.
const char* merge_key(const Json& items) {
  for (const char* key : {"type", "name"}) {
    const bool all = std::all_of(items.begin(), items.end(), [&](const Json& item) { return item.contains(key); });
    if (all && !items.empty()) {
      return key;
    }
  }
  return nullptr;
}

Json* item_with(Json& items, const char* key, const Json& value) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Json& item) {
    return item.is_object() && item.contains(key) && item[key] == value;
  });
  return found == items.end() ? nullptr : &*found;
}

bool is_set(const std::string& path) { return path == "/metadata/finalizers"; }

std::string below(std::string path, const std::string& name) { return path.append("/").append(name); }

void merge(Json& into, const Json& from, const std::string& path) {
  if (from.is_object() && into.is_object()) {
    for (const auto& [name, value] : from.items()) {
      merge(into[name], value, below(path, name));
    }
    return;
  }
  if (from.is_array() && into.is_array() && is_set(path)) {
    std::copy_if(from.begin(), from.end(), std::back_inserter(into),
                 [&](const Json& item) { return std::find(into.begin(), into.end(), item) == into.end(); });
    return;
  }
  const char* key = from.is_array() && into.is_array() ? merge_key(from) : nullptr;
  if (key == nullptr) {
    into = from;
    return;
  }
  for (const Json& item : from) {
    if (Json* known = item_with(into, key, item[key])) {
      merge(*known, item, path + "/*");
    } else {
      into.push_back(item);
    }
  }
}

// Takes out of `object` what `last` has and `now` has not.
void prune(Json& object, const Json& last, const Json& now, const std::string& path) {
  if (last.is_object() && object.is_object()) {
    for (const auto& [name, value] : last.items()) {
      if (!object.contains(name)) {
        continue;
      }
      const bool still = now.is_object() && now.contains(name);
      prune(object[name], value, still ? now[name] : Json(), below(path, name));
      if (!still && (!object[name].is_structured() || object[name].empty())) {
        object.erase(name);
      }
    }
    return;
  }
  const char* key = last.is_array() && object.is_array() ? merge_key(last) : nullptr;
  if (key == nullptr && !is_set(path)) {
    object = now.is_null() ? now : object;
    return;
  }
  for (const Json& item : last) {
    const bool still = std::any_of(now.begin(), now.end(), [&](const Json& other) {
      return key == nullptr ? other == item : other.contains(key) && other[key] == item[key];
    });
    if (!still) {
      object.erase(std::remove_if(object.begin(), object.end(),
                                  [&](const Json& other) {
                                    return key == nullptr ? other == item
                                                          : other.contains(key) && other[key] == item[key];
                                  }),
                   object.end());
    }
  }
}

template <class ValueOf>
bool matches(const std::string& selector, const ValueOf& value_of) {
  for (const std::string_view part : base::split(selector, ',')) {
    const std::size_t equals = part.find('=');
    const bool unequal = equals != std::string_view::npos && equals > 0 && part[equals - 1] == '!';
    const bool absent = part.starts_with("!");
    const std::string name(part.substr(absent ? 1 : 0, unequal ? equals - 1 : equals));
    const std::optional<std::string> value = value_of(name);
    const bool same = equals == std::string_view::npos
                          ? value.has_value() != absent
                          : (value == std::string(part.substr(part.find_last_of('=') + 1))) != unequal;
    if (!part.empty() && !same) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> text_at(const Json& object, const std::vector<std::string>& path) {
  const Json* at = &object;
  for (const std::string& name : path) {
    if (!at->is_object() || !at->contains(name)) {
      return std::nullopt;
    }
    at = &(*at)[name];
  }
  return at->is_string() ? std::optional(at->get<std::string>()) : std::nullopt;
}

}  // namespace

Json applied_to(Json object, const Json& last, const Json& applied) {
  prune(object, last, applied, "");
  merge(object, applied, "");
  return object;
}

std::optional<Json> patched(const Json& object, const Json& operations) {
  try {
    return object.patch(operations);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

bool matches_labels(const Json& object, const std::string& selector) {
  return matches(selector, [&](const std::string& name) { return text_at(object, {"metadata", "labels", name}); });
}

bool matches_fields(const Json& object, const std::string& selector) {
  return matches(selector, [&](const std::string& name) {
    std::vector<std::string> path;
    for (const std::string_view part : base::split(name, '.')) {
      path.emplace_back(part);
    }
    return text_at(object, path);
  });
}

}  // namespace warmgate::testing
