#include "request_check.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "warmgate/base/text.h"

namespace warmgate::server {
namespace {

// 2^64 has 20 digits; more are leading zeros or nonsense.
constexpr std::size_t kMaxLengthDigits = 20;

std::string join_paths(const std::vector<std::string>& paths) { return base::join(paths, ", "); }

bool is_identity(const std::string& encoding) { return base::to_lower(base::trim(encoding)) == "identity"; }

bool is_multipart(const std::string& type) { return base::to_lower(base::trim(type)).rfind("multipart/", 0) == 0; }

std::optional<Refusal> check_length(const std::vector<std::string>& lengths, std::size_t max_body_bytes) {
  if (lengths.empty()) {
    return Refusal{411, "content_length", "the request has no Content-Length; send the body with its length"};
  }
  const std::string& text = lengths.front();
  if (lengths.size() > 1 || text.empty() || text.size() > kMaxLengthDigits ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return Refusal{400, "content_length", "the request needs exactly one Content-Length, in decimal digits"};
  }
  std::uint64_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  if (parsed.ec != std::errc{} || length > max_body_bytes) {
    return Refusal{413, "too_large",
                   "the body is larger than the limit of " + std::to_string(max_body_bytes) + " bytes"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> check_post(const RequestHead& head, const std::vector<std::string>& paths,
                                  std::size_t max_body_bytes) {
  if (std::find(paths.begin(), paths.end(), head.path) == paths.end()) {
    return Refusal{404, "path", "nothing is served at this path; POST to one of: " + join_paths(paths)};
  }
  if (head.method != "POST") {
    return Refusal{405, "method", "only POST is served at this path"};
  }
  if (head.has_transfer_encoding) {
    return Refusal{411, "transfer_encoding", "Transfer-Encoding is not accepted; send a Content-Length instead"};
  }
  if (!std::all_of(head.content_encodings.begin(), head.content_encodings.end(), is_identity)) {
    return Refusal{415, "content_encoding", "Content-Encoding is not accepted; send the body as it is"};
  }
  if (std::any_of(head.content_types.begin(), head.content_types.end(), is_multipart)) {
    return Refusal{415, "multipart", "multipart bodies are not accepted; send the AdmissionReview as application/json"};
  }
  return check_length(head.content_lengths, max_body_bytes);
}

Refusal refusal_of_failure(int status) {
  switch (status) {
    case 408:
      return {408, "deadline", "the request took too long to arrive; send it again"};
    case 414:
      return {414, "malformed", "the request target is too long"};
    case 500:
      return {500, "exception", "internal error; the server's log and warmgate_panics_total tell more"};
    case 503:
      return {503, "overload", "the server is busy; try again"};
    default:
      return {status, "malformed", "the request is not well-formed HTTP/1.1, or its body ended early"};
  }
}

}  // namespace warmgate::server
