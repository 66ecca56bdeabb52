#include "warmgate/cluster/subject_access.h"

#include <nlohmann/json.hpp>

#include "warmgate/base/text.h"
#include "warmgate/document/view.h"

namespace warmgate::cluster {
namespace {

using document::Json;
using document::View;

constexpr std::size_t kMaxError = 1000;

Json review(const kube::Subject& subject, const std::string& ns, const kube::Access& access) {
  Json attributes = {{"namespace", ns}, {"verb", access.verb}, {"group", access.group}, {"resource", access.resource}};
  if (!access.name.empty()) {
    attributes["name"] = access.name;
  }
  Json spec = {{"user", subject.user}, {"resourceAttributes", std::move(attributes)}};
  if (!subject.uid.empty()) {
    spec["uid"] = subject.uid;
  }
  if (!subject.groups.empty()) {
    spec["groups"] = subject.groups;
  }
  if (!subject.extra.empty()) {
    spec["extra"] = subject.extra;
  }
  return {{"apiVersion", "authorization.k8s.io/v1"}, {"kind", "SubjectAccessReview"}, {"spec", std::move(spec)}};
}

}  // namespace

base::Result<bool> may(KubeApi& api, const kube::Subject& subject, const std::string& ns, const kube::Access& access) {
  static const Resource kReviews{"authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", false};
  const ApiResult<JsonPtr> answer = api.create(kReviews, "", review(subject, ns, access));
  if (!answer) {
    return base::Error{base::one_line(answer.error().message, kMaxError)};
  }
  const View status = View(**answer)["status"];
  const std::optional<bool> allowed = status["allowed"].boolean();
  if (!allowed) {
    return base::Error{"the API server's answer to a SubjectAccessReview does not say whether it is allowed"};
  }
  return *allowed && !status["denied"].boolean().value_or(false);
}

}  // namespace warmgate::cluster
