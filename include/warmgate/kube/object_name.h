// What an object may be called. Pure.
#pragma once

#include <string_view>

namespace warmgate::kube {

// A DNS subdomain (IsDNS1123Subdomain in k8s.io/apimachinery/pkg/util/validation).
bool is_object_name(std::string_view name);

}  // namespace warmgate::kube
