// RestCalls: sends one call to the API server until it is answered for good: with credentials, which are renewed once
// when they are refused, and again after Retry-After, all within the deadline of the call. Thread-safe.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "api_error.h"
#include "warmgate/cluster/rest_client.h"

namespace warmgate::cluster {

class RestCalls {
 public:
  RestCalls(std::shared_ptr<HttpTransport> transport, Connection connection, Clock& clock, const RestOptions& options);

  [[nodiscard]] CallName name(const std::string& method, const std::string& path) const {
    return {method, path, connection_.origin};
  }

  struct Stream {
    HttpTransport::Sink sink;
    std::chrono::milliseconds within;          // of the whole body
    std::chrono::milliseconds silence_within;  // as in HttpRequest
  };

  // A 2xx answer that says it is JSON, unless `request` accepts something else. `request` needs method, headers of its
  // own and body; `query` begins with "?" or is empty. `stream` nullptr: the whole answer in memory.
  ApiResult<HttpResponse> perform(const CallName& call, HttpRequest request, const std::string& query,
                                  const std::stop_token& stop, const Stream* stream = nullptr);

 private:
  HttpResult once(HttpRequest& request, Clock::Steady::time_point deadline, const std::stop_token& stop,
                  const Stream* stream);

  std::shared_ptr<HttpTransport> transport_;
  const Connection connection_;
  Clock& clock_;
  const RestOptions options_;
};

}  // namespace warmgate::cluster
