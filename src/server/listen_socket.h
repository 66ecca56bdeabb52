// A listening TCP socket, made here and not by cpp-httplib: the library loses errno (so a taken port could not be
// named) and sets SO_REUSEPORT (so a second Warmgate would bind the same port and take half of the connections).
#pragma once

#include <string>
#include <string_view>

#include "warmgate/base/result.h"
#include "warmgate/base/unique_fd.h"

namespace warmgate::server {

struct ListenSocket {
  base::UniqueFd fd;  // non-blocking
  int port = 0;
};

// `advice` ends the message about a taken port, e.g. "choose another with --port".
base::Result<ListenSocket> listen_on(const std::string& address, int port, std::string_view advice);

}  // namespace warmgate::server
