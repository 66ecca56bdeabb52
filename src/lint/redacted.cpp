#include "redacted.h"

#include "warmgate/lint/report.h"

namespace warmgate::lint {

document::Json redacted(const document::Json& value, const base::Redactor& redact) {
  return redacted_json(value, redact);
}

}  // namespace warmgate::lint
