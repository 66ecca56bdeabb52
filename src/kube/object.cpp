#include "warmgate/kube/object.h"

#include <utility>

namespace warmgate::kube {

Object::Object(document::Document document) : document_(std::move(document)) {
  const document::View view = root();
  const document::View metadata = view["metadata"];
  api_version_ = view["apiVersion"].text();
  key_ = {group_of(api_version_), view["kind"].text(), metadata["namespace"].text(), metadata["name"].text()};
}

Object::Object(document::Document document, std::string ns) : Object(std::move(document)) { key_.ns = std::move(ns); }

std::string Object::display_name() const {
  if (!key_.name.empty()) {
    return key_.kind + "/" + key_.name;
  }
  const std::string generate_name = root()["metadata"]["generateName"].text();
  return key_.kind + "/" + (generate_name.empty() ? "<unnamed>" : generate_name + "*");
}

std::map<std::string, std::string> Object::labels() const {
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : root()["metadata"]["labels"].members()) {
    labels[name] = value.text();
  }
  return labels;
}

std::optional<ControllerRef> Object::controller() const {
  for (const document::View& owner : root()["metadata"]["ownerReferences"].items()) {
    if (owner["controller"].boolean().value_or(false)) {
      return ControllerRef{group_of(owner["apiVersion"].text()), owner["kind"].text(), owner["name"].text()};
    }
  }
  return std::nullopt;
}

std::string group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string() : std::string(api_version.substr(0, slash));
}

bool same_namespace(std::string_view a, std::string_view b) { return a.empty() || b.empty() || a == b; }

bool same_object(const ObjectKey& a, const ObjectKey& b) {
  return !a.name.empty() && a.name == b.name && a.kind == b.kind && a.group == b.group && same_namespace(a.ns, b.ns);
}

}  // namespace warmgate::kube
