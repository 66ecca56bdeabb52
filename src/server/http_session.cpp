#include "http_session.h"

#include <algorithm>
#include <utility>

#include "warmgate/base/http_stream.h"
#include "warmgate/base/text.h"

namespace warmgate::server {
namespace {

// All of a request's head; the library alone would take 100 header lines of 8 KiB.
constexpr std::size_t kMaxHeadBytes = 64UL * 1024;

// Adapts a Channel to the library, and enforces what the library does not.
class SessionStream final : public base::HttpStream {
 public:
  SessionStream(Channel& channel, ByteBudget& bodies, std::chrono::milliseconds limit)
      : HttpStream(channel.fd()), channel_(channel), bodies_(bodies), limit_(limit) {
    channel_.start_clock(limit_);
  }
  ~SessionStream() override { bodies_.give_back(body_bytes_); }
  SessionStream(const SessionStream&) = delete;
  SessionStream& operator=(const SessionStream&) = delete;

  // Once the reply has begun nothing more is read: bytes of a body that nobody wanted must never be taken for the next
  // request (CVE-2026-34441). The library then ends the connection.
  ssize_t read(char* data, size_t size) override {
    if (replying_ || over_budget_ || (in_head_ && head_.size() >= kMaxHeadBytes)) {
      return -1;
    }
    const std::ptrdiff_t got = channel_.read(data, size);
    if (got > 0) {
      count(data, static_cast<std::size_t>(got));
    }
    return over_budget_ ? -1 : got;
  }

  ssize_t write(const char* data, size_t size) override {
    const std::string_view text(data, size);
    if (!replying_ && !interim(text)) {
      replying_ = true;
      channel_.start_clock(limit_);
      announced_close_ = text.find("\r\nConnection: close\r\n") < text.find("\r\n\r\n");
    }
    return channel_.write(text) ? static_cast<ssize_t>(size) : -1;
  }

  void end_of_head() { in_head_ = false; }
  [[nodiscard]] const std::string& head() const { return head_; }
  [[nodiscard]] bool late() const { return channel_.late(); }
  [[nodiscard]] bool over_budget() const { return over_budget_; }
  [[nodiscard]] bool replying() const { return replying_; }
  [[nodiscard]] bool announced_close() const { return announced_close_; }

  bool wait_readable() const override { return !replying_; }

 private:
  void count(const char* data, std::size_t size) {
    if (in_head_) {
      head_.append(data, size);
    } else if (bodies_.take(size)) {
      body_bytes_ += size;
    } else {
      over_budget_ = true;
    }
  }

  // "100 Continue" and the empty line behind it, which the library writes separately, are not yet the reply.
  bool interim(std::string_view text) {
    if (std::exchange(interim_, text.substr(0, 12) == "HTTP/1.1 100")) {
      return text == "\r\n";
    }
    return interim_;
  }

  Channel& channel_;
  ByteBudget& bodies_;
  const std::chrono::milliseconds limit_;
  std::string head_;
  std::size_t body_bytes_ = 0;
  bool in_head_ = true;
  bool interim_ = false;
  bool over_budget_ = false;
  bool replying_ = false;
  bool announced_close_ = false;
};

std::vector<std::string> values_of(const httplib::Headers& headers, const std::string& name) {
  std::vector<std::string> values;
  const auto range = headers.equal_range(name);
  std::transform(range.first, range.second, std::back_inserter(values), [](const auto& entry) { return entry.second; });
  return values;
}

std::vector<std::string> values_as_sent(std::string_view head, std::string_view name) {
  std::vector<std::string> values;
  for (std::size_t begin = head.find("\r\n"); begin != std::string_view::npos; begin = head.find("\r\n", begin)) {
    begin += 2;
    const std::string_view line = head.substr(begin, head.find("\r\n", begin) - begin);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && base::to_lower(line.substr(0, colon)) == name) {
      values.emplace_back(base::trim(line.substr(colon + 1)));
    }
  }
  return values;
}

}  // namespace

