// Diagnostic: a finding at its place in a file, as the reporters print it. Owns what it holds.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/document/source.h"

namespace warmgate::lint {

// From harmless to serious.
enum class Severity { kInfo, kWarning, kError };
std::string_view to_string(Severity severity);

struct Diagnostic {
  std::string rule;
  std::string slug;
  Severity severity = Severity::kError;
  std::string message;
  std::string help;
  std::string file;
  document::Position begin;
  document::Position end;                              // one past the last character
  std::string object;                                  // "Deployment/vllm"; "" for findings about the input itself
  std::string pointer;                                 // JSON Pointer inside the object
  std::string identity;                                // what stays when lines move: object, container and subject
  std::string waived;                                  // the reason of the waiver; "" when it is not waived
  std::shared_ptr<const document::SourceText> source;  // for excerpts; nullptr when there is no text
};

}  // namespace warmgate::lint
