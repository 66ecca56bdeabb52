// Label selectors (metav1.LabelSelector). Pure functions.
#pragma once

#include <map>
#include <string>

#include "warmgate/document/view.h"

namespace warmgate::kube {

// True when `labels` satisfy matchLabels and matchExpressions of `selector`. An absent selector matches nothing, an
// empty one everything; what the API server would refuse (an unknown operator, In without values) matches nothing.
bool selector_matches(const document::View& selector, const std::map<std::string, std::string>& labels);

}  // namespace warmgate::kube
