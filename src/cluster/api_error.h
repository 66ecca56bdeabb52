// What the API server, or something in front of it, answered, as an ApiError for people. Pure functions.
#pragma once

#include <string>

#include "warmgate/cluster/http.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::cluster {

// What was asked of whom: the beginning of every message.
struct CallName {
  std::string method;
  std::string path;    // without the query
  std::string origin;  // of the connection
};

// The reason of a response that is larger than may be.
inline constexpr const char* kResponseTooLarge = "ResponseTooLarge";

ApiError local_error(const CallName& call, const std::string& why);  // status 0
ApiError failure_error(const CallName& call, const HttpFailure& failure);
// Any response that is not 2xx.
ApiError response_error(const CallName& call, const HttpResponse& response);
// A metav1.Status that came as an object (of an ERROR event); `http_status` when it holds no code.
ApiError status_error(const CallName& call, const document::Json& status, int http_status);

// Whether a response says that it is JSON.
bool is_json(const HttpResponse& response);

}  // namespace warmgate::cluster
