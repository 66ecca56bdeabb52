// Kubernetes objects and Pod parts from JSON texts.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"

namespace warmgate::kube {

inline document::Json json(const std::string& text) { return document::Json::parse(text); }

inline Object object(const std::string& text) { return Object(document::Document(json(text))); }

// "apps/v1", "Deployment" and the like; `rest` are further members, without braces.
inline Object object(const std::string& api_version, const std::string& kind, const std::string& metadata,
                     const std::string& rest = R"("spec": {})") {
  return object(R"({"apiVersion": ")" + api_version + R"(", "kind": ")" + kind + R"(", "metadata": )" + metadata +
                ", " + rest + "}");
}

// A container that owns its JSON.
struct OwnedContainer {
  explicit OwnedContainer(const std::string& text) : value(json(text)) {}
  document::Json value;
  [[nodiscard]] Container view() const { return {View(value), ContainerKind::kMain}; }
};

}  // namespace warmgate::kube
