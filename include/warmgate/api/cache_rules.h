// CacheRules: spec.modelCaches of a CachePolicy: what is done about ModelCaches and the Pods that wait for them. A
// plain value; the defaults are those of the built-in policy.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/api/field_error.h"
#include "warmgate/api/model_cache_spec.h"
#include "warmgate/document/view.h"

namespace warmgate::api {

// What becomes of a GPU inference Pod whose pinned model has no ModelCache in its namespace.
enum class MissingCache { kAllow, kWarn, kDeny, kCreate };

std::string_view to_string(MissingCache choice);

// What becomes of a Pod that has waited for max_hold.
enum class AfterHold { kRelease, kKeep };

std::string_view to_string(AfterHold choice);

struct CacheRules {
  bool gates = true;  // Pods wait for their ModelCache
  MissingCache missing = MissingCache::kAllow;
  NewClaim create;                        // storage of the ModelCaches that kCreate makes
  std::chrono::seconds max_hold{86'400};  // a day
  AfterHold after_hold = AfterHold::kRelease;
  std::vector<std::string> images = {"*"};     // globs: what spec.download.image may be
  std::vector<std::string> endpoints = {"*"};  // globs: what spec.source.huggingFace.endpoint may be
  // A ModelCache that no Pod has used for so long, and that another one of the same repository has replaced, is
  // deleted; nullopt: it is only reported.
  std::optional<std::chrono::seconds> delete_unused_after;
};

// `section` is spec.modelCaches, or that of an entry of spec.namespaces.
void check_cache_rules(const document::View& section, std::vector<FieldError>& errors);

// Sets what the section says, and nothing else. Requires a section without errors.
void lay_over(CacheRules& rules, const document::View& section);

// As YAML, each line with the indentation: all of them, or those that `section` says (null: all).
std::string to_yaml(const CacheRules& rules, std::string_view indent, const document::View* section = nullptr);

}  // namespace warmgate::api
