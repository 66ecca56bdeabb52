#include "patch_builder.h"

#include "warmgate/document/pointer.h"

namespace warmgate::inject {

using document::Json;

void PatchBuilder::add(const std::string& path, const Json& value, const char* operation) {
  const Json step = {{"op", operation}, {"path", path}, {"value", value}};
  object_.patch_inplace(Json::array({step}));
  patch_.push_back(step);
}

void PatchBuilder::append(const std::string& pointer, const Json& value) {
  const Json* array = document::resolve(object_, pointer);
  if (array == nullptr || !array->is_array()) {
    add(pointer, Json::array(), "add");
  }
  add(pointer + "/-", value, "add");
}

void PatchBuilder::set_member(const std::string& pointer, const std::string& name, const Json& value) {
  const Json* parent = document::resolve(object_, pointer);
  if (parent == nullptr || !parent->is_object()) {
    add(pointer, Json::object(), "add");
  }
  const std::string path = document::child_pointer(pointer, name);
  const Json* present = document::resolve(object_, path);
  if (present == nullptr || *present != value) {
    add(path, value, present == nullptr ? "add" : "replace");
  }
}

}  // namespace warmgate::inject
