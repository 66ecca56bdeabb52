#include "review.h"

#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/document/view.h"
#include "warmgate/document/write.h"

namespace warmgate::admission {
namespace {

using base::Error;
using document::Json;
using document::View;

constexpr std::string_view kApiVersion = "admission.k8s.io/v1";
// etcd refuses requests of more than 1.5 MiB (its --max-request-bytes), so object and oldObject have about 3 MiB of
// JSON. At 12 bytes a node, less than the shortest `"name":"v",` of a real manifest, these are 260,000 nodes; twice as
// many are allowed. Each takes some 20 to 200 bytes of memory, so that a text of `[],[],…` is refused early.
constexpr std::size_t kMaxNodes = 500'000;

// Takes the object out of the request: a copy would double what a large review holds.
std::optional<kube::Object> take_object(Json& request, const char* member, const std::string& ns) {
  const auto found = request.find(member);
  if (found == request.end() || !found->is_object()) {
    return std::nullopt;
  }
  return kube::Object(document::Document(std::move(*found)), ns);
}

kube::Subject read_subject(const View& info) {
  kube::Subject subject{info["username"].text(), info["uid"].text(), info["groups"].strings(), {}};
  for (const auto& [name, values] : info["extra"].members()) {
    subject.extra.emplace(name, values.strings());
  }
  return subject;
}

}  // namespace

base::Result<Request> read_request(std::string_view body, std::string& uid) {
  if (base::trim(body).empty()) {
    return Error{"the body is empty; send an AdmissionReview of admission.k8s.io/v1 as JSON"};
  }
  document::Limits limits;
  limits.max_nodes = kMaxNodes;
  base::Result<Json> parsed = document::parse_json(body, limits);
  if (!parsed) {
    return Error{"the body is not JSON that can be read: " + parsed.error().message};
  }
  Json review = std::move(parsed).value();
  const View root(review);
  const View view = root["request"];
  uid = view["uid"].text();
  if (root["kind"].text() != "AdmissionReview" || root["apiVersion"].text() != kApiVersion) {
    return Error{"this is not an AdmissionReview of admission.k8s.io/v1 (apiVersion \"" +
                 base::one_line(root["apiVersion"].text(), 60) + "\", kind \"" +
                 base::one_line(root["kind"].text(), 60) +
                 "\"); check admissionReviewVersions of the webhook configuration"};
  }
  if (!view.is_object()) {
    return Error{"the AdmissionReview has no request"};
  }
  if (uid.empty()) {
    return Error{"the AdmissionReview's request has no uid, so no answer to it could be recognised"};
  }
  Request request;
  request.uid = uid;
  request.operation = view["operation"].text();
  request.resource_group = view["resource"]["group"].text();
  request.resource = view["resource"]["resource"].text();
  request.sub_resource = view["subResource"].text();
  request.requester = read_subject(view["userInfo"]);
  request.ns = view["namespace"].text();
  request.dry_run = view["dryRun"].boolean().value_or(false);
  Json& parts = review["request"];
  request.object = take_object(parts, "object", request.ns);
  request.old_object = take_object(parts, "oldObject", request.ns);
  const bool needs_object = request.operation == "CREATE" || request.operation == "UPDATE";
  if (!needs_object && request.operation != "DELETE" && request.operation != "CONNECT") {
    return Error{"the AdmissionReview's request has no operation CREATE, UPDATE, DELETE or CONNECT"};
  }
  if (needs_object && !request.object) {
    return Error{"the AdmissionReview's request has no object, which " + request.operation + " needs"};
  }
  return request;
}

std::string write_response(const Response& response) {
  Json out = {{"uid", response.uid}, {"allowed", response.allowed}};
  if (!response.allowed) {
    out["status"] = {{"code", response.code}, {"reason", response.reason}, {"message", response.message}};
  }
  if (!response.warnings.empty()) {
    out["warnings"] = response.warnings;
  }
  for (const auto& [key, value] : response.audit_annotations) {
    out["auditAnnotations"][key] = value;
  }
  if (response.allowed && !response.patch.empty()) {
    out["patchType"] = "JSONPatch";
    out["patch"] = base::base64_encode(document::to_json(response.patch));
  }
  return document::to_json({{"apiVersion", kApiVersion}, {"kind", "AdmissionReview"}, {"response", std::move(out)}});
}

}  // namespace warmgate::admission
