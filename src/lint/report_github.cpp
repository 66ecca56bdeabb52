#include "published.h"
#include "warmgate/base/text.h"
#include "warmgate/lint/report.h"

namespace warmgate::lint {
namespace {

// GitHub shows this many of each level and step (actions/toolkit, docs/problem-matchers.md, "Limitations").
constexpr std::size_t kShownPerLevel = 10;

std::string_view command_of(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "notice";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "";
}

// As actions/toolkit escapes them (packages/core/src/command.ts): a message ends with its line, a property also with a
// comma or colon.
bool ends_message(char c) { return c == '%' || c == '\r' || c == '\n'; }
bool ends_property(char c) { return ends_message(c) || c == ':' || c == ','; }

std::string property(const std::string& name, const std::string& value) {
  return name + "=" + percent_encoded(base::to_valid_utf8(value), ends_property);
}

std::string annotation(const Diagnostic& diagnostic, const base::Redactor& redact, const std::string& directory) {
  std::string out = "::" + std::string(command_of(diagnostic.severity)) + " ";
  if (const Artifact artifact = artifact_of(diagnostic, directory); artifact.is_file) {
    out += property("file", artifact.path) + ",line=" + std::to_string(diagnostic.begin.line) +
           ",endLine=" + std::to_string(diagnostic.end.line);
    if (diagnostic.begin.line == diagnostic.end.line) {  // GitHub takes columns for places in one line only
      out += ",col=" + std::to_string(diagnostic.begin.column) + ",endColumn=" + std::to_string(diagnostic.end.column);
    }
    out += ",";
  }
  return out + property("title", diagnostic.rule + " " + diagnostic.slug) +
         "::" + percent_encoded(published_message(diagnostic, redact), ends_message) + "\n";
}

}  // namespace

std::string format_github(const Report& report, const base::Redactor& redact, const std::string& working_directory) {
  std::string out;
  for (const Diagnostic& diagnostic : report.diagnostics) {
    out += annotation(diagnostic, redact, working_directory);
  }
  out += summary(report) + "\n";
  for (const Severity severity : {Severity::kError, Severity::kWarning, Severity::kInfo}) {
    if (report.count(severity) > kShownPerLevel) {
      return out + "GitHub shows " + std::to_string(kShownPerLevel) +
             " annotations of each level and step; --format text or sarif has all findings\n";
    }
  }
  return out;
}

}  // namespace warmgate::lint
