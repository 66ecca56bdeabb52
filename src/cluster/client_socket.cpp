#include "client_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace warmgate::cluster {
namespace {

using std::chrono::seconds;

// One address that swallows packets must not use up the time of the others.
constexpr seconds kPerAddress{5};
// A peer that is gone (its node died, a firewall forgot the connection) is noticed after about half a minute, the time
// after which client-go pings a silent HTTP/2 connection (ReadIdleTimeout 30 s): a watch is silent for minutes by
// nature, so no limit on silence can tell.
constexpr int kKeepAliveIdleSeconds = 15;
constexpr int kKeepAliveIntervalSeconds = 5;
constexpr int kKeepAliveProbes = 3;
constexpr unsigned kUnacknowledgedMilliseconds = 30'000;

struct AddressFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressFree>;

struct Resolution {
  AddressList list;
  int error = 0;  // of getaddrinfo
};

Resolution resolve_blocking(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  return {AddressList(error == 0 ? list : nullptr), error};
}

HttpFailure ended_while(Wait wait, const std::string& doing) {
  if (wait == Wait::kStopped) {
    return {HttpFailureKind::kStopped, "stopped while " + doing};
  }
  return {HttpFailureKind::kTimeout, "time-out while " + doing};
}

// What the caller and a resolving thread share; the last of them frees it.
struct PendingResolution {
  std::mutex mutex;  // poll() orders nothing between threads
  Resolution result;
  base::UniqueFd done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

// getaddrinfo knows no deadline and cannot be cancelled, so a thread waits for it and is left behind when it is late
// (resolv.conf bounds its life: 5 s and 2 attempts for each name server by default).
base::Result<Resolution, HttpFailure> resolve(const std::string& host, int port, const Patience& patience) {
  Resolution numeric = resolve_blocking(host, port, AI_NUMERICHOST);
  if (numeric.list) {
    return numeric;
  }
  auto pending = std::make_shared<PendingResolution>();
  std::thread([pending, host, port] {
    Resolution result = resolve_blocking(host, port, AI_ADDRCONFIG);
    {
      const std::lock_guard lock(pending->mutex);
      pending->result = std::move(result);
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(pending->done.get(), &one, sizeof(one));
  }).detach();
  const Wait wait = wait_for(pending->done.get(), POLLIN, patience);
  if (wait != Wait::kReady) {
    return ended_while(wait, "looking up the name " + host);
  }
  const std::lock_guard lock(pending->mutex);
  return std::move(pending->result);
}

void set_option(int fd, int level, int name, const auto& value) {
  ::setsockopt(fd, level, name, &value, sizeof(value));
}

void set_options(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMilliseconds);
}

struct Attempt {
  base::UniqueFd socket;  // valid: connected
  int error = 0;          // of connect()
  Wait wait = Wait::kReady;
};

Attempt connect_one(const addrinfo& address, const Patience& patience) {
  Attempt attempt;
  base::UniqueFd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) {
    attempt.error = errno;
    return attempt;
  }
  set_options(fd.get());
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) {
      attempt.error = errno;
      return attempt;
    }
    attempt.wait = wait_for(fd.get(), POLLOUT, patience);
    if (attempt.wait != Wait::kReady) {
      return attempt;
    }
    socklen_t size = sizeof(attempt.error);
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &attempt.error, &size) != 0) {
      attempt.error = errno;
    }
  }
  if (attempt.error == 0) {
    attempt.socket = std::move(fd);
  }
  return attempt;
}

}  // namespace

std::string host_and_port(const std::string& host, int port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

base::Result<base::UniqueFd, HttpFailure> connect_to(const std::string& host, int port, const Patience& patience) {
  const std::string where = host_and_port(host, port);
  auto resolution = resolve(host, port, patience);
  if (!resolution) {
    return resolution.error();
  }
  if (!resolution->list) {
    return HttpFailure{HttpFailureKind::kConnect,
                       "cannot look up the name " + host + ": " + ::gai_strerror(resolution->error)};
  }
  Attempt last;
  for (const addrinfo* address = resolution->list.get(); address != nullptr; address = address->ai_next) {
    const bool others = address->ai_next != nullptr;
    const auto deadline = others ? std::min(patience.deadline, SteadyClock::now() + kPerAddress) : patience.deadline;
    last = connect_one(*address, {deadline, patience.stop_fd});
    if (last.socket.valid()) {
      return std::move(last.socket);
    }
    if (last.wait == Wait::kStopped) {
      break;
    }
  }
  if (last.wait != Wait::kReady) {
    return ended_while(last.wait, "connecting to " + where);
  }
  return HttpFailure{HttpFailureKind::kConnect, "cannot connect to " + where + ": " + std::strerror(last.error)};
}

}  // namespace warmgate::cluster
