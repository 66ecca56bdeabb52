// CommandSyntax: which words and variables of an engine's command line name models, revisions, caches and switches, and
// how its parser reads them. Part of an engine file (policies/engines/*.yaml); plain data, immutable after loading.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warmgate::models {

enum class Role { kWeights, kTokenizer, kCode, kDraft, kAdapter };

std::string_view to_string(Role role);

// How a value that names several models is taken apart.
struct ModelList {
  bool words = false;         // the flag takes several words
  std::string separator;      // between models in one word: ","; "": none
  bool named = false;         // each is `name=model` or a model
  std::string revision_mark;  // org/name@revision; "": none
  // Members of a JSON item that hold the model, the first that is there: {"name": "x", "path": "org/name"}.
  std::vector<std::string> json_paths;
  bool json_values = false;       // the value is a JSON object whose values are models
  bool paired_revisions = false;  // the nth revision belongs to the nth model
};

// One kind of model an engine loads, and where command line and environment name it. Of the sources of the weights the
// first that is given counts.
struct ModelSource {
  Role role = Role::kWeights;
  std::vector<std::string> flags;
  std::vector<std::string> env;  // read when the command line does not say
  std::vector<std::string> revision_flags;
  std::vector<std::string> revision_env;
  bool revision_of_weights = false;  // without a revision of its own it is read at the weights' revision
  bool repo_of_weights = false;      // with a revision but no name it is in the weights' repository
  bool needs_trust = false;          // loaded only with trust_remote_code
  bool path = false;                 // the value is a path, whatever it looks like
  std::string json_model;            // the flag's value is JSON and the model stands under this key
  std::string json_revision;
  std::optional<ModelList> list;
  std::vector<std::string> not_models;         // values that name a method, no model: "ngram"; globs
  std::map<std::string, std::string> presets;  // a switch that stands for a repository
  std::string cannot_pin;                      // why the engine takes no commit here, a clause; "": it does
};

// What looks as if it named a model, a revision or more settings, and is not followed.
enum class IgnoredKind { kRevision, kModel, kConfig };
struct IgnoredFlag {
  IgnoredKind kind = IgnoredKind::kRevision;
  std::vector<std::string> flags;
  std::vector<std::string> env;
  std::string reason;  // why, a clause
};

// What is not said here is as in `flagsOf`'s engine, else the default.
struct FlagParser {
  std::optional<bool> equals_form;          // --flag=value; default true
  std::optional<bool> underscores;          // --a_b is --a-b; default false
  std::optional<bool> abbreviations;        // a unique prefix of a flag is the flag (Python's argparse); default false
  std::optional<bool> dotted;               // --flag.key value sets a key of the flag's JSON; default false
  std::optional<bool> unknown_takes_value;  // an unknown --flag consumes the next word; default true
  std::vector<std::string> switches;        // flags without a value; globs
  std::vector<std::string> value_flags;     // flags with a value
  std::vector<std::string> list_flags;      // flags with several values
  // Flags that name a file with more settings, which cannot be read.
  std::optional<std::vector<std::string>> config_flags;
  std::string config_equals_ignored;  // why --config=file loads nothing; "": it does
};

struct CacheVariable {
  std::string name;
  std::string below;  // the hub cache is this folder of the value: "/hub"
};

// Where the engine keeps what it downloads.
struct CacheRules {
  std::vector<std::string> flags;            // the cache itself (--cache-dir, --download-dir)
  bool flags_of_weights = false;             // `flags` move the weights and draft models only
  std::vector<std::string> local_dir_flags;  // a plain folder, no hub cache
  std::vector<CacheVariable> variables;      // in the order they are looked at; none: those of huggingface_hub
  std::string default_path;                  // "": ~/.cache/huggingface/hub
  std::optional<bool> hub_layout;            // false: a store of its own, which no other engine reads; default true
};

// What the engine writes next to its cache.
struct Writes {
  enum class When { kAlways, kTrustRemoteCode, kUnpinned, kCacheFlag };
  std::string what;  // "the code of trust_remote_code"
  When when = When::kAlways;
  std::string below;     // "HF_HOME", "HF_HUB_CACHE": of the container's cache; "": `path` is absolute
  std::string path;      // "modules"
  std::string variable;  // the variable that moves it: "HF_MODULES_CACHE"; "": none
};

// How the engine is told something that is on or off.
struct Setting {
  std::vector<std::string> flags;
  std::vector<std::string> off_flags;
  std::vector<std::string> env;     // the first that is not empty decides
  std::vector<std::string> values;  // of the variable that mean on, in lower case; none: 1, on, true, yes
  bool exact = false;               // the variable's value is compared as it stands
  bool by_default = false;
};

// Set to one of `values`, the variable makes names mean models of another hub.
struct OtherHub {
  std::string env;
  std::vector<std::string> values;
  std::string store;  // "modelscope"
};

// How the name of a model is written.
struct ModelNames {
  bool quantization_suffix = false;   // org/name:Q4_K_M is a quantization of org/name
  std::vector<std::string> hub_uris;  // prefixes that name a Hub repository; none: hf://
  std::string revision_mark;          // hf://org/name@revision; "": as huggingface_hub, "@"
  bool revision_reliable = true;      // false: what stands behind the mark pins nothing
  std::string default_store;          // of a name that is neither a path nor has one of `hub_uris`; "": the Hub
  std::vector<OtherHub> other_hubs;
};

struct CommandSyntax {
  FlagParser parser;
  std::vector<ModelSource> models;
  ModelNames names;
  CacheRules cache;
  std::vector<IgnoredFlag> ignored;
  std::optional<Setting> offline;  // none: as huggingface_hub
  std::optional<Setting> trust_remote_code;
  std::vector<Writes> writes;
  std::vector<std::string> load_format_flags;
  std::vector<std::string> filter_flags;     // only some files are downloaded
  std::vector<std::string> repo_type_flags;  // --repo-type dataset: then it is no model
  std::string needs_refs;                    // why a commit is not found in a cache without refs, a clause; "": it is
};

// `own` over `base`: a role that `own` names replaces that of `base`, a list of flags is added to that of `base`, and
// what `own` says counts.
CommandSyntax merged(const CommandSyntax& own, const CommandSyntax& base);

}  // namespace warmgate::models
