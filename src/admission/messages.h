// What people read: the text of a denial, warnings within the limits kube-apiserver enforces, audit annotations.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "warmgate/base/redact.h"
#include "warmgate/engine/judge.h"
#include "warmgate/inject/restore.h"
#include "warmgate/kube/facts.h"
#include "warmgate/kube/object.h"

namespace warmgate::admission {

// kube-apiserver cuts warnings to 256 runes each once all of them together pass 4096 (apiserver
// endpoints/filters/warning.go); more than it shows is not sent.
inline constexpr std::size_t kMaxWarning = 256;
// Of one audit annotation: a record of an audit log is no place for more.
inline constexpr std::size_t kMaxAnnotation = 1000;

// Every finding that denies, with its place, what to change, and where to read more.
std::string denial_message(const kube::Object& object, const engine::Judgement& judgement,
                           const base::Redactor& redact);

// One line each, whole while all together stay below kube-apiserver's limit.
std::vector<std::string> warnings(const engine::Judgement& judgement, const base::Redactor& redact);

// What a Pod keeps though its manifest does not have it, one line a list.
std::vector<std::string> warnings(const inject::Restoration& restoration, const base::Redactor& redact);

// What a verdict lacks when facts about the cluster are missing or out of date: "persistentvolumeclaims (not confirmed
// for 75 s); pods (never read)". Why is for the log: it may hold addresses.
std::string doubts_text(const std::vector<kube::FactsDoubt>& doubts);

// rule id -> "deny: message". Keys are valid as the last part of an audit annotation's qualified name.
std::vector<std::pair<std::string, std::string>> audit_annotations(const engine::Judgement& judgement,
                                                                   const base::Redactor& redact);

}  // namespace warmgate::admission
