// What the reports for code hosts have in common: how a finding is named, said and placed there. Pure functions.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "warmgate/base/redact.h"
#include "warmgate/lint/diagnostic.h"

namespace warmgate::lint {

// `text` with every special character as its bytes: "%3A".
std::string percent_encoded(std::string_view text, bool (*special)(char));

// Where a finding's file is for somebody who has the same tree.
struct Artifact {
  std::string path;     // relative to the working directory where the file lies below it; else as whole as it is known
  bool is_file = true;  // false for "<stdin>" and "<input>"
  bool below_root = false;  // `path` is relative to the working directory

  // A relative reference or an absolute file: URI (RFC 3986), percent-encoded.
  [[nodiscard]] std::string uri() const;
};
Artifact artifact_of(const Diagnostic& diagnostic, const std::string& working_directory);

// The file: URI of a directory, with the slash at its end.
std::string directory_uri(const std::string& directory);

// "message. Help: help" on one line, redacted.
std::string published_message(const Diagnostic& diagnostic, const base::Redactor& redact);

// Names findings so that they can be told from others and found again after lines have moved: by rule, object,
// container and subject. Findings that are alike in all of these are numbered.
class Fingerprints {
 public:
  explicit Fingerprints(const base::Redactor& redact) : redact_(redact) {}

  // 32 hex digits; `scope` (a path, or "") is part of the identity.
  std::string next(const Diagnostic& diagnostic, const std::string& scope);

 private:
  const base::Redactor& redact_;
  std::map<std::string, std::size_t> seen_;
};

}  // namespace warmgate::lint
