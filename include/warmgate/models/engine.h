// Engine: how a serving engine or a downloader is recognised and which words of its command line name models. Engines
// are data (policies/engines/*.yaml), this is their form in memory. Immutable after loading, thread-safe.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/document.h"

namespace warmgate::models {

enum class Verb { kServe, kDownload };
enum class Role { kWeights, kTokenizer, kCode, kDraft, kAdapter };

std::string_view to_string(Verb verb);
std::string_view to_string(Role role);

// What begins a command line of the engine: a program, or a program with a sub-command or a Python module.
struct Launcher {
  std::vector<std::string> argv;
  bool positional_model = false;  // the first positional word is the model
};

// What runs when a container gives args only. `before` bounds the image versions it holds for.
struct Entrypoint {
  std::vector<int> before;  // {0, 11, 0}; empty: all others
  std::vector<std::string> argv;
};

// What an engine loads when nobody names a model. `before` bounds the versions it holds for.
struct DefaultModel {
  std::vector<int> before;  // empty: all others
  std::string repo;
};

// One kind of model an engine loads, and where command line and environment name it.
struct ModelSource {
  Role role = Role::kWeights;
  std::vector<std::string> flags;
  std::vector<std::string> env;  // read when the command line does not say
  std::vector<std::string> revision_flags;
  std::vector<std::string> revision_env;
  bool revision_of_weights = false;  // without a revision of its own it is read at the weights' revision
  std::string json_model;            // the flag's value is JSON and the model stands under this key
  std::string json_revision;
  bool named_list = false;  // several words, each `name=model` or a model (LoRA adapters)
};

// Environment that the image sets itself, for image versions before `before` (empty: all others) of `images` (empty:
// all).
struct ImageEnvironment {
  std::vector<std::string> images;
  std::vector<int> before;
  std::map<std::string, std::string> values;
};

struct Engine {
  std::string name;
  Verb verb = Verb::kServe;
  std::vector<std::string> images;
  std::vector<Entrypoint> entrypoints;
  std::vector<Launcher> launchers;
  std::vector<ImageEnvironment> image_environments;
  std::vector<DefaultModel> default_models;  // none: the engine refuses to start without one

  bool equals_form = true;                // --flag=value
  bool underscores = false;               // --a_b is --a-b
  bool abbreviations = false;             // a unique prefix of a flag is the flag (Python's argparse)
  bool unknown_takes_value = true;        // an unknown --flag consumes the next word
  std::vector<std::string> switches;      // flags without a value; globs
  std::vector<std::string> value_flags;   // flags with a value
  std::vector<std::string> config_flags;  // flags that name a file with more settings, which cannot be read

  std::vector<ModelSource> models;
  std::vector<std::string> cache_dir_flags;        // the hub cache itself (--cache-dir, --download-dir)
  std::vector<std::string> local_dir_flags;        // a plain folder, no hub cache
  std::vector<std::string> other_repo_type_flags;  // --repo-type dataset: then it is no model
  bool quantization_suffix = false;                // org/name:Q4_K_M is a quantization of org/name

  std::string inject_revision_flag;  // how injection gives the commit
};

// The best match for a container image.
struct ImageMatch {
  const Engine* engine = nullptr;
  std::vector<int> version;  // from the tag; empty: unknown or newest
  std::string path;          // registry and repository
};

class EngineTable {
 public:
  // The engines of policies/engines that are built in.
  static base::Result<EngineTable> built_in();
  // Adds or replaces (by metadata.name) one engine from a document of kind Engine.
  base::Status add(const document::Document& document);

  [[nodiscard]] const std::vector<Engine>& engines() const { return engines_; }
  [[nodiscard]] std::optional<ImageMatch> match_image(std::string_view image) const;

 private:
  std::vector<Engine> engines_;
};

// The argv an image of this version runs before the container's args; empty when it has none.
std::vector<std::string> entrypoint_of(const ImageMatch& image);
std::map<std::string, std::string> environment_of(const ImageMatch& image);
// The model that `engine` loads when nobody names one, "" for none; `image` tells the version when it is the engine's.
std::string default_model_of(const Engine& engine, const std::optional<ImageMatch>& image);

}  // namespace warmgate::models
