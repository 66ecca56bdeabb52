#include "warmgate/models/command_syntax.h"

#include <algorithm>

namespace warmgate::models {
namespace {

template <class T>
void append(std::vector<T>& own, const std::vector<T>& base) {
  own.insert(own.end(), base.begin(), base.end());
}

template <class T>
void inherit(T& own, const T& base) {
  if (own == T()) {
    own = base;
  }
}

void merge_parser(FlagParser& own, const FlagParser& base) {
  inherit(own.equals_form, base.equals_form);
  inherit(own.underscores, base.underscores);
  inherit(own.abbreviations, base.abbreviations);
  inherit(own.dotted, base.dotted);
  inherit(own.unknown_takes_value, base.unknown_takes_value);
  append(own.switches, base.switches);
  append(own.value_flags, base.value_flags);
  append(own.list_flags, base.list_flags);
  inherit(own.config_flags, base.config_flags);
  inherit(own.config_equals_ignored, base.config_equals_ignored);
}

void merge_models(std::vector<ModelSource>& own, const std::vector<ModelSource>& base) {
  std::vector<ModelSource> added;
  for (const ModelSource& source : base) {
    const bool replaced =
        std::any_of(own.begin(), own.end(), [&](const ModelSource& mine) { return mine.role == source.role; });
    if (!replaced) {
      added.push_back(source);
    }
  }
  append(own, added);
}

void merge_names(ModelNames& own, const ModelNames& base) {
  own.quantization_suffix |= base.quantization_suffix;
  if (own.hub_uris.empty()) {
    own.hub_uris = base.hub_uris;
    inherit(own.revision_mark, base.revision_mark);
    own.revision_reliable &= base.revision_reliable;
  }
  inherit(own.default_store, base.default_store);
  append(own.other_hubs, base.other_hubs);
}

void merge_cache(CacheRules& own, const CacheRules& base) {
  append(own.flags, base.flags);
  own.flags_of_weights |= base.flags_of_weights;
  append(own.local_dir_flags, base.local_dir_flags);
  if (own.variables.empty()) {
    own.variables = base.variables;
  }
  inherit(own.default_path, base.default_path);
  inherit(own.hub_layout, base.hub_layout);
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kWeights:
      return "weights";
    case Role::kTokenizer:
      return "tokenizer";
    case Role::kCode:
      return "code";
    case Role::kDraft:
      return "draft";
    case Role::kAdapter:
      return "adapter";
  }
  return "";
}

CommandSyntax merged(const CommandSyntax& own, const CommandSyntax& base) {
  CommandSyntax out = own;
  merge_parser(out.parser, base.parser);
  merge_models(out.models, base.models);
  merge_names(out.names, base.names);
  merge_cache(out.cache, base.cache);
  append(out.ignored, base.ignored);
  out.offline = own.offline ? own.offline : base.offline;
  out.trust_remote_code = own.trust_remote_code ? own.trust_remote_code : base.trust_remote_code;
  append(out.writes, base.writes);
  append(out.load_format_flags, base.load_format_flags);
  append(out.filter_flags, base.filter_flags);
  append(out.repo_type_flags, base.repo_type_flags);
  inherit(out.needs_refs, base.needs_refs);
  return out;
}

}  // namespace warmgate::models
