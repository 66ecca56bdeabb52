#include "command_syntax_reader.h"

#include <utility>

namespace warmgate::models {
namespace {

using View = EngineDocument::View;
using Names = EngineDocument::Names;

FlagParser read_parser(EngineDocument& document, const View& view) {
  document.known_members(view, {"equals", "underscores", "abbreviations", "dotted", "unknownFlags", "switches",
                                "values", "lists", "config"});
  FlagParser parser;
  parser.equals_form = document.boolean(view["equals"]);
  parser.underscores = document.boolean(view["underscores"]);
  parser.abbreviations = document.boolean(view["abbreviations"]);
  parser.dotted = document.boolean(view["dotted"]);
  if (const View unknown = view["unknownFlags"]) {
    parser.unknown_takes_value = document.one_of(unknown, {"value", "switch"}) == 0;
  }
  parser.switches = document.strings(view["switches"]);
  parser.value_flags = document.strings(view["values"]);
  parser.list_flags = document.strings(view["lists"]);
  const View config = view["config"];
  document.known_members(config, {"flags", "equalsIgnored"});
  if (config) {
    parser.config_flags = document.strings(config["flags"]);
  }
  parser.config_equals_ignored = document.text(config["equalsIgnored"]);
  return parser;
}

ModelList read_list(EngineDocument& document, const View& view) {
  document.known_members(view,
                         {"words", "separator", "named", "revisionMark", "jsonPaths", "jsonValues", "pairedRevisions"});
  ModelList list;
  list.words = document.boolean(view["words"]).value_or(false);
  list.separator = document.text(view["separator"]);
  list.named = document.boolean(view["named"]).value_or(false);
  list.revision_mark = document.text(view["revisionMark"]);
  list.json_paths = document.strings(view["jsonPaths"]);
  list.json_values = document.boolean(view["jsonValues"]).value_or(false);
  list.paired_revisions = document.boolean(view["pairedRevisions"]).value_or(false);
  return list;
}

ModelSource read_source(EngineDocument& document, const View& view) {
  document.known_members(view, {"role", "flags", "env", "revision", "ofWeights", "needsTrust", "path", "json", "list",
                                "notModels", "presets", "cannotPin"});
  ModelSource source;
  source.role = static_cast<Role>(document.one_of(view["role"], role_names()));
  source.flags = document.strings(view["flags"]);
  source.env = document.strings(view["env"]);
  const View revision = view["revision"];
  document.known_members(revision, {"flags", "env", "ofWeights"});
  source.revision_flags = document.strings(revision["flags"]);
  source.revision_env = document.strings(revision["env"]);
  source.revision_of_weights = document.boolean(revision["ofWeights"]).value_or(false);
  source.repo_of_weights = document.boolean(view["ofWeights"]).value_or(false);
  source.needs_trust = document.boolean(view["needsTrust"]).value_or(false);
  source.path = document.boolean(view["path"]).value_or(false);
  document.known_members(view["json"], {"model", "revision"});
  source.json_model = document.text(view["json"]["model"]);
  source.json_revision = document.text(view["json"]["revision"]);
  if (const View list = view["list"]) {
    source.list = read_list(document, list);
  }
  source.not_models = document.strings(view["notModels"]);
  source.presets = document.texts(view["presets"]);
  source.cannot_pin = document.text(view["cannotPin"]);
  return source;
}

ModelNames read_names(EngineDocument& document, const View& view) {
  document.known_members(
      view, {"quantizationSuffix", "hubUris", "revisionMark", "revisionReliable", "defaultStore", "otherHubs"});
  ModelNames names;
  names.quantization_suffix = document.boolean(view["quantizationSuffix"]).value_or(false);
  names.hub_uris = document.strings(view["hubUris"]);
  names.revision_mark = document.text(view["revisionMark"]);
  names.revision_reliable = document.boolean(view["revisionReliable"]).value_or(true);
  names.default_store = document.text(view["defaultStore"]);
  for (const View& hub : document.items(view["otherHubs"])) {
    document.known_members(hub, {"env", "values", "store"});
    names.other_hubs.push_back(
        {document.needed_text(hub["env"]), document.strings(hub["values"]), document.needed_text(hub["store"])});
  }
  return names;
}

CacheRules read_cache(EngineDocument& document, const View& view) {
  document.known_members(view, {"flags", "flagsOfWeights", "localDirFlags", "variables", "default", "hubLayout"});
  CacheRules cache;
  cache.flags = document.strings(view["flags"]);
  cache.flags_of_weights = document.boolean(view["flagsOfWeights"]).value_or(false);
  cache.local_dir_flags = document.strings(view["localDirFlags"]);
  for (const View& variable : document.items(view["variables"])) {
    document.known_members(variable, {"name", "below"});
    cache.variables.push_back({document.needed_text(variable["name"]), document.text(variable["below"])});
  }
  cache.default_path = document.text(view["default"]);
  cache.hub_layout = document.boolean(view["hubLayout"]);
  return cache;
}

std::optional<Setting> read_setting(EngineDocument& document, const View& view) {
  if (!view) {
    return std::nullopt;
  }
  document.known_members(view, {"flags", "offFlags", "env", "values", "exact", "default"});
  Setting setting;
  setting.flags = document.strings(view["flags"]);
  setting.off_flags = document.strings(view["offFlags"]);
  setting.env = document.strings(view["env"]);
  setting.values = document.strings(view["values"]);
  setting.exact = document.boolean(view["exact"]).value_or(false);
  setting.by_default = document.boolean(view["default"]).value_or(false);
  return setting;
}

Writes read_writes(EngineDocument& document, const View& view) {
  document.known_members(view, {"what", "when", "below", "path", "variable"});
  Writes writes;
  writes.what = document.needed_text(view["what"]);
  writes.when = static_cast<Writes::When>(
      document.one_of(view["when"], {"always", "trustRemoteCode", "unpinned", "cacheFlag"}, 0));
  writes.below = document.text(view["below"]);
  if (!writes.below.empty()) {
    document.one_of(view["below"], {"HF_HOME", "HF_HUB_CACHE"});
  }
  writes.path = document.text(view["path"]);
  writes.variable = document.text(view["variable"]);
  return writes;
}

IgnoredFlag read_ignored(EngineDocument& document, const View& view) {
  document.known_members(view, {"what", "flags", "env", "reason"});
  const auto kind = static_cast<IgnoredKind>(document.one_of(view["what"], {"revision", "model", "config"}));
  return {kind, document.strings(view["flags"]), document.strings(view["env"]), document.needed_text(view["reason"])};
}

}  // namespace

const Names& command_syntax_members() {
  static const Names names = {"parser",    "models",      "names",           "cache",
                              "ignored",   "offline",     "writes",          "trustRemoteCode",
                              "needsRefs", "filterFlags", "loadFormatFlags", "repoTypeFlags"};
  return names;
}

const Names& role_names() {
  static const Names names = {"weights", "tokenizer", "code", "draft", "adapter"};
  return names;
}

CommandSyntax read_command_syntax(EngineDocument& document, const View& spec) {
  CommandSyntax syntax;
  syntax.parser = read_parser(document, spec["parser"]);
  for (const View& view : document.items(spec["models"])) {
    syntax.models.push_back(read_source(document, view));
  }
  syntax.names = read_names(document, spec["names"]);
  syntax.cache = read_cache(document, spec["cache"]);
  for (const View& view : document.items(spec["ignored"])) {
    syntax.ignored.push_back(read_ignored(document, view));
  }
  syntax.offline = read_setting(document, spec["offline"]);
  syntax.trust_remote_code = read_setting(document, spec["trustRemoteCode"]);
  for (const View& view : document.items(spec["writes"])) {
    syntax.writes.push_back(read_writes(document, view));
  }
  syntax.load_format_flags = document.strings(spec["loadFormatFlags"]);
  syntax.filter_flags = document.strings(spec["filterFlags"]);
  syntax.repo_type_flags = document.strings(spec["repoTypeFlags"]);
  syntax.needs_refs = document.text(spec["needsRefs"]);
  return syntax;
}

}  // namespace warmgate::models
