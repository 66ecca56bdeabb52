// Reading documents from text: YAML (by libyaml events, scalars by the YAML 1.1 rules kubectl applies) and JSON (by
// nlohmann's SAX interface). Input is hostile: every size is bounded, and what is over a bound is a Problem with a
// place, never a silent skip. Pure functions; no exception leaves them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/document.h"

namespace warmgate::document {

struct Limits {
  std::size_t max_bytes = std::size_t{32} * 1024 * 1024;  // of one text
  std::size_t max_depth = 200;            // nlohmann::json recurses on copy and dump, see src/document/README.md
  std::size_t max_nodes = 2'000'000;      // of one text, expanded aliases included
  std::size_t max_alias_nodes = 100'000;  // nodes made by expanding aliases and merge keys, per text
  std::size_t max_documents = 100'000;    // of one stream, List items included
};

enum class ProblemKind { kUnparsable, kNeedsRendering, kOverLimit, kDuplicateKey };

struct Problem {
  ProblemKind kind = ProblemKind::kUnparsable;
  std::string message;  // what is wrong, for people; no position in it
  std::string help;     // what to do, may be empty
  Span span;            // where
};

// What a text held. Documents before and after a broken one are kept where the parser can go on (a YAML error ends the
// stream; a broken List item does not exist). Empty documents (`---` twice, comments only) are left out.
struct ReadResult {
  std::vector<Document> documents;  // `kind: …List` objects with `items` replaced by their items, recursively
  std::vector<Problem> problems;    // in the order of the text
};

// Reads JSON when the first non-blank character is `{` or `[` and the text is JSON; else YAML (which may hold flow
// collections). Several JSON values in a row (`kubectl … -o json` of many objects) are read as documents.
ReadResult read_documents(const std::shared_ptr<const SourceText>& source, const Limits& limits);

// Reads one JSON value without spans: the way of admission requests. Depth and nodes are bounded before any copy.
// Duplicate keys: the last one wins, as in the API server.
base::Result<Json> parse_json(std::string_view text, const Limits& limits);

// One YAML document (a policy, an engine file) that must be there alone. The error names file:line:col.
base::Result<Document> read_single(const std::shared_ptr<const SourceText>& source, const Limits& limits);

}  // namespace warmgate::document
