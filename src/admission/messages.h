// What people read: the text of a denial, warnings within the limits kube-apiserver enforces, audit annotations.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "warmgate/base/redact.h"
#include "warmgate/engine/judge.h"
#include "warmgate/kube/object.h"

namespace warmgate::admission {

// Every finding that denies, with its place, what to change, and where to read more.
std::string denial_message(const kube::Object& object, const engine::Judgement& judgement,
                           const base::Redactor& redact);

// One line each.
std::vector<std::string> warnings(const engine::Judgement& judgement, const base::Redactor& redact);

// rule id -> "deny: message". Keys are valid as the last part of an audit annotation's qualified name.
std::vector<std::pair<std::string, std::string>> audit_annotations(const engine::Judgement& judgement,
                                                                   const base::Redactor& redact);

}  // namespace warmgate::admission
