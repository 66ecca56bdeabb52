#include "http_exchange.h"

#include <exception>
#include <string>
#include <utility>

#include "client_socket.h"
#include "warmgate/base/http_stream.h"
#include "warmgate/base/text.h"

namespace warmgate::cluster {
namespace {

// All of a response's head. kube-apiserver sends less than 2 KiB; warnings of admission webhooks add to it.
constexpr std::size_t kMaxHeadBytes = 64UL * 1024;
// The library matches the status line with std::regex, which recurses for each character of the reason.
constexpr std::size_t kMaxStatusLineBytes = 1024;
// Of a refusal's body when the success would have been streamed.
constexpr std::size_t kMaxRefusalBytes = 1024UL * 1024;

// Adapts a ClientChannel to the library, and enforces what the library does not.
class ResponseStream final : public base::HttpStream {
 public:
  explicit ResponseStream(ClientChannel& channel) : HttpStream(channel.fd()), channel_(channel) {}

  ssize_t read(char* data, size_t size) override {
    if (oversized_head_) {
      return -1;
    }
    const std::ptrdiff_t got = channel_.read(data, size);
    if (got > 0) {
      answered_ = true;
      count_head({data, static_cast<std::size_t>(got)});
    }
    return oversized_head_ ? -1 : got;
  }

  ssize_t write(const char* data, size_t size) override {
    return channel_.write({data, size}) ? static_cast<ssize_t>(size) : -1;
  }

  void end_of_head() { in_head_ = false; }
  [[nodiscard]] bool answered() const { return answered_; }
  [[nodiscard]] bool oversized_head() const { return oversized_head_; }

 private:
  void count_head(std::string_view data) {
    if (!in_head_) {
      return;
    }
    head_bytes_ += data.size();
    in_status_line_ = in_status_line_ && data.find('\n') == std::string_view::npos;
    oversized_head_ = head_bytes_ > kMaxHeadBytes || (in_status_line_ && head_bytes_ > kMaxStatusLineBytes);
  }

  ClientChannel& channel_;
  std::size_t head_bytes_ = 0;
  bool in_head_ = true;
  bool in_status_line_ = true;
  bool oversized_head_ = false;
  bool answered_ = false;
};

class Exchange final : private httplib::ClientImpl {
 public:
  Exchange(ClientChannel& channel, const Endpoint& endpoint, const HttpRequest& request,
           const HttpTransport::Sink* sink, int stop_fd)
      : ClientImpl(endpoint.host),
        channel_(channel),
        stream_(channel),
        endpoint_(endpoint),
        request_(request),
        sink_(sink),
        stop_fd_(stop_fd) {
    set_path_encode(false);
    set_follow_location(false);
    set_decompress(false);
  }

  Exchanged run() {
    httplib::Request request = make_request();
    httplib::Response response;
    httplib::Error error = httplib::Error::Success;
    const bool ok = process_request(stream_, request, response, false, error);
    if (!ok) {
      return {failure(), false, stream_.answered()};
    }
    response_.status = response.status;
    take_headers(response.headers);
    return {std::move(response_), reusable(response), true};
  }

 private:
  httplib::Request make_request() {
    httplib::Request request;
    request.method = request_.method;
    request.path = request_.target;
    for (const auto& [name, value] : request_.headers) {
      request.set_header(name, value);
    }
    request.set_header("Host", host_and_port(endpoint_.host, endpoint_.port));
    request.body = request_.body;
    request.response_handler = [this](const httplib::Response& response) { return take_head(response); };
    request.content_receiver = [this](const char* data, size_t size, size_t /*offset*/, size_t /*length*/) {
      return take_body({data, size});
    };
    return request;
  }

  bool take_head(const httplib::Response& response) {
    stream_.end_of_head();
    body_deadline_ = SteadyClock::now() + request_.body_within;
    streamed_ = sink_ != nullptr && response.status >= 200 && response.status < 300;
    interim_ = response.status < 200;
    wait_for_body();
    if (streamed_ && sink_->on_open) {
      sink_->on_open();
    }
    return !interim_;
  }

