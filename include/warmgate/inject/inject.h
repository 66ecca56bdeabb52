// Injection: the patch that makes a GPU server use its ModelCache: the claim's volume, a read-only mount, HF_HOME, the
// missing revision, offline mode where the policy wants it, a folder for what engines write beside a cache, provenance
// annotations, and while the ModelCache is not Ready the scheduling gate that keeps the Pod from taking a GPU. How an
// engine takes these is in its file (policies/engines). What the author wrote is never changed: where it conflicts,
// nothing is injected into that container and the conflict is told as an Obstacle. Idempotent. Pure functions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "warmgate/api/names.h"
#include "warmgate/api/waits_for.h"
#include "warmgate/document/json.h"
#include "warmgate/kube/facts.h"
#include "warmgate/kube/object.h"
#include "warmgate/models/reading.h"

namespace warmgate::inject {

// What one container got, for messages and for telling which findings injection mends.
struct Supplied {
  std::string container;
  std::string repo;
  std::string model_cache;  // its name
  std::string claim;
  std::string revision;
};

// Why a container's model is not served from a ModelCache that its namespace has: what the author wrote is in the way.
struct Obstacle {
  std::string container;
  std::string repo;
  std::string model_cache;  // its name
  std::string pointer;      // of what is in the way
  std::string given;        // what stands there
  std::string wanted;       // what the ModelCache would have there
  std::string reason;       // all that in words, to end a message with
  std::string help;
};

// Pods of one template, and the ModelCaches of theirs that are not Ready.
struct Hold {
  std::vector<api::WaitedFor> waits_for;
  std::string why_not;  // a clause: why they are not held back all the same; "" when they have the gate
};

// "held back by the scheduling gate warmgate.dev/model-cache until ModelCache/qwen (Qwen/Qwen3-32B at 9216db5781bf) is
// Ready", or that they are not, and why.
std::string describe(const Hold& hold);

struct Injection {
  std::vector<Supplied> supplied;
  std::vector<Obstacle> obstacles;  // at most one for a container and a repository
  std::vector<Hold> holds;
  std::shared_ptr<const document::Json> patch;    // RFC 6902 operations; an empty array when there is nothing to do
  std::shared_ptr<const document::Json> patched;  // the object after the patch

  // Nothing to do. A Pod that has everything but its annotations has a patch and nothing supplied.
  [[nodiscard]] bool empty() const;
};

// Annotations on Pods that use a ModelCache: "container=repo@commit", and "container=claim", comma separated.
using api::kModelsAnnotation;
inline constexpr std::string_view kClaimsAnnotation = "warmgate.dev/claims";

// A server of weights from the Hub that asks for an accelerator: what injection looks at.
bool is_gpu_server(const models::ModelUse& use);

struct Options {
  bool offline = false;  // keep engines from asking the Hub where all they load is in ModelCaches
  bool gates = true;     // hold Pods back while their ModelCache is not Ready
};

// For a Pod or for the templates of a workload (what its Pods will get).
Injection plan_injection(const kube::Object& object, const std::vector<models::TemplateReading>& readings,
                         const kube::ClusterFacts& facts, const models::Knowledge& knowledge, const Options& options);

}  // namespace warmgate::inject
