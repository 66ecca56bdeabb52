// Fakes of this room's seams: HTTP by script, a clock that only moves when it is told to, credentials in a list.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "warmgate/cluster/clock.h"
#include "warmgate/cluster/http.h"
#include "warmgate/cluster/kubeconfig.h"

namespace warmgate::cluster::test {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] Steady::time_point now() const override { return Steady::time_point(passed); }
  [[nodiscard]] Wall::time_point wall_now() const override { return wall + passed; }
  void sleep_for(std::chrono::milliseconds time, const std::stop_token& /*stop*/) override {
    sleeps.push_back(time);
    passed += time;
    if (on_sleep) {
      on_sleep();
    }
  }

  std::chrono::milliseconds passed{0};
  Wall::time_point wall;
  std::vector<std::chrono::milliseconds> sleeps;
  std::function<void()> on_sleep;
};

class FakeHttp final : public HttpTransport {
 public:
  struct Answer {
    HttpResult result = HttpFailure{};
    std::vector<std::string> chunks;  // of a stream, before the result
  };

  HttpResult send(const HttpRequest& request, const std::stop_token& stop) override {
    HttpResult result = next(request).result;
    return stop.stop_requested() ? HttpResult(HttpFailure{HttpFailureKind::kStopped, "stopped"}) : result;
  }
  HttpResult stream(const HttpRequest& request, const Sink& sink, const std::stop_token& stop) override {
    const Answer answer = next(request);
    if (sink.on_open && (answer.result.ok() ? answer.result->status == 200 : !answer.chunks.empty())) {
      sink.on_open();
    }
    for (const std::string& chunk : answer.chunks) {
      if (!sink.on_chunk(chunk) || stop.stop_requested()) {
        return HttpFailure{HttpFailureKind::kStopped, "stopped"};
      }
    }
    return answer.result;
  }

  void add(int status, std::string body, std::map<std::string, std::string> headers = {}) {
    headers.emplace("content-type", "application/json");
    answers.push_back({HttpResponse{status, std::move(headers), std::move(body)}, {}});
  }
  void add(HttpFailureKind kind, std::string message) {
    answers.push_back({HttpFailure{kind, std::move(message)}, {}});
  }
  void add_stream(std::vector<std::string> chunks) {
    add(200, "");
    answers.back().chunks = std::move(chunks);
  }
  [[nodiscard]] std::vector<std::string> targets() const {
    std::vector<std::string> all;
    for (const HttpRequest& request : requests) {
      all.push_back(request.method + " " + request.target);
    }
    return all;
  }

  std::deque<Answer> answers;
  std::vector<HttpRequest> requests;

 private:
  Answer next(const HttpRequest& request) {
    requests.push_back(request);
    if (answers.empty()) {
      return {HttpFailure{HttpFailureKind::kBroken, "nothing is scripted"}, {}};
    }
    Answer answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }
};

// Gives the first token; each renewal goes on to the next, if there is one.
class FakeCredentials final : public CredentialSource {
 public:
  explicit FakeCredentials(std::deque<std::string> tokens) : tokens_(std::move(tokens)) {}
  base::Result<Credentials> current(const std::stop_token& /*stop*/) override {
    return Credentials{tokens_.front(), nullptr};
  }
  bool renew(const Credentials& /*refused*/) override {
    if (tokens_.size() == 1) {
      return false;
    }
    tokens_.pop_front();
    return true;
  }

 private:
  std::deque<std::string> tokens_;
};

// An environment of these variables only.
inline Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

}  // namespace warmgate::cluster::test
