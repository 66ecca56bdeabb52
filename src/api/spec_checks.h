// What the CRDs say of parts of a spec.
#pragma once

#include "field_checks.h"

namespace warmgate::api {

// spec.storage.create of a ModelCache.
void check_new_claim(const document::View& create, FieldChecks& checks);
// spec.download of a ModelCache.
void check_download(const document::View& download, FieldChecks& checks);

}  // namespace warmgate::api
