// Engine: how a serving engine or a downloader is recognised, and how its command line is read. Engines are data
// (policies/engines/*.yaml, described by policies/engine.schema.json), this is their form in memory. Immutable after
// loading, thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/document.h"
#include "warmgate/models/command_syntax.h"

namespace warmgate::models {

enum class Verb { kServe, kDownload };

std::string_view to_string(Verb verb);

// Which of an engine's images something holds for.
struct ImageRange {
  std::vector<std::string> images;  // globs; none: all
  std::vector<std::string> tags;    // globs; none: all
  std::vector<int> before;          // versions below this: {0, 11, 0}; none: all
};

// A program that its own packages no longer have.
struct Retired {
  std::string package;     // "huggingface_hub"
  std::vector<int> since;  // {1, 0, 0}
  std::string instead;     // "hf download"
};

// What begins a command line of the engine: a program, or a program with a sub-command or a Python module.
struct Launcher {
  enum class Model {
    kPositional,   // the first positional word is the model
    kPositionals,  // every positional word is one
    kPairs,        // the words are pairs of a model and the folder it is put into
    kFlag,         // only flags and variables name it
    kElsewhere,    // it is where `elsewhere` says
    kNone,         // it loads no model
  };

  std::vector<std::string> argv;  // globs; "..." stands for any words
  Model model = Model::kFlag;
  std::vector<std::string> tags;           // only in the engine's own images with such a tag ("*": any); none: anywhere
  std::optional<Verb> verb;                // other than the engine's
  std::optional<Role> role;                // of what is loaded when it is not the weights
  std::string flags_of;                    // it takes the flags of this engine too
  std::string default_model;               // other than the engine's
  std::string elsewhere;                   // where the model is when nobody names it, a clause; "": no place
  std::string positional_ignored;          // why a positional word names nothing, a clause
  std::string arguments_ignored;           // why words behind it change nothing, a clause; "": they count
  std::string revision_ignored;            // why the weights' revision changes nothing, a clause; "": it counts
  std::string env_prefix;                  // SM_VLLM_: SM_VLLM_FOO_BAR=v is --foo-bar v
  std::map<std::string, std::string> env;  // a variable that is handed on as a flag
  std::optional<Retired> retired;

  std::shared_ptr<const CommandSyntax> syntax;  // the engine's with that of `flags_of`; EngineTable sets it
};

// What runs when a container gives args only.
struct Entrypoint {
  ImageRange holds_for;
  std::vector<std::string> argv;
};

// What an engine loads when nobody names a model.
struct DefaultModel {
  ImageRange holds_for;
  std::string repo;
};

// Environment that the image sets itself.
struct ImageEnvironment {
  ImageRange holds_for;
  std::map<std::string, std::string> values;
};

// How injection tells the engine what it is to use.
struct InjectRules {
  std::string revision_flag;         // "--revision"; "": a variable says it, or nothing does
  std::string revision_env;          // "OPTION_REVISION"
  std::vector<std::string> offline;  // variables that, at 1, keep it from asking the Hub; none: it is not told
  std::string served_name_flag;      // keeps the name it serves where offline mode would make it a path
  std::string never;                 // why it gets nothing from a ModelCache, a clause
  std::string by_path;               // how it is given the path of a snapshot: "--model {snapshot}/<file>.gguf"
};

struct Engine {
  std::string name;
  Verb verb = Verb::kServe;
  std::vector<std::string> images;
  std::vector<Entrypoint> entrypoints;  // the first that holds for an image counts; so below
  std::vector<Launcher> launchers;
  std::vector<ImageEnvironment> image_environments;
  std::vector<DefaultModel> default_models;  // none: the engine refuses to start without one
  CommandSyntax syntax;

  InjectRules inject;
};

// The best match for a container image.
struct ImageMatch {
  const Engine* engine = nullptr;
  std::vector<int> version;  // from the tag; empty: unknown or newest
  std::string path;          // registry and repository
  std::string tag;
};

class EngineTable {
 public:
  // The engines of policies/engines that are built in.
  static base::Result<EngineTable> built_in();
  // Adds or replaces (by metadata.name) one engine from a document of kind Engine.
  base::Status add(const document::Document& document);

  [[nodiscard]] const std::vector<Engine>& engines() const { return engines_; }
  [[nodiscard]] const Engine* find(std::string_view name) const;
  [[nodiscard]] std::optional<ImageMatch> match_image(std::string_view image) const;

 private:
  base::Status add_all(std::span<const document::Document> documents);

  std::vector<Engine> engines_;
};

// "vllm serve": the words of its argv.
std::string launcher_text(const Launcher& launcher);
// The argv an image of this version runs before the container's args; empty when it has none.
std::vector<std::string> entrypoint_of(const ImageMatch& image);
std::map<std::string, std::string> environment_of(const ImageMatch& image);
// The model that `launcher` of `engine` loads when nobody names one, "" for none; `image` tells the version when it is
// the engine's.
std::string default_model_of(const Engine& engine, const Launcher& launcher, const std::optional<ImageMatch>& image);

}  // namespace warmgate::models
