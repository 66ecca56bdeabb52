// Plan: what the controller is about to do to the cluster, made by pure functions from what it has observed. The same
// observation gives the same plan, and a plan that was carried out in part is made again from what is there then: so
// any crash between two writes is harmless. Plain values.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/cluster/kube_api.h"
#include "warmgate/kube/object.h"

namespace warmgate::controller {

using WallTime = std::chrono::system_clock::time_point;

struct Write {
  enum class Verb {
    kCreate,       // POST; that it exists already is no failure, the next look tells what it is
    kCreateJob,    // the same, after asking the API server that no other Job with this kClaimUidLabel is active, and
                   // that no Job of others is on its claim that is not among known_jobs
    kApply,        // server-side apply with our field manager; with preconditions.resource_version in the metadata
    kApplyStatus,  // the same for the sub-resource status
    kJsonPatch,    // RFC 6902; the operations test what they rely on
    kDelete,       // with its preconditions; that it is gone already is no failure
  };
  Verb verb = Verb::kApply;
  cluster::Resource resource;
  std::string ns;
  std::string name;
  cluster::JsonPtr body;  // nullptr for kDelete
  cluster::Preconditions preconditions;
  std::string why;                           // for the log: "the claim of ModelCache/qwen does not exist"
  std::vector<std::string> known_jobs = {};  // their UIDs
};

// An Event (core/v1) on an object. Told before the writes, under a name made of all its fields and `occasion`, so that
// telling it again after a crash changes nothing.
struct Note {
  enum class Type { kNormal, kWarning };
  kube::ObjectKey regarding;
  std::string api_version;
  std::string uid;
  Type type = Type::kNormal;
  std::string reason;    // UpperCamelCase
  std::string message;   // for people; at most 1024 bytes reach the API server
  std::string occasion;  // what makes it another event of the same kind: a Job's UID, a generation
};

// Carried out in order; a write that fails ends the rest, and the key is looked at again after a backoff.
struct Plan {
  std::vector<Note> notes;
  std::vector<Write> writes;
  std::optional<std::chrono::seconds> look_again;  // even when nothing changes until then
  std::vector<std::string> logs_of;                // Pods whose newest progress the next look needs
  std::vector<std::string> events_of;              // Jobs without Pods: why none was made
};

// The resource types that the controller deals with.
const cluster::Resource& model_caches();
const cluster::Resource& claims();
const cluster::Resource& jobs();
const cluster::Resource& pods();

}  // namespace warmgate::controller
