// HttpStream: what cpp-httplib asks of a connection besides bytes. Time and sockets are Warmgate's own, so the answers
// are empty. Includes httplib.h, so for the two sources only that speak HTTP.
#pragma once

#include <string>

// zlib, brotli, zstd and TLS support stay off: no decompression bombs, and the library never touches a TLS session.
#include <httplib.h>

namespace warmgate::base {

class HttpStream : public httplib::Stream {
 public:
  explicit HttpStream(int fd) : fd_(fd) {}

  bool is_readable() const override { return false; }
  bool wait_readable() const override { return true; }
  bool wait_writable() const override { return true; }
  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
  int socket() const override { return fd_; }
  time_t duration() const override { return 0; }

 private:
  const int fd_;
};

}  // namespace warmgate::base
