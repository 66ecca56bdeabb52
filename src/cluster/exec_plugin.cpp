#include "exec_plugin.h"

#include <condition_variable>
#include <ctime>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "bearer_token.h"
#include "tls_client.h"
#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/document/view.h"
#include "warmgate/document/write.h"

namespace warmgate::cluster {
namespace {

using document::View;

struct Answer {
  Credentials credentials;
  std::optional<Clock::Wall::time_point> expires;
};

// RFC 3339, as Go writes it: "2026-11-24T15:00:00Z", "2026-11-24T16:00:00.5+01:00".
std::optional<Clock::Wall::time_point> parse_time(const std::string& text) {
  std::tm date{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &date);
  if (rest == nullptr) {
    return std::nullopt;
  }
  if (*rest == '.') {
    do {
      ++rest;
    } while (*rest >= '0' && *rest <= '9');
  }
  std::chrono::minutes offset{0};
  if (*rest == '+' || *rest == '-') {
    std::tm zone{};
    const char* end = ::strptime(rest + 1, "%H:%M", &zone);
    if (end == nullptr) {
      return std::nullopt;
    }
    offset = std::chrono::minutes{(zone.tm_hour * 60 + zone.tm_min) * (*rest == '-' ? -1 : 1)};
    rest = end;
  } else if (*rest == 'Z') {
    ++rest;
  } else {
    return std::nullopt;
  }
  if (*rest != '\0') {
    return std::nullopt;
  }
  return Clock::Wall::from_time_t(::timegm(&date)) - offset;
}

base::Result<Answer> read_status(const View& status) {
  Answer answer;
  if (const std::string token = status["token"].text(); !token.empty()) {
    auto checked = bearer_token(token);
    if (!checked) {
      return checked.error();
    }
    answer.credentials.token = std::move(checked).value();
  }
  const TlsIdentity identity{status["clientCertificateData"].text(), status["clientKeyData"].text()};
  if (identity.certificate_pem.empty() != identity.key_pem.empty()) {
    return base::Error{"its answer has one of clientCertificateData and clientKeyData without the other"};
  }
  if (!identity.certificate_pem.empty()) {
    auto checked = check_identity(identity);
    if (!checked) {
      return base::Error{"its answer: " + checked.error().message};
    }
    answer.credentials.identity = std::make_shared<const TlsIdentity>(identity);
  }
  if (answer.credentials.token.empty() && !answer.credentials.identity) {
    return base::Error{"its answer has neither a token nor a client certificate"};
  }
  if (const View expires = status["expirationTimestamp"]) {
    answer.expires = parse_time(expires.text());
    if (!answer.expires) {
      return base::Error{"its answer's expirationTimestamp is no RFC 3339 time"};
    }
  }
  return answer;
}

base::Result<Answer> read_answer(const std::string& output, const std::string& api_version) {
  auto json = document::parse_json(output, {});
  // The parser's message quotes what it stumbled over, which may be part of a token.
  if (!json || !json->is_object()) {
    return base::Error{"it printed no JSON object; it must print an ExecCredential"};
  }
  const View view(*json);
  if (view["kind"].text() != "ExecCredential" || view["apiVersion"].text() != api_version) {
    return base::Error{
        "it must print an ExecCredential of " + api_version + ", the apiVersion in the kubeconfig; it printed kind \"" +
        base::one_line(view["kind"].text(), 40) + "\" of \"" + base::one_line(view["apiVersion"].text(), 60) + "\""};
  }
  return read_status(view["status"]);
}

std::string exec_info(const ExecPlugin& plugin) {
  document::Json info = {
      {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
  if (plugin.cluster) {
    info["spec"]["cluster"] = *plugin.cluster;
  }
  return document::to_json(info);
}

class ExecCredentials final : public CredentialSource {
 public:
  ExecCredentials(ExecPlugin plugin, Credentials fallback, Clock& clock)
      : plugin_(std::move(plugin)), fallback_(std::move(fallback)), clock_(clock) {
    plugin_.program.environment.emplace_back("KUBERNETES_EXEC_INFO", exec_info(plugin_));
  }

  base::Result<Credentials> current(const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    if (!answered_.wait(lock, stop, [this] { return !asking_; })) {
      return base::Error{"exec plugin " + plugin_.program.command + ": stopped while waiting for it"};
    }
    const bool expired = answer_ && answer_->expires && clock_.wall_now() >= *answer_->expires;
    if (answer_ && !expired) {
      return answer_->credentials;
    }
    answer_.reset();
    base::Result<Answer> answer = [&] {
      const Turn turn(*this, lock);
      return ask(stop);
    }();
    if (!answer) {
      return answer.error();
    }
    keep(std::move(answer).value());
    return answer_->credentials;
  }

  bool renew(const Credentials& refused) override {
    const std::lock_guard lock(mutex_);
    if (answer_ && answer_->credentials.token == refused.token && answer_->credentials.identity == refused.identity) {
      answer_.reset();
    }
    return true;
  }

 private:
  // Of the one thread that asks: without the lock, so that the others can be stopped while they wait for its answer.
  class Turn {
   public:
    Turn(ExecCredentials& owner, std::unique_lock<std::mutex>& lock) : owner_(owner), lock_(lock) {
      owner_.asking_ = true;
      lock_.unlock();
    }
    ~Turn() {
      lock_.lock();
      owner_.asking_ = false;
      owner_.answered_.notify_all();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    ExecCredentials& owner_;
    std::unique_lock<std::mutex>& lock_;
  };

  [[nodiscard]] base::Result<Answer> ask(const std::stop_token& stop) const {
    const std::string who = "exec plugin " + plugin_.program.command + ": ";
    auto outcome = run_child(plugin_.program, stop);
    if (!outcome) {
      return base::Error{who + outcome.error().message +
                         (plugin_.install_hint.empty() ? "" : "; " + plugin_.install_hint)};
    }
    auto answer = read_answer(outcome->output, plugin_.api_version);
    if (!answer) {
      return base::Error{who + answer.error().message};
    }
    return answer;
  }

  // Requires the lock.
  void keep(Answer answer) {
    std::shared_ptr<const TlsIdentity>& identity = answer.credentials.identity;
    if (!identity) {
      identity = fallback_.identity;
    }
    // The same certificate again: connections that were made with it stay in use.
    if (last_identity_ && identity && last_identity_->certificate_pem == identity->certificate_pem &&
        last_identity_->key_pem == identity->key_pem) {
      identity = last_identity_;
    }
    last_identity_ = identity;
    answer_ = std::move(answer);
  }

  ExecPlugin plugin_;
  const Credentials fallback_;
  Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any answered_;
  bool asking_ = false;
  std::optional<Answer> answer_;
  std::shared_ptr<const TlsIdentity> last_identity_;
};

}  // namespace

std::unique_ptr<CredentialSource> exec_credentials(ExecPlugin plugin, Credentials fallback, Clock& clock) {
  return std::make_unique<ExecCredentials>(std::move(plugin), std::move(fallback), clock);
}

}  // namespace warmgate::cluster
