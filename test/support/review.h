// AdmissionReviews as kube-apiserver writes them, and what their answers say.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "warmgate/document/json.h"

namespace warmgate::testing {

inline const std::string kUid = "705ab4f5-6393-11e8-b7cc-42010a800002";

struct ReviewSpec {
  document::Json object = nullptr;
  document::Json old_object = nullptr;
  std::string operation = "CREATE";
  std::string sub_resource = "";
  std::string user = "alice";
  std::string ns = "llm";
  bool dry_run = false;
  std::string resource = "";  // "apps/deployments"; "": that of a request whose resource no matter
};

// The request as JSON text, with all members that the API server sends.
std::string review(const ReviewSpec& spec);

// `object` after the patch of `response` (base64, RFC 6902); `object` itself without one.
document::Json patched(const document::Json& object, const document::Json& response);

}  // namespace warmgate::testing
