#include "list_items.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace warmgate::document {
namespace {

constexpr std::string_view kSuffix = "List";

// A kind that ends with "List" and has a list of objects as `items`.
bool is_list(const Json& value) {
  if (!value.is_object()) {
    return false;
  }
  const auto kind = value.find("kind");
  const auto items = value.find("items");
  return kind != value.end() && kind->is_string() && kind->get_ref<const std::string&>().ends_with(kSuffix) &&
         items != value.end() && items->is_array() &&
         std::all_of(items->begin(), items->end(), [](const Json& item) { return item.is_object(); });
}

// The API server leaves apiVersion and kind out of the items of a typed list; they are those of the list.
void fill_type(Json& item, const Json& list) {
  const std::string& kind = list["kind"].get_ref<const std::string&>();
  const std::string item_kind = kind.substr(0, kind.size() - kSuffix.size());
  if (item_kind.empty()) {
    return;
  }
  const auto version = list.find("apiVersion");
  if (!item.contains("kind") && !item.contains("apiVersion") && version != list.end() && version->is_string()) {
    item["kind"] = item_kind;
    item["apiVersion"] = *version;
  } else if (!item.contains("kind") && version != list.end() && item.value("apiVersion", Json()) == *version) {
    item["kind"] = item_kind;
  } else if (item.value("kind", Json()) == item_kind && !item.contains("apiVersion") && version != list.end()) {
    item["apiVersion"] = *version;
  }
}

}  // namespace

bool unpack_list(Placed value, const SpanTree& places, std::size_t max_documents, std::vector<Placed>& out) {
  if (!is_list(value.value)) {
    if (out.size() >= max_documents) {
      return false;
    }
    out.push_back(std::move(value));
    return true;
  }
  const std::uint32_t items = places.find(value.place, "/items");
  std::uint32_t place = items == SpanTree::kNone ? items : places[items].first_child;
  for (Json& item : value.value["items"]) {
    fill_type(item, value.value);
    if (!unpack_list({std::move(item), place}, places, max_documents, out)) {
      return false;
    }
    place = place == SpanTree::kNone ? place : places[place].next_sibling;
  }
  return true;
}

}  // namespace warmgate::document
