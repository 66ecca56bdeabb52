#include <nlohmann/json.hpp>

#include "published.h"
#include "warmgate/lint/report.h"

namespace warmgate::lint {
namespace {

// GitLab knows info, minor, major, critical and blocker.
std::string_view severity_of(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "minor";
    case Severity::kError:
      return "major";
  }
  return "";
}

}  // namespace

std::string format_gitlab(const Report& report, const base::Redactor& redact, const std::string& working_directory) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  Fingerprints fingerprints(redact);
  for (const Diagnostic& diagnostic : report.diagnostics) {
    const std::string path = artifact_of(diagnostic, working_directory).path;
    // Of two findings with one fingerprint GitLab shows one, and an object can stand in two files.
    out.push_back(
        {{"description", published_message(diagnostic, redact)},
         {"check_name", diagnostic.rule + " " + diagnostic.slug},
         {"fingerprint", fingerprints.next(diagnostic, path)},
         {"severity", severity_of(diagnostic.severity)},
         {"location", {{"path", path}, {"lines", {{"begin", diagnostic.begin.line}, {"end", diagnostic.end.line}}}}}});
  }
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace warmgate::lint
