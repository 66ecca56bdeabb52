// What a claim asks for, and of which storage class.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "warmgate/kube/storage_facts.h"
#include "warmgate/rules/rule.h"

namespace warmgate::rules {

// A PersistentVolumeClaim, or the template of claims in a workload.
struct ClaimSpec {
  std::string label;  // claim "model-cache", volumeClaimTemplate "model-cache"
  std::string name;
  document::View spec;
};

struct ClaimClass {
  std::string name;
  std::string provisioner;
  kube::ClassParameters parameters;
  bool by_name = false;  // not among the facts: taken for the class that platforms install under that name

  // class "gp3" (ebs.csi.aws.com)
  [[nodiscard]] std::string label() const;
};

// The claims that volumes will be provisioned for: the object itself (unless it has a volume or names one), the claim
// templates of a StatefulSet, those of ephemeral volumes.
std::vector<ClaimSpec> claims_to_provision(const RuleContext& context);

// The class that a claim asks for; nullopt when none is named or nothing is known of it.
std::optional<ClaimClass> class_of(const RuleContext& context, const document::View& claim_spec);

// spec.resources.requests.storage.
document::View requested_storage(const document::View& claim_spec);

}  // namespace warmgate::rules
