#include "warmgate/models/accelerators.h"

#include <algorithm>
#include <memory>

#include "warmgate/base/text.h"
#include "warmgate/document/embedded.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::models {
base::Result<Accelerators> Accelerators::read(const document::Document& document) {
  const document::View root(document.value());
  if (root["kind"].text() != "Accelerators") {
    return base::Error{"an accelerator file must be of kind Accelerators"};
  }
  Accelerators accelerators;
  accelerators.resources_ = root["spec"]["resources"].strings();
  accelerators.not_resources_ = root["spec"]["notResources"].strings();
  accelerators.device_classes_ = root["spec"]["deviceClasses"].strings();
  accelerators.node_labels_ = root["spec"]["nodeLabels"].strings();
  return accelerators;
}

base::Result<Accelerators> Accelerators::built_in() {
  const base::Result<document::Document> document = document::embedded_document("policies/accelerators.yaml");
  return document ? read(*document) : document.error();
}

bool Accelerators::is_accelerator(std::string_view resource) const {
  return base::matches_any_glob(resources_, resource) && !base::matches_any_glob(not_resources_, resource);
}

bool Accelerators::is_accelerator_node_label(std::string_view label) const {
  return base::matches_any_glob(node_labels_, label);
}

bool Accelerators::is_device_class(std::string_view name) const {
  return base::matches_any_glob(device_classes_, name);
}

bool Accelerators::names_device_class(std::string_view text) const {
  return std::any_of(device_classes_.begin(), device_classes_.end(), [&](const std::string& name) {
    return text.find("\"" + name + "\"") != std::string_view::npos ||
           text.find("'" + name + "'") != std::string_view::npos;
  });
}

std::map<std::string, std::int64_t> Accelerators::requested(const kube::Container& container) const {
  std::map<std::string, std::int64_t> out;
  for (const auto& [name, amount] : kube::resource_amounts(container)) {
    const std::int64_t count = kube::parse_quantity(amount).value_or(0);
    if (count > 0 && is_accelerator(name)) {
      out[name] = count;
    }
  }
  return out;
}

}  // namespace warmgate::models
