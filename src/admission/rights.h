// Rights: a ModelCache makes the controller start Pods and use Secrets. Its author must be allowed to do that himself,
// or whoever may write ModelCaches could do what he may not.
#pragma once

#include <string>
#include <vector>

#include "review.h"
#include "warmgate/admission/handler.h"
#include "warmgate/kube/access.h"

namespace warmgate::admission {

struct RightsVerdict {
  std::vector<kube::Access> missing;
  std::string failure;  // why the API server gave no answer; "" when it did
};

// A write of a ModelCache that asks for something that the stored one does not.
bool asks_for_rights(const Request& request);

// Requires asks_for_rights. Asks until something is missing, so that `missing` has one kind of thing at most.
RightsVerdict check_rights(const Request& request, const AccessSource& may);

// The denial, with what to do.
std::string missing_rights(const Request& request, const std::vector<kube::Access>& missing);

}  // namespace warmgate::admission
