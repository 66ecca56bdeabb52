// Reporters: a Report as text for people, as JSON, and in the formats of code hosts. Every line passes the redactor.
// Pure functions.
#pragma once

#include <string>

#include "warmgate/base/redact.h"
#include "warmgate/document/json.h"
#include "warmgate/lint/linter.h"
#include "warmgate/models/reading.h"

namespace warmgate::lint {

// file:line:col: error[WG101]: message, the source line with a caret, help; a summary at the end.
std::string format_text(const Report& report, const base::Redactor& redact);

// "file:line:col: message; help", one line: for commands that stop at what they cannot read.
std::string place_and_message(const Diagnostic& diagnostic, const base::Redactor& redact);

// {"version": 1, "summary": {…}, "findings": [{rule, slug, severity, message, file, line, column, endLine, endColumn,
// object, pointer, help, waived}]}; `waived` is the waiver's reason, "" without one
std::string format_json(const Report& report, const base::Redactor& redact);

// SARIF 2.1.0, within the limits of GitHub's code scanning. Files below `working_directory` (absolute; "" when it is
// not known) are named relative to it, others by their whole file: URI. What could not be read is a notification too.
std::string format_sarif(const Report& report, const base::Redactor& redact, const std::string& working_directory);

// Workflow commands, which GitHub Actions shows as annotations (::error file=…,line=…::message), and the summary.
std::string format_github(const Report& report, const base::Redactor& redact, const std::string& working_directory);

// A Code Quality report for GitLab: a JSON array.
std::string format_gitlab(const Report& report, const base::Redactor& redact, const std::string& working_directory);

// "1 error, 0 warnings, 0 info; checked …"
std::string summary(const Report& report);

// `value` with every string redacted; of member names only what looks like a token, for "image" may be some Secret's
// value as well. Redacting written text instead would miss what is escaped there.
document::Json redacted(const document::Json& value, const base::Redactor& redact);

// One JSON object per line and model use: what Warmgate sees.
std::string format_inspection(const Bundle& bundle, const models::Knowledge& knowledge, bool facts_complete);
// The same for people.
std::string format_inspection_text(const Bundle& bundle, const models::Knowledge& knowledge, bool facts_complete);

}  // namespace warmgate::lint
