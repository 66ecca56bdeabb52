// The AdmissionReview envelope (admission.k8s.io/v1): reading requests, writing responses.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/json.h"
#include "warmgate/kube/access.h"
#include "warmgate/kube/object.h"

namespace warmgate::admission {

struct Request {
  std::string uid;
  std::string operation;       // CREATE, UPDATE, DELETE, CONNECT
  std::string resource_group;  // of the path: "apps", "deployments", "scale"
  std::string resource;
  std::string sub_resource;
  kube::Subject requester;
  std::string ns;
  bool dry_run = false;
  std::optional<kube::Object> object;
  std::optional<kube::Object> old_object;
};

// What could be read of a request that is in order, or why it is not. `uid` is set as soon as it is known, so that even
// a refusal can carry it.
base::Result<Request> read_request(std::string_view body, std::string& uid);

struct Response {
  std::string uid;
  bool allowed = true;
  int code = 0;         // of a refusal
  std::string reason;   // metav1.StatusReason of a refusal
  std::string message;  // of a refusal
  std::vector<std::string> warnings;
  std::vector<std::pair<std::string, std::string>> audit_annotations;
  document::Json patch = document::Json::array();
};

std::string write_response(const Response& response);

}  // namespace warmgate::admission
