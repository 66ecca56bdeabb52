#include "rest_call.h"

#include <algorithm>
#include <utility>

#include "warmgate/base/version.h"

namespace warmgate::cluster {
namespace {

// client-go tries 10 times (rest.Request.maxRetries), without a deadline of its own.
constexpr int kMaxTries = 4;

constexpr const char* kJson = "application/json";

// client-go's rule (rest/with_retry.go): 429 and 5xx, when the server says how long to wait.
std::chrono::seconds asked_to_wait(const HttpResponse& response, const ApiError& error) {
  const bool may_pass = response.status == 429 || response.status >= 500;
  return may_pass ? error.retry_after : std::chrono::seconds{0};
}

std::chrono::milliseconds until(Clock::Steady::time_point deadline, Clock::Steady::time_point now) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - now), std::chrono::milliseconds{0});
}

}  // namespace

RestCalls::RestCalls(std::shared_ptr<HttpTransport> transport, Connection connection, Clock& clock,
                     const RestOptions& options)
    : transport_(std::move(transport)), connection_(std::move(connection)), clock_(clock), options_(options) {}

HttpResult RestCalls::once(HttpRequest& request, Clock::Steady::time_point deadline, const std::stop_token& stop,
                           const Stream* stream) {
  request.head_within = until(deadline, clock_.now());
  if (stream != nullptr) {
    request.body_within = stream->within;
    request.silence_within = stream->silence_within;
    return transport_->stream(request, stream->sink, stop);
  }
  request.body_within = request.head_within;
  return transport_->send(request, stop);
}

ApiResult<HttpResponse> RestCalls::perform(const CallName& call, HttpRequest request, const std::string& query,
                                           const std::stop_token& stop, const Stream* stream) {
  const auto deadline = clock_.now() + options_.call_deadline;
  request.method = call.method;
  request.target = connection_.path_prefix + call.path + query;
  request.max_body_bytes = options_.max_response_bytes;
  const bool wants_json = request.headers.emplace("Accept", kJson).first->second == kJson;
  request.headers["User-Agent"] = "warmgate/" + std::string(base::version());
  bool renewed = false;
  for (int tries = 1;; ++tries) {
    auto credentials = connection_.credentials->current(stop);
    if (!credentials) {
      return local_error(call, "no credentials: " + credentials.error().message);
    }
    request.identity = credentials->identity;
    request.headers.erase("Authorization");
    if (!credentials->token.empty()) {
      request.headers["Authorization"] = "Bearer " + credentials->token;
    }
    HttpResult result = once(request, deadline, stop, stream);
    if (!result) {
      return failure_error(call, result.error());
    }
    if (result->status >= 200 && result->status < 300) {
      return is_json(*result) || !wants_json ? ApiResult<HttpResponse>(std::move(result).value())
                                             : ApiResult<HttpResponse>(response_error(call, *result));
    }
    ApiError error = response_error(call, *result);
    if (result->status == 401 && !renewed && connection_.credentials->renew(*credentials)) {
      renewed = true;
      continue;
    }
    const std::chrono::seconds wait = asked_to_wait(*result, error);
    if (wait.count() == 0 || tries == kMaxTries || clock_.now() + wait >= deadline) {
      return error;
    }
    clock_.sleep_for(wait, stop);
    if (stop.stop_requested()) {
      return error;
    }
  }
}

}  // namespace warmgate::cluster
