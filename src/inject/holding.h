// Holding: which ModelCaches the Pods of a template wait for, and the gate that makes them wait. A gated Pod is not
// scheduled, and the autoscaler buys no GPU for it.
#pragma once

#include <optional>
#include <vector>

#include "patch_builder.h"
#include "warmgate/api/model_cache.h"
#include "warmgate/inject/inject.h"
#include "warmgate/kube/pod.h"
#include "warmgate/models/reading.h"

namespace warmgate::inject {

// The gate is in a Pod's spec.
bool has_gate(const document::View& spec);

// Of one pod template.
class Holding {
 public:
  // The Pods use this ModelCache. One that is Ready needs no waiting.
  void add(const api::ModelCache& cache);

  // Adds gate, label and annotation, where the Pods can and must be held back; nullopt when they wait for nothing, or
  // it is not known whether a controller runs.
  [[nodiscard]] std::optional<Hold> apply(PatchBuilder& builder, const kube::PodTemplate& pod,
                                          const kube::ClusterFacts& facts) const;

 private:
  std::vector<api::WaitedFor> waits_for_;
};

// The ModelCache whose snapshot a GPU server is given by its path, on a mount of its claim; nullptr when it is none.
const api::ModelCache* served_by_path(const models::ModelUse& use, const models::TemplateReading& reading,
                                      const std::vector<api::ModelCache>& caches);

}  // namespace warmgate::inject