  void wait_for_body() {
    const bool listens = streamed_ && request_.silence_within.count() > 0;
    const auto silent_at = SteadyClock::now() + request_.silence_within;
    silence_counts_ = listens && silent_at < body_deadline_;
    channel_.set_patience({silence_counts_ ? silent_at : body_deadline_, stop_fd_});
  }

  bool take_body(std::string_view data) {
    if (streamed_) {
      enough_ = !sink_->on_chunk(data);
      wait_for_body();
      return !enough_;
    }
    const std::size_t limit = sink_ != nullptr ? kMaxRefusalBytes : request_.max_body_bytes;
    if (data.size() > limit - response_.body.size()) {
      too_large_ = limit;
      return false;
    }
    response_.body += data;
    return true;
  }

  void take_headers(const httplib::Headers& headers) {
    for (const auto& [name, value] : headers) {
      response_.headers.emplace(base::to_lower(name), value);
    }
  }

  // Only when it is beyond doubt where the response ended.
  [[nodiscard]] bool reusable(const httplib::Response& response) const {
    const bool has_length = response.has_header("Content-Length");
    const bool chunked = response.has_header("Transfer-Encoding");
    const bool framed =
        response.status == httplib::StatusCode::NoContent_204 ? !has_length && !chunked : has_length != chunked;
    const std::string connection = base::to_lower(response.get_header_value("Connection"));
    return framed && response.version == "HTTP/1.1" && (connection.empty() || connection == "keep-alive");
  }

  [[nodiscard]] std::string where() const { return host_and_port(endpoint_.host, endpoint_.port); }

  [[nodiscard]] HttpFailure failure() const {
    if (enough_ || channel_.why_ended() == Wait::kStopped) {
      return {HttpFailureKind::kStopped, "stopped while reading from " + where()};
    }
    if (too_large_ > 0) {
      return {HttpFailureKind::kTooLarge,
              where() + " sent a body of more than " + std::to_string(too_large_ / (1024UL * 1024)) + " MiB"};
    }
    if (channel_.why_ended() == Wait::kLate && silence_counts_) {
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(request_.silence_within).count();
      return {HttpFailureKind::kSilent, where() + " sent nothing for " + std::to_string(seconds) + " s"};
    }
    if (channel_.why_ended() == Wait::kLate) {
      return {HttpFailureKind::kTimeout, "time-out while waiting for " + where()};
    }
    if (channel_.refused_identity()) {
      return {HttpFailureKind::kTls, where() + (request_.identity ? " refused the client certificate"
                                                                  : " asks for a client certificate and got none")};
    }
    if (channel_.at_end()) {
      return {HttpFailureKind::kBroken,
              where() + (stream_.answered() ? " ended the connection in the middle of its answer"
                                            : " ended the connection without an answer")};
    }
    return {HttpFailureKind::kMalformed, where() + (interim_ ? " sent an interim response that was not asked for"
                                                             : " did not answer in valid HTTP")};
  }

  ClientChannel& channel_;
  ResponseStream stream_;
  const Endpoint& endpoint_;
  const HttpRequest& request_;
  const HttpTransport::Sink* const sink_;
  const int stop_fd_;
  HttpResponse response_;
  SteadyClock::time_point body_deadline_;
  std::size_t too_large_ = 0;  // the limit that was passed
  bool interim_ = false;       // 1xx, which the library takes for the answer
  bool streamed_ = false;
  bool silence_counts_ = false;  // silence_within ends before the body's deadline
  bool enough_ = false;
};

}  // namespace

Exchanged exchange(ClientChannel& channel, const Endpoint& endpoint, const HttpRequest& request,
                   const HttpTransport::Sink* sink, int stop_fd) {
  try {
    return Exchange(channel, endpoint, request, sink, stop_fd).run();
  } catch (const std::exception&) {
    return {HttpFailure{HttpFailureKind::kMalformed,
                        host_and_port(endpoint.host, endpoint.port) + " did not answer in valid HTTP"},
            false, true};
  }
}

}  // namespace warmgate::cluster
