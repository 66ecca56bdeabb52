// Collection: the objects of one type as a reflector keeps them, with the index that questions about them need. A value
// type: a copy is a snapshot that costs O(1), a change O(log n). Const use is thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/cluster/kube_api.h"
#include "warmgate/cluster/persistent_map.h"
#include "warmgate/kube/object.h"

namespace warmgate::cluster {

// What is kept of an object; nullopt: nothing, as if it did not exist. The type (apiVersion, kind) is set before.
using Trim = std::optional<document::Json> (*)(const document::Json& object);
// Where the index has the object.
using IndexKeys = std::vector<std::string> (*)(const kube::Object& object);

class Collection {
 public:
  // `keys` may be nullptr: no index.
  explicit Collection(IndexKeys keys = nullptr) : keys_(keys) {}

  [[nodiscard]] std::size_t size() const { return objects_.size(); }
  // `ns` is "" for objects without one.
  [[nodiscard]] const kube::Object* find(std::string_view ns, std::string_view name) const;
  [[nodiscard]] bool any_in(std::string_view ns) const;
  [[nodiscard]] std::vector<kube::Object> all_in(std::string_view ns) const;
  [[nodiscard]] std::vector<kube::Object> all() const;
  // Of each index key that begins with `prefix` one object, `limit` at most.
  [[nodiscard]] std::vector<kube::Object> one_of_each(std::string_view prefix, std::size_t limit) const;
  // Every object at this index key.
  [[nodiscard]] std::vector<kube::Object> all_at(std::string_view key) const;

  void put(const kube::Object& object);
  void remove(std::string_view ns, std::string_view name);

 private:
  void remove_from_index(const kube::Object& object, const std::string& id);

  IndexKeys keys_;
  PersistentMap<kube::Object> objects_;               // by "namespace/name"
  PersistentMap<PersistentMap<kube::Object>> index_;  // by index key, then as above
};

}  // namespace warmgate::cluster
