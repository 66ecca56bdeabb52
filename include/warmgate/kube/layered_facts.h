// LayeredFacts: two ClusterFacts as one; of an object that both have, `first` is believed. The manifests of a bundle
// over the cluster they will be applied to (`lint --cluster`), the cluster over files (`serve --cluster --facts`).
// Refers to both, which must outlive it; immutable, so thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "warmgate/kube/facts.h"

namespace warmgate::kube {

class LayeredFacts final : public ClusterFacts {
 public:
  LayeredFacts(const ClusterFacts& first, const ClusterFacts& second) : first_(first), second_(second) {}

  [[nodiscard]] std::optional<Object> claim(std::string_view ns, std::string_view name) const override;
  [[nodiscard]] bool has_claims(std::string_view ns) const override;
  [[nodiscard]] std::optional<Object> persistent_volume(const Object& claim) const override;
  [[nodiscard]] std::optional<Object> storage_class(std::string_view name) const override;
  [[nodiscard]] std::vector<Object> workloads_on_claim(std::string_view ns, std::string_view claim) const override;
  [[nodiscard]] std::optional<Object> workload(const ObjectKey& key) const override;
  [[nodiscard]] std::vector<Object> autoscalers_of(const ObjectKey& target) const override;
  [[nodiscard]] std::vector<TemplateUser> template_users(const ObjectKey& owner) const override;
  [[nodiscard]] std::vector<Object> model_caches(std::string_view ns) const override;
  [[nodiscard]] std::vector<std::string> secret_namespaces(std::string_view name) const override;
  [[nodiscard]] std::optional<Object> config_map(std::string_view ns, std::string_view name) const override;
  [[nodiscard]] std::optional<Object> device_claim(const ObjectKey& key) const override;
  [[nodiscard]] bool controller_active() const override {
    return first_.controller_active() || second_.controller_active();
  }
  // One that knows everything is enough.
  [[nodiscard]] bool complete() const override { return first_.complete() || second_.complete(); }
  [[nodiscard]] std::vector<FactsDoubt> doubts() const override;

 private:
  const ClusterFacts& first_;
  const ClusterFacts& second_;
};

// The same, owning both.
std::shared_ptr<const ClusterFacts> layered(std::shared_ptr<const ClusterFacts> first,
                                            std::shared_ptr<const ClusterFacts> second);

}  // namespace warmgate::kube
