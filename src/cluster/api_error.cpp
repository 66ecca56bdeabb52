#include "api_error.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/document/view.h"

namespace warmgate::cluster {
namespace {

constexpr std::size_t kMaxMessage = 1000;  // code points; validation errors name many fields
constexpr std::size_t kMaxExcerpt = 120;
// A Status is small; a page of HTML is cut.
constexpr std::size_t kMaxStatusBytes = 1024UL * 1024;
constexpr std::int64_t kMaxRetryAfter = 3600;

// What kube-apiserver answers, as plain text, for a group or version it does not serve: Go's own page.
constexpr const char* kUnknownGroup = "404 page not found";

std::string beginning(const CallName& call) { return call.method + " " + call.path + " (" + call.origin + "): "; }

std::string what_to_do(int status, const std::string& message) {
  switch (status) {
    case 401:
      return "; the API server does not accept these credentials: renew them";
    case 403:
      // `User "x" cannot list resource "pods"` is a lack of rights; quotas, PodSecurity and webhooks say what is
      // theirs.
      return message.find(" cannot ") == std::string::npos
                 ? ""
                 : "; grant it by RBAC (`kubectl auth can-i --list` tells what is allowed)";
    case 404:
      return message.find("could not find the requested resource") != std::string::npos || message == kUnknownGroup
                 ? "; the API server does not know this kind: is its CustomResourceDefinition installed?"
                 : "";
    default:
      return "";
  }
}

std::chrono::seconds bounded_seconds(std::int64_t seconds) {
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, kMaxRetryAfter)};
}

// In seconds; its other form, a date, kube-apiserver never sends.
std::chrono::seconds retry_after(const HttpResponse& response) {
  const std::string text = response.header("retry-after");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc{} && end == text.data() + text.size() ? bounded_seconds(seconds) : std::chrono::seconds{0};
}

std::optional<document::Json> status_in(const HttpResponse& response) {
  document::Limits limits;
  limits.max_bytes = kMaxStatusBytes;
  auto body = document::parse_json(response.body, limits);
  if (!body || document::View(*body)["kind"].text() != "Status") {
    return std::nullopt;
  }
  return std::move(body).value();
}

ApiError foreign_error(const CallName& call, const HttpResponse& response) {
  ApiError error;
  error.status = response.status;
  error.retry_after = retry_after(response);
  error.message = beginning(call) + "answered " + std::to_string(response.status);
  if (response.status >= 300 && response.status < 400) {
    error.message += ", a redirect, which is never followed; give the API server's own address";
    return error;
  }
  const std::string excerpt = base::one_line(base::trim(response.body), kMaxExcerpt);
  if (excerpt == kUnknownGroup) {
    error.message += what_to_do(response.status, excerpt);
    return error;
  }
  const std::string type = base::one_line(response.header("content-type"), 60);
  error.message += " without a Kubernetes Status" + (type.empty() ? "" : " but with " + type) +
                   ", so this may be a proxy instead of the API server";
  if (!excerpt.empty()) {
    error.message += ": " + excerpt;
  }
  error.message += what_to_do(response.status, "");
  return error;
}

}  // namespace

ApiError local_error(const CallName& call, const std::string& why) {
  ApiError error;
  error.message = beginning(call) + why;
  return error;
}

ApiError failure_error(const CallName& call, const HttpFailure& failure) {
  ApiError error = local_error(call, failure.message);
  if (failure.kind == HttpFailureKind::kTooLarge) {
    error.reason = kResponseTooLarge;
  } else if (failure.kind == HttpFailureKind::kSilent) {
    error.reason = kWatchSilent;
  }
  return error;
}

ApiError status_error(const CallName& call, const document::Json& status, int http_status) {
  const document::View view(status);
  ApiError error;
  error.status = static_cast<int>(std::clamp<std::int64_t>(view["code"].integer().value_or(http_status), 0, 999));
  error.reason = base::one_line(view["reason"].text(), 100);
  error.retry_after = bounded_seconds(view["details"]["retryAfterSeconds"].integer().value_or(0));
  const std::string message = base::one_line(view["message"].text(), kMaxMessage);
  error.message = beginning(call) + std::to_string(error.status) + (error.reason.empty() ? "" : " " + error.reason) +
                  ": " + (message.empty() ? "no message" : message) + what_to_do(error.status, message);
  return error;
}

ApiError response_error(const CallName& call, const HttpResponse& response) {
  const std::optional<document::Json> status = status_in(response);
  if (!status) {
    return foreign_error(call, response);
  }
  ApiError error = status_error(call, *status, response.status);
  error.status = response.status;
  error.retry_after = std::max(error.retry_after, retry_after(response));
  return error;
}

bool is_json(const HttpResponse& response) {
  const std::string type = base::to_lower(response.header("content-type"));
  return type == "application/json" || type.rfind("application/json;", 0) == 0;
}

}  // namespace warmgate::cluster
