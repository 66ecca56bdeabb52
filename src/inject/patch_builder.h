// PatchBuilder: RFC 6902 operations, each applied to a working copy as it is made, so that a patch which leaves here is
// known to apply, and parents that are missing are added first. A failing patch is not covered by failurePolicy: Ignore
// (k8s.io/apiserver plugin/webhook/mutating/dispatcher.go): it would refuse the user's Pod.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "warmgate/document/json.h"

namespace warmgate::inject {

class PatchBuilder {
 public:
  explicit PatchBuilder(document::Json object) : object_(std::move(object)) {}

  // Appends to the array at `pointer`, which is made when it is missing.
  void append(const std::string& pointer, const document::Json& value);
  // Sets a member of the object at `pointer`, which is made when it is missing; nothing when it has that value.
  void set_member(const std::string& pointer, const std::string& name, const document::Json& value);

  [[nodiscard]] const document::Json& object() const { return object_; }
  [[nodiscard]] const document::Json& patch() const { return patch_; }

 private:
  void add(const std::string& path, const document::Json& value, const char* operation);

  document::Json object_;
  document::Json patch_ = document::Json::array();
};

}  // namespace warmgate::inject
