// Reading: the model uses of a workload, each with the cache it reads or fills. This is what `warmgate inspect` prints
// and what the rules judge. Owns what it holds, but its views point into the object, which must outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/api/model_cache.h"
#include "warmgate/kube/facts.h"
#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"
#include "warmgate/kube/storage_facts.h"
#include "warmgate/kube/workload_kinds.h"
#include "warmgate/models/accelerators.h"
#include "warmgate/models/command_line.h"
#include "warmgate/models/engine.h"
#include "warmgate/models/model_fields.h"

namespace warmgate::models {

// Where the Hugging Face hub cache of a container lies, and on what.
struct CacheBinding {
  std::string path;        // the hub cache itself: "/cache/huggingface/hub"
  std::string home;        // HF_HOME when that decides the path, else ""
  std::string decided_by;  // "HF_HOME", "HF_HUB_CACHE", "--download-dir", "the image", "the default"
  Location location;       // of what decides; of the container when nothing in the manifest does
  bool known = true;
  std::string unknown_reason;
  bool local_dir = false;  // a plain folder (--local-dir) or a store of the engine's own, not a hub cache

  // The volume that holds the path; none: the container's own disk.
  std::optional<kube::Mount> mount;
  std::optional<kube::Volume> volume;
  // The path inside the volume (subPath included): two containers share a cache when claim and this are equal.
  std::string volume_path;

  // A variable that the manifest sets decides.
  [[nodiscard]] bool by_variable() const;
  [[nodiscard]] bool on_claim() const { return volume && volume->type == kube::VolumeType::kClaim; }
  // "pvc", "emptyDir", "hostPath", "csi", "container", or "other", also when the path cannot be known.
  [[nodiscard]] std::string backing() const;
};

// Something written that looks as if it named the model or its revision, and that the engine does not follow.
struct Ignored {
  IgnoredKind kind = IgnoredKind::kRevision;
  std::string written;  // as the author wrote it: "--model-revision", "org/name" for a positional word
  std::string value;    // of a flag or variable: a revision, a file's name; "" when it cannot be known
  std::string reason;   // why, a clause: "the server parses a positional word and serves its default model"
  Location location;
};

// A place outside the model's files that the engine writes to.
struct WrittenPlace {
  std::string what;                  // "the code of trust_remote_code"
  std::string path;                  // "/cache/huggingface/modules"; "" when it cannot be known
  std::string variable;              // what moves it: "HF_MODULES_CACHE"; "" when nothing does
  std::optional<kube::Mount> mount;  // none: the container's own disk
};

struct ModelUse {
  std::string container;
  kube::ContainerKind container_kind = kube::ContainerKind::kMain;
  std::string engine;
  std::string launcher;  // what runs: "vllm serve", "huggingface-cli download"
  Verb verb = Verb::kServe;
  Role role = Role::kWeights;

  std::string repo;  // "org/name", or the path of a local model; "" when it cannot be known
  bool repo_known = true;
  bool local = false;    // a path or another store: the Hub is not asked
  std::string store;     // of a local one: "path", "s3", "modelscope"
  std::string revision;  // "" when none is given
  bool revision_given = false;
  bool revision_known = true;
  std::string revision_flag;     // how this engine is given one: "--revision"
  std::string revision_name;     // else how the name carries it: "hf://org/name:<commit>"; "" when it cannot
  std::string unknown_reason;    // of what cannot be known
  bool follows_weights = false;  // without a revision of its own it is read at the weights', in whatever repository
  bool by_default = false;       // nobody named it: it is the engine's default model
  bool by_field = false;         // a field of the object names it, no command line (ModelFields)
  // What names it is not in its Pods: a command line that is submitted to them (kube::Submission), a ConfigMap. So the
  // webhook does not see it there, and nothing is injected for it.
  bool outside = false;

  Location source;                            // where the model is named
  std::optional<Location> revision_location;  // where the revision is
  std::string script_line;                    // the command as written, when it is a line of an `sh -c` script; else ""

  // What the engine's data (policies/engines) say about this command.
  std::vector<Ignored> ignored;      // what looks like this model's name or revision and is not followed
  std::string cannot_pin;            // why the engine takes no commit in this role, a clause; "" when it does
  std::string needs_refs;            // why it finds no commit in a cache without refs, a clause; "" when it does
  bool offline = false;              // told not to ask the Hub: HF_HUB_OFFLINE, or the engine's own flag
  bool trusts_code = false;          // runs Python code of the repository (trust_remote_code)
  std::string load_format;           // "runai_streamer"; "" for the engine's default
  std::optional<Word> filter;        // of a download: what makes it fetch some of the files only
  std::vector<WrittenPlace> writes;  // where it writes besides the model's files
  std::optional<Retired> retired;    // the launcher is gone from newer versions of its package

  CacheBinding cache;
  std::map<std::string, std::int64_t> accelerators;

  [[nodiscard]] bool pinned() const;
  [[nodiscard]] bool verifiable() const { return repo_known && revision_known; }
};

struct TemplateReading {
  kube::PodTemplate pod;
  std::vector<ModelUse> uses;
  kube::ContainersByName containers;
  kube::VolumesByName volumes;
};

// What readers need besides the object.
struct Knowledge {
  EngineTable engines;
  Accelerators accelerators;
  kube::StorageFacts storage;
  kube::WorkloadKinds kinds;
  ModelFields model_fields;
  static base::Result<Knowledge> built_in();
  // One document of an administrator's: kind Engine or StorageFacts.
  base::Status add(const document::Document& document);
  // Adds or replaces the kinds of a document of kind WorkloadKinds, their model fields too.
  base::Status add_kinds(const document::Document& document);
};

// One reading per pod template, and one more for what fields of the object name beside them; none for an object that is
// no workload. The facts tell what device claims ask for.
std::vector<TemplateReading> read_workload(const kube::Object& workload, const Knowledge& knowledge,
                                           const kube::ClusterFacts& facts);
// The same where nothing is known of device claims.
std::vector<TemplateReading> read_workload(const kube::Object& workload, const Knowledge& knowledge);

// What is read of the facts while verdicts are made, each object once: all workloads of a claim ask for its downloads.
// Knows an object by the document it shares. Refers to the facts and the knowledge; for one thread, and for one state
// of the facts.
class FactReadings {
 public:
  FactReadings(const kube::ClusterFacts& facts, const Knowledge& knowledge) : facts_(facts), knowledge_(knowledge) {}

  // As read_workload. What is returned lives as long as this.
  [[nodiscard]] const std::vector<TemplateReading>& of(const kube::Object& workload) const;
  // As api::model_caches.
  [[nodiscard]] const std::vector<api::ModelCache>& model_caches(const std::string& ns) const;

 private:
  struct Read {
    kube::Object object;  // keeps what the views point into
    std::vector<TemplateReading> readings;
  };
  const kube::ClusterFacts& facts_;
  const Knowledge& knowledge_;
  mutable std::map<const document::Json*, Read> workloads_;
  mutable std::map<std::string, std::vector<api::ModelCache>> caches_;
};

// A container as its commands meet it.
struct ContainerPlaces {
  kube::Container container;
  const kube::VolumesByName& volumes;
  kube::MountsByPath mounts;
  std::map<std::string, std::int64_t> accelerators;
};

// The cache of a command: `environment` decides, unless a flag did.
CacheBinding bind_cache(const ContainerPlaces& places, const kube::Environment& environment,
                        const std::optional<Word>& cache_dir, const std::optional<Word>& local_dir,
                        const CommandSyntax& syntax);

}  // namespace warmgate::models
