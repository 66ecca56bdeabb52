// ConnectionServer: the machinery that HttpsServer and HealthServer share. One thread accepts, a fixed set of workers
// serves one connection each (idle ones too: that is cpp-httplib's model), a bounded queue lies between.
//
// Lifecycle: create() makes the threads, start() opens the door, drain() ends it; the destructor drains with no
// patience at all. drain() may be called from any thread but a worker, once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <latch>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "channel.h"
#include "connections.h"
#include "http_session.h"
#include "listen_socket.h"
#include "overload.h"
#include "warmgate/base/result.h"

namespace warmgate::server {

struct ConnectionLimits {
  std::size_t workers = 0;
  std::size_t max_queue = 0;
  std::size_t max_body_bytes_in_all = 0;
  std::chrono::milliseconds patience{0};   // Crowding::patience
  std::chrono::milliseconds handshake{0};  // all of it
  HttpLimits http;
};

struct ConnectionEvents {
  std::function<void(std::string_view reason)> rejected;  // connections that never got as far as a request
  std::function<void()> exception;
  Gauge connections;
  Gauge queue_depth;
};

// The TLS side of a new connection, by the certificate of that moment. Called by all workers. Empty: plain.
using NewTls = std::function<SslPtr()>;

class ConnectionServer {
 public:
  static base::Result<std::unique_ptr<ConnectionServer>> create(ListenSocket listener, NewTls tls,
                                                                const ConnectionLimits& limits, HttpService service,
                                                                ConnectionEvents events);
  ~ConnectionServer();
  ConnectionServer(const ConnectionServer&) = delete;
  ConnectionServer& operator=(const ConnectionServer&) = delete;

  [[nodiscard]] int port() const { return listener_.port; }
  void start();
  bool drain(std::chrono::milliseconds limit);

 private:
  ConnectionServer(ListenSocket listener, NewTls tls, const ConnectionLimits& limits, HttpService service,
                   ConnectionEvents events);
  base::Status make_threads();
  void accept_until_closed();
  void accept_waiting(std::size_t limit);
  bool accept_one();
  void work(HttpSession& session);
  void serve(HttpSession& session, base::UniqueFd socket);
  bool greet(Channel& channel);
  // True: the last thing that happened was a reply.
  bool serve_requests(HttpSession& session, Channel& channel);
  void close_door();

  ListenSocket listener_;
  const NewTls tls_;
  const ConnectionLimits limits_;
  const HttpService service_;
  const ConnectionEvents events_;
  Crowding crowding_;
  ByteBudget bodies_;
  OpenConnections open_;
  ConnectionQueue queue_;
  std::atomic<bool> ending_{false};
  std::atomic<bool> door_closed_{false};
  std::atomic_flag started_;
  std::latch start_{1};
  std::thread acceptor_;
  std::vector<std::thread> workers_;
};

}  // namespace warmgate::server
