// Object: a document read as a Kubernetes object (apiVersion, kind, metadata). Cheap to copy, immutable, thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "warmgate/document/document.h"
#include "warmgate/document/view.h"

namespace warmgate::kube {

// What names an object in a cluster. The version is left out: the same object can be asked for in several.
struct ObjectKey {
  std::string group;  // "" for the core group
  std::string kind;
  std::string ns;  // "" when the manifest does not say
  std::string name;
  friend bool operator==(const ObjectKey&, const ObjectKey&) = default;
};

// metadata.ownerReferences entry with controller: true.
struct ControllerRef {
  std::string group;
  std::string kind;
  std::string name;
  friend bool operator==(const ControllerRef&, const ControllerRef&) = default;
};

class Object {
 public:
  explicit Object(document::Document document);
  // The same object in another namespace: an AdmissionReview names the namespace beside the object.
  Object(document::Document document, std::string ns);

  [[nodiscard]] const document::Document& document() const { return document_; }
  [[nodiscard]] document::View root() const { return document::View(document_.value()); }
  [[nodiscard]] const ObjectKey& key() const { return key_; }
  [[nodiscard]] const std::string& api_version() const { return api_version_; }
  [[nodiscard]] bool is(std::string_view group, std::string_view kind) const {
    return key_.group == group && key_.kind == kind;
  }

  // apiVersion and kind are there: it is meant for Kubernetes.
  [[nodiscard]] bool has_type() const { return !api_version_.empty() && !key_.kind.empty(); }
  // "Deployment/vllm", or "Pod/<unnamed>"; a generateName is shown with a trailing "*".
  [[nodiscard]] std::string display_name() const;
  [[nodiscard]] std::map<std::string, std::string> labels() const;
  [[nodiscard]] std::optional<ControllerRef> controller() const;

 private:
  document::Document document_;
  std::string api_version_;
  ObjectKey key_;
};

// Group of "apps/v1" is "apps", of "v1" "".
std::string group_of(std::string_view api_version);

// True when the two may be the same namespace: a manifest that names none goes wherever it is applied.
bool same_namespace(std::string_view a, std::string_view b);

// True when both name one object: equal but for a namespace that one of them leaves open. Objects without a name are
// never the same.
bool same_object(const ObjectKey& a, const ObjectKey& b);

}  // namespace warmgate::kube
