// Reporters: a Report as text for people or as JSON. Every line passes the redactor. Pure functions.
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

// `value` with every string redacted; of member names only what looks like a token, for "image" may be some Secret's
// value as well. Redacting written text instead would miss what is escaped there.
document::Json redacted(const document::Json& value, const base::Redactor& redact);

// One JSON object per line and model use: what Warmgate sees.
std::string format_inspection(const Bundle& bundle, const models::Knowledge& knowledge, bool facts_complete);
// The same for people.
std::string format_inspection_text(const Bundle& bundle, const models::Knowledge& knowledge, bool facts_complete);

}  // namespace warmgate::lint
