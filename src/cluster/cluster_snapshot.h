// ClusterSnapshot: ClusterFacts from Collections. Immutable.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "fact_types.h"
#include "warmgate/cluster/collection.h"
#include "warmgate/kube/facts.h"

namespace warmgate::cluster {

class ClusterSnapshot final : public kube::ClusterFacts {
 public:
  using Collections = std::array<std::shared_ptr<const Collection>, kFactTypes>;

  ClusterSnapshot(Collections collections, std::vector<kube::FactsDoubt> doubts, bool controller_active)
      : collections_(std::move(collections)), doubts_(std::move(doubts)), controller_active_(controller_active) {}

  [[nodiscard]] std::optional<kube::Object> claim(std::string_view ns, std::string_view name) const override;
  [[nodiscard]] bool has_claims(std::string_view ns) const override;
  [[nodiscard]] std::optional<kube::Object> persistent_volume(const kube::Object& claim) const override;
  [[nodiscard]] std::optional<kube::Object> storage_class(std::string_view name) const override;
  [[nodiscard]] std::vector<kube::Object> workloads_on_claim(std::string_view ns,
                                                             std::string_view claim) const override;
  [[nodiscard]] std::optional<kube::Object> workload(const kube::ObjectKey& key) const override;
  [[nodiscard]] std::vector<kube::Object> autoscalers_of(const kube::ObjectKey& target) const override;
  [[nodiscard]] std::vector<kube::Object> model_caches(std::string_view ns) const override;
  [[nodiscard]] bool controller_active() const override { return controller_active_; }
  [[nodiscard]] bool complete() const override { return doubts_.empty(); }
  [[nodiscard]] std::vector<kube::FactsDoubt> doubts() const override { return doubts_; }

 private:
  [[nodiscard]] const Collection& of(FactType type) const { return *collections_.at(static_cast<std::size_t>(type)); }

  Collections collections_;
  std::vector<kube::FactsDoubt> doubts_;
  bool controller_active_;
};

}  // namespace warmgate::cluster
