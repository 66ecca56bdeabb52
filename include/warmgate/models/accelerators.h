// Accelerators: which container resources are GPUs and their like, and which node labels stand for nodes that have
// them. Data (policies/accelerators.yaml). Immutable after loading, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/document.h"
#include "warmgate/kube/pod.h"

namespace warmgate::models {

class Accelerators {
 public:
  static base::Result<Accelerators> built_in();
  static base::Result<Accelerators> read(const document::Document& document);

  [[nodiscard]] bool is_accelerator(std::string_view resource) const;
  [[nodiscard]] bool is_accelerator_node_label(std::string_view label) const;
  // Those labels themselves; they may hold globs.
  [[nodiscard]] const std::vector<std::string>& node_labels() const { return node_labels_; }
  // Of Dynamic Resource Allocation.
  [[nodiscard]] bool is_device_class(std::string_view name) const;
  // A text (a CEL expression) that has one of them in quotes: DeviceClasses select by driver, which is named alike.
  [[nodiscard]] bool names_device_class(std::string_view text) const;
  // The accelerators that a container asks for, with their amounts; those of which it asks zero are left out.
  [[nodiscard]] std::map<std::string, std::int64_t> requested(const kube::Container& container) const;

 private:
  std::vector<std::string> resources_;
  std::vector<std::string> not_resources_;
  std::vector<std::string> device_classes_;
  std::vector<std::string> node_labels_;
};

}  // namespace warmgate::models
