#include "warmgate/cluster/collection.h"

#include <utility>

namespace warmgate::cluster {
namespace {

std::string id_of(std::string_view ns, std::string_view name) {
  return std::string(ns).append("/").append(name);  // neither can hold a slash
}

}  // namespace

const kube::Object* Collection::find(std::string_view ns, std::string_view name) const {
  return objects_.find(id_of(ns, name));
}

bool Collection::any_in(std::string_view ns) const {
  bool found = false;
  objects_.visit(id_of(ns, ""), [&](std::string_view /*id*/, const kube::Object& /*object*/) {
    found = true;
    return false;
  });
  return found;
}

std::vector<kube::Object> Collection::all_in(std::string_view ns) const {
  std::vector<kube::Object> out;
  objects_.visit(id_of(ns, ""), [&](std::string_view /*id*/, const kube::Object& object) {
    out.push_back(object);
    return true;
  });
  return out;
}

std::vector<kube::Object> Collection::all() const {
  std::vector<kube::Object> out;
  objects_.visit("", [&](std::string_view /*id*/, const kube::Object& object) {
    out.push_back(object);
    return true;
  });
  return out;
}

std::vector<kube::Object> Collection::one_of_each(std::string_view prefix, std::size_t limit) const {
  std::vector<kube::Object> out;
  index_.visit(prefix, [&](std::string_view /*key*/, const PersistentMap<kube::Object>& objects) {
    objects.visit("", [&](std::string_view /*id*/, const kube::Object& object) {
      out.push_back(object);
      return false;
    });
    return out.size() < limit;
  });
  return out;
}

std::vector<kube::Object> Collection::all_at(std::string_view key) const {
  std::vector<kube::Object> out;
  if (const PersistentMap<kube::Object>* objects = index_.find(key)) {
    objects->visit("", [&](std::string_view /*id*/, const kube::Object& object) {
      out.push_back(object);
      return true;
    });
  }
  return out;
}

void Collection::put(const kube::Object& object) {
  const std::string id = id_of(object.key().ns, object.key().name);
  if (const kube::Object* before = objects_.find(id)) {
    remove_from_index(*before, id);
  }
  for (const std::string& key : keys_ == nullptr ? std::vector<std::string>() : keys_(object)) {
    const PersistentMap<kube::Object>* known = index_.find(key);
    PersistentMap<kube::Object> objects = known == nullptr ? PersistentMap<kube::Object>() : *known;
    objects.put(id, object);
    index_.put(key, std::move(objects));
  }
  objects_.put(id, object);
}

void Collection::remove(std::string_view ns, std::string_view name) {
  const std::string id = id_of(ns, name);
  if (const kube::Object* object = objects_.find(id)) {
    remove_from_index(*object, id);
    objects_.remove(id);
  }
}

void Collection::remove_from_index(const kube::Object& object, const std::string& id) {
  for (const std::string& key : keys_ == nullptr ? std::vector<std::string>() : keys_(object)) {
    const PersistentMap<kube::Object>* known = index_.find(key);
    if (known == nullptr) {
      continue;
    }
    PersistentMap<kube::Object> objects = *known;
    objects.remove(id);
    if (objects.size() == 0) {
      index_.remove(key);
    } else {
      index_.put(key, std::move(objects));
    }
  }
}

}  // namespace warmgate::cluster
