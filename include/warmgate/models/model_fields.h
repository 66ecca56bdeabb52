// ModelFields: fields of objects that name a model without any command line ("storageUri: hf://org/model:commit", the
// attributes of a volume), for kinds whose controllers load it. Data: the `models` of policies/kinds/*.yaml. Immutable
// after loading, thread-safe.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/document.h"
#include "warmgate/kube/field_path.h"
#include "warmgate/models/engine.h"

namespace warmgate::models {

struct ModelField {
  kube::FieldPath of;     // the pod template whose Pods load it; empty: none in particular
  kube::FieldPath field;  // names the model
  std::vector<std::pair<kube::FieldPath, std::string>> where;  // counts only where these fields have these values
  kube::FieldPath owner;                                       // the organization, when it stands in a field of its own
  kube::FieldPath inside;     // the field holds YAML, and the model is named at this place in it
  kube::FieldPath otherwise;  // or, where that is not there, at this one
  std::string scheme;         // "hf://": values with it name a repository of the Hub, others another place
  bool plain = false;         // a value without any scheme is a repository too
  std::string separator;      // between repository and revision: ":" or "@"; "": no revision in the value
  kube::FieldPath revision;   // the field for it; with `inside` a place in that YAML
  kube::FieldPath words;      // a list of words that has it behind one of
  std::vector<std::string> flags;
  std::string unknown_revision;                // why nothing in the object can tell the revision
  std::string unknown;                         // why the field does not tell the model, only that there is one
  std::string pin;                             // how a commit is given, for messages: "revision", "--revision"
  std::string container;                       // the container that loads it: its accelerators count
  std::string engine;                          // what loads it
  kube::FieldPath engine_field;                // or the field that tells,
  std::map<std::string, std::string> engines;  // by what it says
  Verb verb = Verb::kServe;
  Role role = Role::kWeights;
};

class ModelFields {
 public:
  // Those of a document of kind WorkloadKinds; of a kind that is known already they replace its fields.
  base::Status add(const document::Document& document);

  [[nodiscard]] const std::vector<ModelField>& of_kind(const std::string& group, const std::string& kind) const;
  // In every PodSpec; their paths begin there.
  [[nodiscard]] const std::vector<ModelField>& of_pod_specs() const { return of_pod_specs_; }

 private:
  std::map<std::pair<std::string, std::string>, std::vector<ModelField>> fields_;  // by group and kind
  std::vector<ModelField> of_pod_specs_;
};

}  // namespace warmgate::models
