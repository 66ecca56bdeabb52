// SARIF 2.1.0 (OASIS standard, errata 01); "§" are its sections. What GitHub does with it: "SARIF support for code
// scanning" in its documentation.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "published.h"
#include "warmgate/base/text.h"
#include "warmgate/base/version.h"
#include "warmgate/lint/report.h"
#include "warmgate/lint/rule_pages.h"
#include "warmgate/rules/rule.h"

namespace warmgate::lint {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr const char* kRoot = "%SRCROOT%";
// Code scanning rejects a run with more results.
constexpr std::size_t kMaxResults = 25'000;
// Code scanning cuts descriptions of rules there; their whole text is in the rule's help.
constexpr std::size_t kMaxDescription = 1024;

std::string_view level_of(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "";
}

Json default_configuration(api::Action action) {
  switch (action) {
    case api::Action::kDeny:
      return {{"level", "error"}};
    case api::Action::kWarn:
      return {{"level", "warning"}};
    case api::Action::kAudit:
      return {{"level", "note"}};
    case api::Action::kOff:
      break;
  }
  return {{"enabled", false}, {"level", "none"}};
}

Json rules_json() {
  Json out = Json::array();
  for (const rules::Rule* rule : rules::all_rules()) {
    const rules::RuleInfo& info = rule->info;
    out.push_back(
        {{"id", info.id},
         {"name", info.slug},
         {"shortDescription", {{"text", base::one_line("Finds: " + std::string(info.summary) + ".", kMaxDescription)}}},
         {"fullDescription", {{"text", base::one_line(info.why, kMaxDescription)}}},
         {"defaultConfiguration", default_configuration(info.default_action)},
         {"help", {{"text", rule_page_text(info)}, {"markdown", rule_help_markdown(info)}}}});
  }
  return out;
}

std::size_t rule_index(std::string_view id) {
  const auto rules = rules::all_rules();
  return static_cast<std::size_t>(std::distance(
      rules.begin(), std::find_if(rules.begin(), rules.end(), [&](const auto* rule) { return rule->info.id == id; })));
}

Json physical_location(const Diagnostic& diagnostic, const std::string& directory) {
  const Artifact artifact = artifact_of(diagnostic, directory);
  Json location = {{"uri", artifact.uri()}};
  if (artifact.below_root) {
    location["uriBaseId"] = kRoot;
  }
  return {{"artifactLocation", std::move(location)},
          {"region",
           {{"startLine", diagnostic.begin.line},
            {"startColumn", diagnostic.begin.column},
            {"endLine", diagnostic.end.line},
            {"endColumn", diagnostic.end.column}}}};
}

// Braces and brackets of a message stay as they are: §3.11.5 would have braces doubled for the sake of placeholders,
// but without arguments nothing is replaced, and readers (the SARIF SDK's GetMessageText, say) show the text as it
// stands.
Json message(const Diagnostic& diagnostic, const base::Redactor& redact) {
  return {{"text", published_message(diagnostic, redact)}};
}

Json result_json(const Diagnostic& diagnostic, const base::Redactor& redact, const std::string& directory,
                 Fingerprints& fingerprints) {
  Json location = {{"physicalLocation", physical_location(diagnostic, directory)}};
  if (!diagnostic.object.empty()) {
    location["logicalLocations"] =
        Json::array({{{"fullyQualifiedName", redact(diagnostic.object)}, {"kind", "resource"}}});
  }
  const std::string scope = diagnostic.identity.empty() ? artifact_of(diagnostic, directory).path : "";
  Json out = {{"ruleId", diagnostic.rule},
              {"ruleIndex", rule_index(diagnostic.rule)},
              {"level", level_of(diagnostic.severity)},
              {"message", message(diagnostic, redact)},
              {"locations", Json::array({std::move(location)})},
              {"partialFingerprints", {{"warmgateFinding/v1", fingerprints.next(diagnostic, scope)}}},
              // §3.27.23: where one result has suppressions, all have them, if only none.
              {"suppressions", Json::array()}};
  if (!diagnostic.waived.empty()) {
    out["suppressions"].push_back({{"kind", "inSource"}, {"justification", redact(diagnostic.waived)}});
  }
  if (!diagnostic.pointer.empty()) {
    out["properties"] = {{"pointer", redact(diagnostic.pointer)}};
  }
  return out;
}

bool is_unreadable(const Diagnostic& diagnostic) { return diagnostic.rule == "WG007"; }

// What kept the run from seeing everything, and what it keeps from the reader.
Json invocation_json(const Report& report, const base::Redactor& redact, const std::string& directory) {
  Json notifications = Json::array();
  for (const Diagnostic& diagnostic : report.diagnostics) {
    if (is_unreadable(diagnostic)) {
      notifications.push_back(
          {{"level", "error"},
           {"message", message(diagnostic, redact)},
           {"associatedRule", {{"id", diagnostic.rule}, {"index", rule_index(diagnostic.rule)}}},
           {"locations", Json::array({{{"physicalLocation", physical_location(diagnostic, directory)}}})}});
    }
  }
  const bool successful = notifications.empty();
  if (report.diagnostics.size() > kMaxResults) {
    const std::string text = "Only the most severe " + std::to_string(kMaxResults) + " of " +
                             std::to_string(report.diagnostics.size()) +
                             " findings are in this report, as many as code scanning takes; --format json has all.";
    notifications.push_back({{"level", "warning"}, {"message", {{"text", text}}}});
  }
  Json out = {{"executionSuccessful", successful}, {"toolExecutionNotifications", std::move(notifications)}};
  if (!directory.empty()) {
    out["workingDirectory"] = {{"uri", directory_uri(directory)}};
  }
  return out;
}

// The most severe findings, as many as a run may have, in the order of the report.
std::vector<std::size_t> chosen(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::size_t> indexes(diagnostics.size());
  std::iota(indexes.begin(), indexes.end(), 0);
  if (indexes.size() > kMaxResults) {
    std::stable_sort(indexes.begin(), indexes.end(),
                     [&](std::size_t a, std::size_t b) { return diagnostics[a].severity > diagnostics[b].severity; });
    indexes.resize(kMaxResults);
    std::sort(indexes.begin(), indexes.end());
  }
  return indexes;
}

}  // namespace

std::string format_sarif(const Report& report, const base::Redactor& redact, const std::string& working_directory) {
  Json results = Json::array();
  Fingerprints fingerprints(redact);
  for (const std::size_t index : chosen(report.diagnostics)) {
    results.push_back(result_json(report.diagnostics[index], redact, working_directory, fingerprints));
  }
  Json run = {{"tool",
               {{"driver",
                 {{"name", "Warmgate"},
                  {"version", base::version()},
                  {"semanticVersion", base::version()},
                  {"rules", rules_json()}}}}},
              {"invocations", Json::array({invocation_json(report, redact, working_directory)})}};
  if (!working_directory.empty()) {
    run["originalUriBaseIds"] = {{kRoot, {{"uri", directory_uri(working_directory)}}}};
  }
  run["columnKind"] = "unicodeCodePoints";
  run["results"] = std::move(results);
  const Json out = {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", Json::array({std::move(run)})}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace warmgate::lint
