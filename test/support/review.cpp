#include "support/review.h"

#include <utility>

#include "warmgate/base/text.h"

namespace warmgate::testing {

using document::Json;

std::string review(const ReviewSpec& spec) {
  const Json& either = spec.object.is_null() ? spec.old_object : spec.object;
  const Json subject = either.is_null() ? Json::object() : either;
  const std::string api_version = subject.value("apiVersion", "");
  const std::size_t slash = api_version.find('/');
  const Json kind = {{"group", slash == std::string::npos ? "" : api_version.substr(0, slash)},
                     {"version", slash == std::string::npos ? api_version : api_version.substr(slash + 1)},
                     {"kind", subject.value("kind", "")}};
  Json request = {{"uid", kUid},
                  {"kind", kind},
                  {"requestKind", kind},
                  {"operation", spec.operation},
                  {"userInfo", {{"username", spec.user}, {"groups", {"system:authenticated"}}}},
                  {"object", spec.object},
                  {"oldObject", spec.old_object},
                  {"dryRun", spec.dry_run},
                  {"options", nullptr}};
  if (!spec.sub_resource.empty()) {
    request["subResource"] = spec.sub_resource;
  }
  if (!spec.resource.empty()) {
    const std::size_t end = spec.resource.find('/');
    request["resource"] = {
        {"group", spec.resource.substr(0, end)}, {"version", "v1"}, {"resource", spec.resource.substr(end + 1)}};
  }
  if (!spec.ns.empty()) {
    request["namespace"] = spec.ns;
  }
  return Json{{"apiVersion", "admission.k8s.io/v1"}, {"kind", "AdmissionReview"}, {"request", std::move(request)}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

Json patched(const Json& object, const Json& response) {
  if (!response.contains("patch")) {
    return object;
  }
  return object.patch(Json::parse(base::base64_decode(response["patch"].get<std::string>()).value_or("")));
}

}  // namespace warmgate::testing
