// ClusterFacts: the seam between the engine and the world. Offline it is made from the manifests given (BundleFacts),
// live from watches, in tests from literals. Rules cannot tell which, but can ask whether the facts are complete. An
// implementation is an immutable snapshot for as long as a verdict is made, so it is thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "warmgate/kube/object.h"
#include "warmgate/kube/workload_kinds.h"

namespace warmgate::kube {

// A workload whose Pods have the pod template of another object (Rollout.spec.workloadRef).
struct TemplateUser {
  Object object;
  BorrowedTemplate borrowed;  // points into `object`
};

// A kind of object of which the facts do not know how it is now.
struct FactsDoubt {
  std::string resource;                     // "persistentvolumeclaims"
  std::optional<std::chrono::seconds> age;  // since the cluster last told of it; nullopt: it never did
  std::string reason;                       // the last error; may be empty
};

class ClusterFacts {
 public:
  virtual ~ClusterFacts() = default;

  [[nodiscard]] virtual std::optional<Object> claim(std::string_view ns, std::string_view name) const = 0;
  // Any claim at all known in the namespace: then a missing one is worth a warning.
  [[nodiscard]] virtual bool has_claims(std::string_view ns) const = 0;
  // The PersistentVolume that the claim is bound to.
  [[nodiscard]] virtual std::optional<Object> persistent_volume(const Object& claim) const = 0;
  [[nodiscard]] virtual std::optional<Object> storage_class(std::string_view name) const = 0;
  // Workloads with a pod template that mounts the claim. Of Pods that are alike (one controller, one node) one stands
  // for all.
  [[nodiscard]] virtual std::vector<Object> workloads_on_claim(std::string_view ns, std::string_view claim) const = 0;
  // The workload of that name. Live facts know Pods with claims only; others are asked for by reference.
  [[nodiscard]] virtual std::optional<Object> workload(const ObjectKey& key) const = 0;
  // HorizontalPodAutoscalers and ScaledObjects whose scaleTargetRef is that object (one without apiVersion: by kind and
  // name).
  [[nodiscard]] virtual std::vector<Object> autoscalers_of(const ObjectKey& target) const = 0;
  // Those whose Pods have the template of that object. Live facts do not watch them.
  [[nodiscard]] virtual std::vector<TemplateUser> template_users(const ObjectKey& /*owner*/) const { return {}; }
  [[nodiscard]] virtual std::vector<Object> model_caches(std::string_view ns) const = 0;
  // The namespaces that have a Secret of that name, "" for one that goes wherever it is applied. Live facts never read
  // Secrets and know none.
  [[nodiscard]] virtual std::vector<std::string> secret_namespaces(std::string_view /*name*/) const { return {}; }
  // nullopt also where several of that name say different things. Live facts do not watch them: they may be anything,
  // and a change of one makes no request.
  [[nodiscard]] virtual std::optional<Object> config_map(std::string_view /*ns*/, std::string_view /*name*/) const {
    return std::nullopt;
  }
  // A ResourceClaim, ResourceClaimTemplate or DeviceClass (DRA). Live facts do not watch them.
  [[nodiscard]] virtual std::optional<Object> device_claim(const ObjectKey& /*key*/) const { return std::nullopt; }
  // Whether a controller is there that makes ModelCaches Ready and lets the Pods go that wait for them: its Lease is
  // being renewed; a Lease in files counts as one that is. Without it no Pod may be held back.
  [[nodiscard]] virtual bool controller_active() const { return false; }
  // True when what is not here does not exist: live facts, or `--facts-complete`.
  [[nodiscard]] virtual bool complete() const = 0;
  // What is missing or out of date at the moment. Facts from files are as good as their author says: no doubts.
  [[nodiscard]] virtual std::vector<FactsDoubt> doubts() const { return {}; }
};

// Facts over a set of objects: the linter's bundle, `serve --facts`.
class BundleFacts final : public ClusterFacts {
 public:
  // With the built-in workload kinds.
  explicit BundleFacts(std::vector<Object> objects, bool complete = false);
  BundleFacts(std::vector<Object> objects, bool complete, const WorkloadKinds& kinds);

  [[nodiscard]] std::optional<Object> claim(std::string_view ns, std::string_view name) const override;
  [[nodiscard]] bool has_claims(std::string_view ns) const override;
  [[nodiscard]] std::optional<Object> persistent_volume(const Object& claim) const override;
  [[nodiscard]] std::optional<Object> storage_class(std::string_view name) const override;
  [[nodiscard]] std::vector<Object> workloads_on_claim(std::string_view ns, std::string_view claim) const override;
  [[nodiscard]] std::optional<Object> workload(const ObjectKey& key) const override;
  [[nodiscard]] std::vector<Object> autoscalers_of(const ObjectKey& target) const override;
  [[nodiscard]] std::vector<TemplateUser> template_users(const ObjectKey& owner) const override;
  [[nodiscard]] std::vector<Object> model_caches(std::string_view ns) const override;
  // What becomes a Secret counts as one: ExternalSecret, SealedSecret.
  [[nodiscard]] std::vector<std::string> secret_namespaces(std::string_view name) const override;
  [[nodiscard]] std::optional<Object> config_map(std::string_view ns, std::string_view name) const override;
  [[nodiscard]] std::optional<Object> device_claim(const ObjectKey& key) const override;
  [[nodiscard]] bool controller_active() const override { return controller_active_; }
  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  // Objects by a name that leads to them: their own, or that of what they are about. Those of one name in the order
  // given.
  using ByName = std::multimap<std::string, Object, std::less<>>;

  void add_volume(Object volume);
  void add_workload(Object workload, const WorkloadKinds& kinds);

  bool complete_;
  bool controller_active_ = false;
  ByName claims_;
  std::set<std::string, std::less<>> claim_namespaces_;
  ByName volumes_;
  ByName volumes_of_claims_;  // by the name of the claim they are bound to
  ByName storage_classes_;
  ByName autoscalers_;  // by the name of what they scale
  std::vector<Object> model_caches_;
  ByName device_claims_;
  ByName config_maps_;
  ByName workloads_;
  ByName claim_users_;                                                    // workloads by each of their claims
  std::multimap<std::string, TemplateUser, std::less<>> template_users_;  // by the name of the owner
  std::multimap<std::string, std::string, std::less<>> secrets_;          // their namespaces by name
};

}  // namespace warmgate::kube
