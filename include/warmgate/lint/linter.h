// The linter: judges every object of a bundle of texts, each with all others as facts. Pure but for what read_inputs
// did.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "warmgate/base/redact.h"
#include "warmgate/kube/facts.h"
#include "warmgate/kube/object.h"
#include "warmgate/lint/diagnostic.h"
#include "warmgate/lint/input.h"
#include "warmgate/models/reading.h"
#include "warmgate/policy/policy.h"

namespace warmgate::lint {

struct Options {
  std::string ns;               // for objects that name no namespace; "" leaves them open
  bool facts_complete = false;  // what is not in the input does not exist
  // What exists in the cluster that the input is for; of an object that is in both, the input's counts.
  std::shared_ptr<const kube::ClusterFacts> cluster = nullptr;
};

// The objects of a bundle, with the problems of reading them; a ModelCache among the facts that its schema refuses is
// one.
struct Bundle {
  std::vector<kube::Object> objects;  // of the inputs that are checked
  std::vector<kube::Object> extra;    // of --facts: seen by rules, not judged
  std::vector<Diagnostic> problems;
  base::Redactor redactor;  // knows every secret of the bundle

  [[nodiscard]] kube::BundleFacts facts(bool complete, const kube::WorkloadKinds& kinds) const;
  // True when an object of that name is checked itself.
  [[nodiscard]] bool checks(const kube::ObjectKey& key) const;
};

Bundle read_bundle(const Inputs& inputs, const Inputs& facts, const Options& options);

// What the objects of a bundle are judged with: its own, and under them those of the cluster.
std::shared_ptr<const kube::ClusterFacts> all_facts(const Bundle& bundle, const Options& options,
                                                    const kube::WorkloadKinds& kinds);

struct Report {
  std::vector<Diagnostic> diagnostics;  // ordered by file (as given), line, column
  std::size_t files = 0;
  std::size_t objects = 0;  // read
  std::size_t checked = 0;  // of a kind that Warmgate judges
  std::size_t model_uses = 0;

  [[nodiscard]] std::size_t count(Severity severity) const;
};

Report lint(const Inputs& inputs, const Bundle& bundle, const models::Knowledge& knowledge,
            const policy::Policy& policy, const Options& options);

}  // namespace warmgate::lint
