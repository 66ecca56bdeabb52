// HttpSession: HTTP/1.1 on a Channel, one request at a time. cpp-httplib parses requests and writes replies; sockets,
// TLS, threads and time are Warmgate's own. The only file that includes httplib.h is http_session.cpp.
//
// One session per worker thread, because the library's callbacks do not say which connection they are for: here each
// session has callbacks of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channel.h"
#include "overload.h"
#include "warmgate/server/https_server.h"

namespace warmgate::server {

// What of a request's head decides whether its body is read.
struct RequestHead {
  std::string method;
  std::string path;                          // without the query, percent-decoded
  std::vector<std::string> content_lengths;  // as sent: the library percent-decodes header values (CVE-2026-45372)
  bool has_transfer_encoding = false;
  std::vector<std::string> content_encodings;
  std::vector<std::string> content_types;
};

// What a listener serves. Called from many threads; must not throw.
struct HttpService {
  std::vector<std::string> post_paths;
  std::string allowed_methods;  // of a 405
  // A reply that needs no body (then none is read, and the connection ends if one was announced).
  std::function<std::optional<HttpReply>(const RequestHead&)> answer_head;
  std::function<HttpReply(const std::string& path, std::string_view body)> answer_body;
  // The session itself gave the request up: 400 malformed, 408 too slow, 414 long target, 503 too many bytes of bodies
  // at once, 500 an exception.
  std::function<HttpReply(int status)> give_up;
};

struct HttpLimits {
  std::size_t max_body_bytes = 0;
  std::size_t max_requests = 0;  // on one connection
  std::chrono::seconds keep_alive{0};
  std::chrono::milliseconds request{0};  // head and body; and once more for writing the reply
};

class HttpSession {
 public:
  // All references must outlive the session. `ending` set: replies say `Connection: close`.
  HttpSession(const HttpService& service, const HttpLimits& limits, ByteBudget& bodies,
              const std::atomic<bool>& ending);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  // Reads one request and answers it. True: the connection can take another one.
  [[nodiscard]] bool serve(Channel& channel, bool last);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::server
