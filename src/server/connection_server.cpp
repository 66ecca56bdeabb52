#include "connection_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <string>
#include <utility>

namespace warmgate::server {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAcceptSlice{100};
// Without free file descriptors accept() fails at once, again and again.
constexpr milliseconds kDescriptorPause{50};
// What the kernel had accepted when the door closed: at most the backlog (listen_socket.cpp).
constexpr std::size_t kLastCall = 1024;
// While draining, a connection that was just made is allowed this long for its first request: its client dialled to
// send one. Go also dials connections that it then does not need.
constexpr milliseconds kFirstRequestGrace{1000};
// And a busy one this long for its next request, which may be on its way: its last reply may have left just before
// replies began to say `Connection: close`. Connections that have been idle for longer end at once.
constexpr milliseconds kNextRequestGrace{500};

class OpenEntry {
 public:
  OpenEntry(OpenConnections& open, int fd) : open_(open), fd_(fd) {}
  ~OpenEntry() { open_.remove(fd_); }
  OpenEntry(const OpenEntry&) = delete;
  OpenEntry& operator=(const OpenEntry&) = delete;

 private:
  OpenConnections& open_;
  const int fd_;
};

}  // namespace

ConnectionServer::ConnectionServer(ListenSocket listener, NewTls tls, const ConnectionLimits& limits,
                                   HttpService service, ConnectionEvents events)
    : listener_(std::move(listener)),
      tls_(std::move(tls)),
      limits_(limits),
      service_(std::move(service)),
      events_(std::move(events)),
      bodies_(limits.max_body_bytes_in_all),
      open_(events_.connections),
      queue_(limits.max_queue, crowding_, events_.queue_depth) {
  crowding_.patience = limits.patience;
}

base::Result<std::unique_ptr<ConnectionServer>> ConnectionServer::create(ListenSocket listener, NewTls tls,
                                                                         const ConnectionLimits& limits,
                                                                         HttpService service, ConnectionEvents events) {
  std::unique_ptr<ConnectionServer> server(
      new ConnectionServer(std::move(listener), std::move(tls), limits, std::move(service), std::move(events)));
  if (auto made = server->make_threads(); !made) {
    return made.error();
  }
  return server;
}

base::Status ConnectionServer::make_threads() {
  try {
    for (std::size_t i = 0; i < limits_.workers; ++i) {
      auto session = std::make_unique<HttpSession>(service_, limits_.http, bodies_, ending_);
      workers_.emplace_back([this, session = std::move(session)] { work(*session); });
    }
    acceptor_ = std::thread([this] { accept_until_closed(); });
  } catch (const std::exception& error) {
    return base::Error{"cannot start " + std::to_string(limits_.workers) + " worker threads: " + error.what() +
                       "; raise the limit of threads (pids) or configure fewer workers"};
  }
  return base::ok_status();
}

ConnectionServer::~ConnectionServer() {
  drain(milliseconds{0});
  queue_.close();
  for (std::thread& worker : workers_) {
    worker.join();
  }
}

void ConnectionServer::start() {
  if (!started_.test_and_set()) {
    start_.count_down();
  }
}

// The order matters: replies announce the end and idle connections go while new ones are still welcome, because the API
// servers learn of the end last. Only then the door closes.
bool ConnectionServer::drain(milliseconds limit) {
  const auto begin = Clock::now();
  ending_ = true;
  // A service that never has a quiet moment would keep the door open for all of `limit` and then have nothing left for
  // the last requests.
  (void)open_.wait_until_none(begin + limit / 2);
  close_door();
  if (open_.wait_until_none(begin + limit)) {
    return true;
  }
  open_.cut();
  return false;
}

void ConnectionServer::close_door() {
  door_closed_ = true;
  start();
  if (acceptor_.joinable()) {
    acceptor_.join();
  }
}

void ConnectionServer::accept_until_closed() {
  start_.wait();
  while (!door_closed_.load()) {
    pollfd entry{listener_.fd.get(), POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(kAcceptSlice.count())) > 0) {
      accept_waiting(kLastCall);
    }
  }
  accept_waiting(kLastCall);
  listener_.fd.reset();
}

void ConnectionServer::accept_waiting(std::size_t limit) {
  while (limit > 0 && accept_one()) {
    --limit;
  }
}

bool ConnectionServer::accept_one() {
  base::UniqueFd socket(::accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.valid()) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      events_.rejected("overload");
      ::poll(nullptr, 0, static_cast<int>(kDescriptorPause.count()));
      return false;
    }
    return errno == EINTR || errno == ECONNABORTED || errno == EPROTO;
  }
  const int on = 1;
  // Without it a reply waits 40 ms for the client's delayed ACK (measured: 23 requests a second instead of 5,000).
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const int fd = socket.get();
  open_.add(fd);
  if (!queue_.push(socket)) {
    // Not even a 503: over TLS it would cost a handshake, which is what there is no worker for.
    open_.remove(fd);
    events_.rejected("overload");
  }
  return true;
}

void ConnectionServer::work(HttpSession& session) {
  while (auto socket = queue_.pop()) {
    try {
      serve(session, std::move(*socket));
    } catch (...) {
      events_.exception();
    }
  }
}

void ConnectionServer::serve(HttpSession& session, base::UniqueFd socket) {
  const int fd = socket.get();
  SslPtr ssl = tls_ ? tls_() : nullptr;
  const bool encrypted = ssl != nullptr;
  Channel channel(std::move(socket), std::move(ssl), crowding_);
  const OpenEntry entry(open_, fd);
  if (tls_ && !encrypted) {
    return;
  }
  if (greet(channel) && serve_requests(session, channel)) {
    channel.finish();
    channel.linger();
  } else {
    channel.finish();
  }
}

bool ConnectionServer::greet(Channel& channel) {
  channel.start_clock(limits_.handshake);
  switch (channel.handshake()) {
    case Handshake::kDone:
      return true;
    case Handshake::kFailed:
      events_.rejected("tls");
      channel.finish();
      channel.linger();  // for the alert that tells the client why
      return false;
    case Handshake::kLate:
      events_.rejected("deadline");
      return false;
    case Handshake::kPeerLeft:
      return false;
  }
  return false;
}

bool ConnectionServer::serve_requests(HttpSession& session, Channel& channel) {
  milliseconds grace = kFirstRequestGrace;
  for (std::size_t served = 1; served <= limits_.http.max_requests; ++served) {
    if (!channel.wait_for_request(limits_.http.keep_alive, ending_, grace)) {
      return false;
    }
    if (!session.serve(channel, served == limits_.http.max_requests)) {
      return true;
    }
    grace = kNextRequestGrace;
  }
  return true;
}

}  // namespace warmgate::server
