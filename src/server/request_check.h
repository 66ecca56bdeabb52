// Which requests are refused before their body is read. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "http_session.h"

namespace warmgate::server {

struct Refusal {
  int status = 0;
  const char* reason = "";  // label value of warmgate_rejected_total
  std::string message;      // never quotes the request (CVE-2026-45372)
};

// Nothing: a POST to one of `paths` with one valid Content-Length of at most `max_body_bytes` and nothing that would
// take the library into its chunked, compressed or multipart code (CVE-2026-45352 and its relatives).
std::optional<Refusal> check_post(const RequestHead& head, const std::vector<std::string>& paths,
                                  std::size_t max_body_bytes);

// For what the session gives up by itself.
Refusal refusal_of_failure(int status);

}  // namespace warmgate::server
