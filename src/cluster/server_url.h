// The server's address in a kubeconfig. Pure function.
#pragma once

#include <string>

#include "warmgate/base/result.h"

namespace warmgate::cluster {

struct ServerUrl {
  std::string host;  // IPv6 without brackets
  int port = 443;
  std::string path;  // without a slash at its end
};

// "https://HOST[:PORT][/PATH]"; the error says what is wrong with it.
base::Result<ServerUrl> parse_server_url(const std::string& text);

}  // namespace warmgate::cluster
