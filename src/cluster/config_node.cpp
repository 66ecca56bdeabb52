#include "config_node.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "small_file.h"
#include "warmgate/base/text.h"
#include "warmgate/document/pointer.h"

namespace warmgate::cluster {

ConfigNode::ConfigNode(const document::Document& document, std::string pointer)
    : document_(document), pointer_(std::move(pointer)) {}

document::View ConfigNode::view() const {
  const document::Json* value = document::resolve(document_.value(), pointer_);
  return value == nullptr ? document::View() : document::View(*value, pointer_);
}

ConfigNode ConfigNode::operator[](std::string_view member) const {
  return ConfigNode(document_, document::child_pointer(pointer_, member));
}

base::Error ConfigNode::error(const std::string& why) const {
  std::string where = "kubeconfig";
  const auto span = document_.value_span(pointer_);
  if (const document::SourceText* source = document_.source(); source != nullptr && span) {
    const document::Position position = source->position(span->begin);
    where += " " + source->name() + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
  }
  return base::Error{where + ": " + why};
}

base::Result<std::string> ConfigNode::text(std::string_view member) const {
  const ConfigNode node = (*this)[member];
  const document::View value = node.view();
  if (!value) {
    return std::string();
  }
  if (!value.is_string()) {
    return node.error(std::string(member) + " must be a string; quote it");
  }
  return value.text();
}

base::Result<bool> ConfigNode::flag(std::string_view member) const {
  const ConfigNode node = (*this)[member];
  const document::View value = node.view();
  if (!value) {
    return false;
  }
  if (!value.boolean()) {
    return node.error(std::string(member) + " must be true or false");
  }
  return *value.boolean();
}

std::string ConfigNode::resolve(const std::string& path) const {
  const document::SourceText* source = document_.source();
  const std::filesystem::path file(source == nullptr ? std::string() : source->name());
  return (file.parent_path() / path).lexically_normal().string();
}

base::Result<std::optional<std::string>> ConfigNode::data_or_file(const std::string& name,
                                                                  const std::string& what) const {
  auto data = text(name + "-data");
  auto path = text(name);
  if (!data || !path) {
    return data ? path.error() : data.error();
  }
  if (!data->empty()) {
    // Go's decoder passes over line breaks.
    std::erase_if(data.value(), [](char c) { return c == '\n' || c == '\r'; });
    auto bytes = base::base64_decode(*data);
    if (!bytes) {
      return (*this)[name + "-data"].error(name + "-data is not valid base64");
    }
    return std::optional(std::move(*bytes));
  }
  if (path->empty()) {
    return std::optional<std::string>();
  }
  const std::string file = resolve(*path);
  auto bytes = read_small_file(file, kMaxSecretFile);
  if (!bytes) {
    return (*this)[name].error("the " + what + " file " + file + " cannot be read: " + bytes.error().message);
  }
  return std::optional(std::move(bytes).value());
}

}  // namespace warmgate::cluster
