#include "listen_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

namespace warmgate::server {
namespace {

// Room for the reconnects of three API servers after a rollout (2 paths x 25 connections each), several times over; the
// kernel caps it at net.core.somaxconn.
constexpr int kBacklog = 1024;

struct AddressFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressFree>;

AddressList resolve_numeric(const std::string& address, int port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* list = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &list) != 0) {
    return nullptr;
  }
  return AddressList(list);
}

std::string explain(int error, std::string_view advice) {
  switch (error) {
    case EADDRINUSE:
      return "already in use; " + std::string(advice);
    case EACCES:
      return "not permitted (ports below 1024 need CAP_NET_BIND_SERVICE); " + std::string(advice);
    case EADDRNOTAVAIL:
      return "not an address of this machine; use 0.0.0.0 or :: for all of its addresses";
    default:
      return std::string("cannot listen: ") + std::strerror(error);
  }
}

std::optional<int> bound_port(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    return std::nullopt;
  }
  const auto network_order = name.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(&name)->sin6_port
                                                        : reinterpret_cast<const sockaddr_in*>(&name)->sin_port;
  return ntohs(network_order);
}

}  // namespace

base::Result<ListenSocket> listen_on(const std::string& address, int port, std::string_view advice) {
  const std::string where = "address " + (address.find(':') == std::string::npos ? address : "[" + address + "]") +
                            ":" + std::to_string(port) + ": ";
  if (port < 0 || port > 65535) {
    return base::Error{where + "a port lies between 0 and 65535"};
  }
  const AddressList list = resolve_numeric(address, port);
  if (!list) {
    return base::Error{where + "not an IP address; write one such as 0.0.0.0, 127.0.0.1 or ::"};
  }
  base::UniqueFd fd(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  // REUSEADDR: a restart must not wait for the TIME_WAIT connections of the process before it.
  if (!fd.valid() || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(fd.get(), list->ai_addr, list->ai_addrlen) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return base::Error{where + explain(errno, advice)};
  }
  const std::optional<int> actual = bound_port(fd.get());
  if (!actual) {
    return base::Error{where + explain(errno, advice)};
  }
  return ListenSocket{std::move(fd), *actual};
}

}  // namespace warmgate::server
