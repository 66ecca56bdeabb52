// Problems that YAML and JSON have in common, in one wording. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/read.h"

namespace warmgate::document {

inline Problem over_limit(std::string message, std::string help, Span span) {
  return {ProblemKind::kOverLimit, std::move(message), std::move(help), span};
}

inline Problem too_deep(const Limits& limits, std::size_t at) {
  return over_limit("nested deeper than " + std::to_string(limits.max_depth) + " levels",
                    "no Kubernetes object is; flatten it or remove it", Span{at, at + 1});
}

inline Problem too_many_nodes(const Limits& limits, Span span) {
  return over_limit("more than " + std::to_string(limits.max_nodes) + " values in one input",
                    "split it into several files", span);
}

inline Problem too_many_documents(const Limits& limits, Span span) {
  return over_limit("more than " + std::to_string(limits.max_documents) + " objects in one input",
                    "split it into several files", span);
}

// The `earlier`-th duplicate key (from 0) of a text. Hostile text can hold millions, so only the first hundred are
// told and the last of them says so.
inline std::optional<Problem> duplicate_key(const SourceText& source, const std::string& name, const Span& key,
                                            std::size_t first_begin, std::size_t earlier) {
  constexpr std::size_t kMaxTold = 100;
  if (earlier >= kMaxTold) {
    return std::nullopt;
  }
  std::string message = "the key '" + base::one_line(name, 60) + "' stands twice; the first is on line " +
                        std::to_string(source.position(first_begin).line) + " and is ignored";
  if (earlier + 1 == kMaxTold) {
    message += " (further duplicate keys are not listed)";
  }
  return Problem{ProblemKind::kDuplicateKey, std::move(message), "remove one of the two", key};
}

}  // namespace warmgate::document