class HttpSession::Impl final : private httplib::Server {
 public:
  Impl(const HttpService& service, const HttpLimits& limits, ByteBudget& bodies, const std::atomic<bool>& ending)
      : service_(service), limits_(limits), bodies_(bodies), ending_(ending) {
    set_keep_alive_max_count(limits.max_requests);
    set_keep_alive_timeout(limits.keep_alive.count());
    set_payload_max_length(limits.max_body_bytes);
    set_expect_100_continue_handler([this](const httplib::Request&, httplib::Response& response) {
      return answer_from_head(response) ? response.status : static_cast<int>(httplib::StatusCode::Continue_100);
    });
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      return answer_from_head(response) ? HandlerResponse::Handled : HandlerResponse::Unhandled;
    });
    for (const std::string& path : service.post_paths) {
      Post(path, [this](const httplib::Request& request, httplib::Response& response) {
        fill(response, service_.answer_body(head_.path, request.body));
      });
    }
    set_exception_handler([this](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
      fill(response, service_.give_up(httplib::StatusCode::InternalServerError_500));
    });
    // Called for every status from 400 on, also for those that the library chose itself. "Handled" makes it add the
    // Content-Length that it leaves out otherwise.
    set_error_handler([this](const httplib::Request&, httplib::Response& response) {
      if (!answered_) {
        fill(response, service_.give_up(status_of_failure(response.status)));
      }
      return HandlerResponse::Handled;
    });
    set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      if (ending_.load() && !response.has_header("Connection")) {
        response.headers.erase("Keep-Alive");
        response.set_header("Connection", "close");
      }
    });
  }

  bool serve(Channel& channel, bool last) {
    SessionStream stream(channel, bodies_, limits_.request);
    stream_ = &stream;
    answered_ = false;
    head_ = {};
    bool connection_closed = false;
    const bool written =
        process_request(stream, {}, 0, {}, 0, last, connection_closed, [this](httplib::Request& r) { take_head(r); });
    if (!stream.replying() && stream.late()) {
      // The request line never came, so the library said nothing; the refusal is counted all the same.
      service_.give_up(httplib::StatusCode::RequestTimeout_408);
    } else if (!stream.replying() && stream.head().size() >= CPPHTTPLIB_MAX_LINE_LENGTH) {
      refuse_request_line(stream);
    }
    return written && !connection_closed && !stream.announced_close();
  }

 private:
  // The library leaves without a word when a request line is longer than any it reads.
  void refuse_request_line(SessionStream& stream) {
    const HttpReply reply = service_.give_up(httplib::StatusCode::UriTooLong_414);
    const std::string text = "HTTP/1.1 414 " + std::string(httplib::status_message(reply.status)) +
                             "\r\nConnection: close\r\nContent-Type: " + reply.content_type +
                             "\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
    // Whether it arrives or not, the connection ends.
    (void)stream.write(text.data(), text.size());
  }

  void take_head(httplib::Request& request) {
    stream_->end_of_head();
    head_.method = request.method;
    head_.path = request.path;
    head_.content_lengths = values_as_sent(stream_->head(), "content-length");
    head_.has_transfer_encoding = request.has_header("Transfer-Encoding");
    head_.content_encodings = values_of(request.headers, "Content-Encoding");
    head_.content_types = values_of(request.headers, "Content-Type");
    // What the library would act upon and Warmgate does not: cut replies to a range, parse forms, refuse "identity".
    request.ranges.clear();
    request.headers.erase("Content-Type");
    request.headers.erase("Content-Encoding");
  }

  bool answer_from_head(httplib::Response& response) {
    std::optional<HttpReply> reply = service_.answer_head(head_);
    if (reply) {
      fill(response, std::move(*reply));
    }
    return reply.has_value();
  }

  int status_of_failure(int chosen_by_library) const {
    if (stream_->late()) {
      return httplib::StatusCode::RequestTimeout_408;
    }
    return stream_->over_budget() ? httplib::StatusCode::ServiceUnavailable_503 : chosen_by_library;
  }

  void fill(httplib::Response& response, HttpReply reply) {
    answered_ = true;
    response.status = reply.status;
    response.set_content(std::move(reply.body), reply.content_type);
    if (reply.retry_after_seconds > 0) {
      response.set_header("Retry-After", std::to_string(reply.retry_after_seconds));
    }
    if (reply.status == httplib::StatusCode::MethodNotAllowed_405) {
      response.set_header("Allow", service_.allowed_methods);
    }
  }

  const HttpService& service_;
  const HttpLimits& limits_;
  ByteBudget& bodies_;
  const std::atomic<bool>& ending_;
  // Of the request that is being served:
  SessionStream* stream_ = nullptr;
  RequestHead head_;
  bool answered_ = false;
};

HttpSession::HttpSession(const HttpService& service, const HttpLimits& limits, ByteBudget& bodies,
                         const std::atomic<bool>& ending)
    : impl_(std::make_unique<Impl>(service, limits, bodies, ending)) {}

HttpSession::~HttpSession() = default;

bool HttpSession::serve(Channel& channel, bool last) { return impl_->serve(channel, last); }

}  // namespace warmgate::server
