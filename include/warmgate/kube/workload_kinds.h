// WorkloadKinds: which kinds of objects make Pods, and where in them the pod templates stand. Data
// (policies/kinds/*.yaml, more by --kinds); the rules see pod templates only. Immutable after loading, thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/document.h"
#include "warmgate/kube/field_path.h"
#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"

namespace warmgate::kube {

// How many Pods of a template run at once.
struct PodCountRule {
  FieldPath count;             // spec.replicas
  std::int64_t otherwise = 1;  // when that field is not there
  FieldPath at_most;           // spec.completions: never more than that
  FieldPath min;               // of an autoscaler that the kind has itself
  FieldPath max;
  std::optional<std::int64_t> default_max;  // when that field is not there
  FieldPath autoscaling;                    // min and max count only where this is set and not false
  std::vector<FieldPath> times;             // Pods in one replica: the product of these, where they are there
  std::int64_t less = 0;                    // of them so many are no Pods of this template
  std::int64_t at_least = 0;                // of the maximum: what scales from zero runs once it is asked for
  bool every_node = false;
  bool autoscaled = false;  // by the scale sub-resource
};

// A claim that the Pods mount without a PodSpec that says so.
struct ClaimRule {
  FieldPath claim;
  std::string suffix;  // the claim's name ends with this more
  std::string at;      // where it is mounted; or
  FieldPath path;      // the field that tells
  FieldPath sub_path;
};

// A container that stands elsewhere than in the containers of a PodSpec.
struct ContainerRule {
  FieldPath path;
  std::string name;
  std::vector<FieldPath> engine_fields;        // the first that is there tells the engine
  std::map<std::string, std::string> engines;  // by what it says
  std::vector<FieldPath> env;
  std::map<std::string, FieldPath> amounts;  // resource to field
  std::vector<ClaimRule> claims;
};

// See Submission.
struct SubmissionRule {
  FieldPath script;
  FieldPath settings;
  FieldPath variables;
  FieldPath unless;              // not where this is there
  std::vector<FieldPath> moved;  // fields that may move it
};

struct TemplateRule {
  FieldPath path;
  bool is_pod_spec = false;  // the PodSpec itself, not metadata and spec
  bool is_pod = true;        // false: no PodSpec at all, `containers` tell everything
  FieldPath when;            // holds only where this is there
  FieldPath unless;          // or where this is not
  PodCountRule pods;
  bool completes = false;
  FieldPath claim_templates;
  FieldPath strategy;
  std::string hidden;  // see ContainerExtras
  std::vector<ContainerRule> containers;
  std::vector<SubmissionRule> submitted;
};

// Its Pods have the pod template of another object.
struct BorrowRule {
  FieldPath object;  // apiVersion, kind and name
  PodCountRule pods;
  FieldPath strategy;
  FieldPath instead;                        // says whether they replace the Pods of that object,
  std::vector<std::string> instead_values;  // by one of these
};

struct WorkloadKind {
  std::string group;
  std::string kind;
  std::string pod_label;  // a label of its Pods that holds its name
  std::vector<TemplateRule> templates;
  std::optional<BorrowRule> borrows;
};

// Where the pod template of a workload stands, when it is another object's.
struct BorrowedTemplate {
  ObjectKey owner;
  PodCount count;
  View strategy;
  bool instead = false;  // the owner's own Pods end once these run
};

class WorkloadKinds {
 public:
  WorkloadKinds() = default;  // knows no kind
  // Those of policies/kinds that are built in.
  static base::Result<WorkloadKinds> built_in();
  // Adds or replaces (by group and kind) those of a document of kind WorkloadKinds.
  base::Status add(const document::Document& document);

  [[nodiscard]] bool is_workload(const Object& object) const { return find(object) != nullptr; }
  // By name, for messages and generated docs: "Pod", "Deployment", …
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] const std::vector<WorkloadKind>& kinds() const { return kinds_; }

  // None for an object that is no workload, or whose templates are not written. They point into `object`.
  [[nodiscard]] std::vector<PodTemplate> pod_templates(const Object& object) const;
  // Points into `object` too.
  [[nodiscard]] std::optional<BorrowedTemplate> borrowed_template(const Object& object) const;
  // The PVCs that any of its pod templates mounts (claim templates excluded).
  [[nodiscard]] std::vector<std::string> claims_of(const Object& object) const;
  // As kube::same_workload, and by the label that a kind's Pods have.
  [[nodiscard]] bool same_workload(const Object& object, const Object& other) const;

 private:
  [[nodiscard]] const WorkloadKind* find(const Object& object) const;

  std::vector<WorkloadKind> kinds_;                                     // in the order of the files
  std::map<std::pair<std::string, std::string>, std::size_t> by_name_;  // group and kind
};

// Of a document of kind WorkloadKinds; the error names the place. Fields for other readers (models) are left to them.
base::Result<std::vector<WorkloadKind>> read_workload_kinds(const document::Document& document);

}  // namespace warmgate::kube
