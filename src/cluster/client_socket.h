// A TCP connection to an endpoint, with a deadline for all of it: resolving, and each address in turn.
#pragma once

#include <string>

#include "patience.h"
#include "warmgate/base/result.h"
#include "warmgate/base/unique_fd.h"
#include "warmgate/cluster/http.h"

namespace warmgate::cluster {

// "example.org:443", "[::1]:6443".
std::string host_and_port(const std::string& host, int port);

// A connected, non-blocking socket with TCP_NODELAY and keep-alive probes.
base::Result<base::UniqueFd, HttpFailure> connect_to(const std::string& host, int port, const Patience& patience);

}  // namespace warmgate::cluster
