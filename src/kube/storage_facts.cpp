#include "warmgate/kube/storage_facts.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "warmgate/base/embedded.h"
#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/document/view.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::kube {
namespace {

using document::View;
using Names = std::vector<std::string>;

bool matches_any(const Names& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return base::glob_match(pattern, text); });
}

// Collects the first mistake of a file, so that the reading code stays straight.
class Reader {
 public:
  explicit Reader(const document::Document& document) : document_(document) {}

  void fail(const View& at, const std::string& message) {
    if (!error_.empty()) {
      return;
    }
    if (const document::SourceText* source = document_.source()) {
      const document::Position place = source->position(document_.value_span(at.pointer())->begin);
      error_ = source->name() + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
    }
    error_ += (at.pointer().empty() ? "" : at.pointer() + ": ") + message;
  }

  void members(const View& object, const Names& names) {
    if (object && !object.is_object()) {
      fail(object, "must be a mapping");
    }
    for (const auto& [name, value] : object.members()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        const std::optional<std::string> meant = base::closest_match(name, names);
        fail(value, "storage facts have no such field" + (meant ? "; did you mean " + *meant + "?" : std::string()));
      }
    }
  }

  std::vector<View> list(const View& view) {
    if (view && !view.is_array()) {
      fail(view, "must be a list");
    }
    return view.items();
  }

  Names strings(const View& view) {
    Names out = view.strings();
    if (view && (!view.is_array() || out.size() != view.size())) {
      fail(view, "must be a list of strings");
    }
    return out;
  }

  Names required_strings(const View& view) {
    Names out = strings(view);
    if (out.empty()) {
      fail(view, "must name at least one");
    }
    return out;
  }

  std::string required_text(const View& view) {
    if (view.text().empty()) {
      fail(view, "must be a string");
    }
    return view.text();
  }

  std::int64_t bytes(const View& view) {
    const std::optional<std::int64_t> amount = parse_quantity(view.text());
    if (!amount || *amount < 0) {
      fail(view, "must be a quantity in quotes, such as \"100Gi\"");
    }
    return amount.value_or(0);
  }

  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  const document::Document& document_;
  std::string error_;
};

BlockOnly read_block_only(Reader& reader, const View& view) {
  reader.members(view, {"provisioners", "readOnlyMany", "instead"});
  return {reader.required_strings(view["provisioners"]), view["readOnlyMany"].boolean().value_or(false),
          reader.required_text(view["instead"])};
}

MinimumSize read_minimum(Reader& reader, const View& view) {
  reader.members(view, {"provisioner", "parameters", "minimum", "older"});
  MinimumSize out;
  out.provisioner = reader.required_text(view["provisioner"]);
  for (const auto& [name, values] : view["parameters"].members()) {
    out.parameters[name] = reader.required_strings(values);
  }
  out.bytes = reader.bytes(view["minimum"]);
  if (const View older = view["older"]) {
    reader.members(older, {"minimum", "driver"});
    out.older_bytes = reader.bytes(older["minimum"]);
    out.older_driver = reader.required_text(older["driver"]);
  }
  return out;
}

WellKnownClass read_class(Reader& reader, const View& view) {
  reader.members(view, {"names", "provisioner", "parameters"});
  WellKnownClass out{reader.required_strings(view["names"]), reader.required_text(view["provisioner"]), {}};
  for (const auto& [name, value] : view["parameters"].members()) {
    out.parameters[name] = value.text();
  }
  return out;
}

template <class List>
void put_before(List& list, List first) {
  list.insert(list.begin(), std::make_move_iterator(first.begin()), std::make_move_iterator(first.end()));
}

}  // namespace

base::Status StorageFacts::add(const document::Document& document) {
  Reader reader(document);
  const View root(document.value());
  if (root["kind"].text() != "StorageFacts") {
    reader.fail(root, "storage facts must be of kind StorageFacts");
  }
  reader.members(root, {"apiVersion", "kind", "metadata", "spec"});
  const View spec = root["spec"];
  reader.members(spec, {"blockOnly", "sizeNotEnforced", "minimums", "wellKnownClasses"});
  StorageFacts read;
  for (const View& view : reader.list(spec["blockOnly"])) {
    read.block_only_.push_back(read_block_only(reader, view));
  }
  for (const View& view : reader.list(spec["minimums"])) {
    read.minimums_.push_back(read_minimum(reader, view));
  }
  for (const View& view : reader.list(spec["wellKnownClasses"])) {
    read.classes_.push_back(read_class(reader, view));
  }
  read.size_not_enforced_ = reader.strings(spec["sizeNotEnforced"]);
  if (!reader.error().empty()) {
    return base::Error{reader.error()};
  }
  put_before(block_only_, std::move(read.block_only_));
  put_before(minimums_, std::move(read.minimums_));
  put_before(classes_, std::move(read.classes_));
  put_before(size_not_enforced_, std::move(read.size_not_enforced_));
  return base::ok_status();
}

base::Result<StorageFacts> StorageFacts::built_in() {
  const std::string path = "policies/storage.yaml";
  const auto source = std::make_shared<document::SourceText>(path, std::string(base::embedded_file(path).value_or("")));
  const base::Result<document::Document> document = document::read_single(source, {});
  if (!document) {
    return document.error();
  }
  StorageFacts facts;
  if (const base::Status added = facts.add(*document); !added) {
    return added.error();
  }
  return facts;
}

const BlockOnly* StorageFacts::block_only(std::string_view provisioner) const {
  const auto found = std::find_if(block_only_.begin(), block_only_.end(),
                                  [&](const BlockOnly& entry) { return matches_any(entry.provisioners, provisioner); });
  return found == block_only_.end() ? nullptr : &*found;
}

const MinimumSize* StorageFacts::minimum(std::string_view provisioner, const ClassParameters& parameters) const {
  const auto fits = [&](const MinimumSize& entry) {
    return base::glob_match(entry.provisioner, provisioner) &&
           std::all_of(entry.parameters.begin(), entry.parameters.end(), [&](const auto& wanted) {
             const auto given = parameters.find(wanted.first);
             return matches_any(wanted.second, given == parameters.end() ? "" : given->second);
           });
  };
  const auto found = std::find_if(minimums_.begin(), minimums_.end(), fits);
  return found == minimums_.end() ? nullptr : &*found;
}

const WellKnownClass* StorageFacts::well_known_class(std::string_view name) const {
  const auto found = std::find_if(classes_.begin(), classes_.end(), [&](const WellKnownClass& entry) {
    return std::find(entry.names.begin(), entry.names.end(), name) != entry.names.end();
  });
  return found == classes_.end() ? nullptr : &*found;
}

bool StorageFacts::enforces_size(std::string_view provisioner) const {
  return !matches_any(size_not_enforced_, provisioner);
}

}  // namespace warmgate::kube
