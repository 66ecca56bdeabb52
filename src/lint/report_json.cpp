#include <nlohmann/json.hpp>

#include "warmgate/base/text.h"
#include "warmgate/lint/report.h"

namespace warmgate::lint {

std::string format_json(const Report& report, const base::Redactor& redact) {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const Diagnostic& diagnostic : report.diagnostics) {
    findings.push_back({{"rule", diagnostic.rule},
                        {"slug", diagnostic.slug},
                        {"severity", to_string(diagnostic.severity)},
                        {"message", redact(diagnostic.message)},
                        {"file", diagnostic.file},
                        {"line", diagnostic.begin.line},
                        {"column", diagnostic.begin.column},
                        {"endLine", diagnostic.end.line},
                        {"endColumn", diagnostic.end.column},
                        {"object", redact(diagnostic.object)},
                        {"pointer", redact(diagnostic.pointer)},
                        {"help", redact(diagnostic.help)},
                        {"waived", redact(diagnostic.waived)}});
  }
  const nlohmann::ordered_json out = {{"version", 1},
                                      {"summary",
                                       {{"errors", report.count(Severity::kError)},
                                        {"warnings", report.count(Severity::kWarning)},
                                        {"infos", report.count(Severity::kInfo)},
                                        {"files", report.files},
                                        {"objects", report.objects},
                                        {"checked", report.checked},
                                        {"modelUses", report.model_uses}}},
                                      {"findings", std::move(findings)}};
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace warmgate::lint
