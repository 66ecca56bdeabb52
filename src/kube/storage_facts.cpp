#include "warmgate/kube/storage_facts.h"

#include <algorithm>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/embedded.h"
#include "warmgate/document/field_reader.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::kube {
namespace {

using document::FieldReader;
using document::View;
using Names = std::vector<std::string>;

void known_members(FieldReader& reader, const View& object, const Names& names) {
  reader.known_members(object, names, "storage facts have no such field");
}

Names required_strings(FieldReader& reader, const View& view) {
  Names out = reader.strings(view);
  if (out.empty()) {
    reader.fail(view, "must name at least one");
  }
  return out;
}

std::string required_text(FieldReader& reader, const View& view) {
  if (view.text().empty()) {
    reader.fail(view, "must be a string");
  }
  return view.text();
}

std::int64_t bytes_of(FieldReader& reader, const View& view) {
  const std::optional<std::int64_t> amount = parse_quantity(view.text());
  if (!amount || *amount < 0) {
    reader.fail(view, "must be a quantity in quotes, such as \"100Gi\"");
  }
  return amount.value_or(0);
}

BlockOnly read_block_only(FieldReader& reader, const View& view) {
  known_members(reader, view, {"provisioners", "readOnlyMany", "instead"});
  return {required_strings(reader, view["provisioners"]), view["readOnlyMany"].boolean().value_or(false),
          required_text(reader, view["instead"])};
}

MinimumSize read_minimum(FieldReader& reader, const View& view) {
  known_members(reader, view, {"provisioner", "parameters", "minimum", "older"});
  MinimumSize out;
  out.provisioner = required_text(reader, view["provisioner"]);
  for (const auto& [name, values] : view["parameters"].members()) {
    out.parameters[name] = required_strings(reader, values);
  }
  out.bytes = bytes_of(reader, view["minimum"]);
  if (const View older = view["older"]) {
    known_members(reader, older, {"minimum", "driver"});
    out.older_bytes = bytes_of(reader, older["minimum"]);
    out.older_driver = required_text(reader, older["driver"]);
  }
  return out;
}

WellKnownClass read_class(FieldReader& reader, const View& view) {
  known_members(reader, view, {"names", "provisioner", "parameters"});
  WellKnownClass out{required_strings(reader, view["names"]), required_text(reader, view["provisioner"]), {}};
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
  FieldReader reader(document);
  const View root = reader.root();
  if (root["kind"].text() != "StorageFacts") {
    reader.fail(root, "storage facts must be of kind StorageFacts");
  }
  known_members(reader, root, {"apiVersion", "kind", "metadata", "spec"});
  const View spec = root["spec"];
  known_members(reader, spec, {"blockOnly", "sizeNotEnforced", "minimums", "wellKnownClasses"});
  StorageFacts read;
  for (const View& view : reader.items(spec["blockOnly"])) {
    read.block_only_.push_back(read_block_only(reader, view));
  }
  for (const View& view : reader.items(spec["minimums"])) {
    read.minimums_.push_back(read_minimum(reader, view));
  }
  for (const View& view : reader.items(spec["wellKnownClasses"])) {
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
  const base::Result<document::Document> document = document::embedded_document("policies/storage.yaml");
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
  const auto found = std::find_if(block_only_.begin(), block_only_.end(), [&](const BlockOnly& entry) {
    return base::matches_any_glob(entry.provisioners, provisioner);
  });
  return found == block_only_.end() ? nullptr : &*found;
}

const MinimumSize* StorageFacts::minimum(std::string_view provisioner, const ClassParameters& parameters) const {
  const auto fits = [&](const MinimumSize& entry) {
    return base::glob_match(entry.provisioner, provisioner) &&
           std::all_of(entry.parameters.begin(), entry.parameters.end(), [&](const auto& wanted) {
             const auto given = parameters.find(wanted.first);
             return base::matches_any_glob(wanted.second, given == parameters.end() ? "" : given->second);
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
  return !base::matches_any_glob(size_not_enforced_, provisioner);
}

}  // namespace warmgate::kube
