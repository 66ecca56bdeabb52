// What the tests of this folder have in common: texts as SourceText, results as one comparable string.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "warmgate/document/read.h"

namespace warmgate::document {

inline std::shared_ptr<const SourceText> source_of(std::string text) {
  return std::make_shared<const SourceText>("test.yaml", std::move(text));
}

inline ReadResult read(std::string text, const Limits& limits = {}) {
  return read_documents(source_of(std::move(text)), limits);
}

// The values, one per line, then the problems as "line:column kind message".
inline std::string summary(const ReadResult& result, const SourceText& source) {
  std::string out;
  for (const Document& document : result.documents) {
    out += document.value().dump() + "\n";
  }
  for (const Problem& problem : result.problems) {
    const Position at = source.position(problem.span.begin);
    const char* kinds[] = {"unparsable", "needs-rendering", "over-limit", "duplicate-key"};
    out += std::to_string(at.line) + ":" + std::to_string(at.column) + " " + kinds[static_cast<int>(problem.kind)] +
           " " + problem.message + "\n";
  }
  return out;
}

inline std::string read_summary(std::string text, const Limits& limits = {}) {
  const std::shared_ptr<const SourceText> source = source_of(std::move(text));
  return summary(read_documents(source, limits), *source);
}

// The source text of a span.
inline std::string excerpt(const Document& document, const std::optional<Span>& span) {
  if (!span) {
    return "(no span)";
  }
  return std::string(document.source()->text().substr(span->begin, span->end - span->begin));
}

}  // namespace warmgate::document
