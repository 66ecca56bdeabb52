#include "warmgate/cluster/credentials.h"

#include <mutex>
#include <optional>
#include <utility>

#include "bearer_token.h"
#include "small_file.h"

namespace warmgate::cluster {
namespace {

// client-go (transport/token_source.go) reads the file once a minute; the kubelet rotates tokens at 80 % of their hour.
constexpr std::chrono::seconds kReadAgain{60};

class FixedCredentials final : public CredentialSource {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  base::Result<Credentials> current(const std::stop_token& /*stop*/) override { return credentials_; }
  bool renew(const Credentials& /*refused*/) override { return false; }

 private:
  const Credentials credentials_;
};

class TokenFile final : public CredentialSource {
 public:
  TokenFile(std::string path, Credentials fallback, Clock& clock)
      : path_(std::move(path)), clock_(clock), last_(std::move(fallback)) {}

  base::Result<Credentials> current(const std::stop_token& /*stop*/) override {
    const std::lock_guard lock(mutex_);
    const FileState state = FileState::of(path_);
    const auto now = clock_.now();
    if (!read_at_ || now - *read_at_ >= kReadAgain || !(state == state_)) {
      read_at_ = now;
      state_ = state;
      auto read = read_token();
      if (read) {
        last_.token = std::move(read).value();
      } else if (last_.token.empty()) {
        read_at_.reset();
        return read.error();
      }
    }
    return last_;
  }

  // True only when the file holds another token by now: asking again with the same one is in vain.
  bool renew(const Credentials& refused) override {
    const std::lock_guard lock(mutex_);
    read_at_.reset();
    const auto read = read_token();
    return read.ok() && *read != refused.token;
  }

 private:
  [[nodiscard]] base::Result<std::string> read_token() const {
    auto text = read_small_file(path_, kMaxSecretFile);
    if (!text) {
      return base::Error{"token file " + path_ + ": " + text.error().message};
    }
    auto token = bearer_token(*text);
    if (!token) {
      return base::Error{"token file " + path_ + ": " + token.error().message};
    }
    return token;
  }

  const std::string path_;
  Clock& clock_;
  std::mutex mutex_;
  Credentials last_;
  FileState state_;
  std::optional<Clock::Steady::time_point> read_at_;  // nullopt: read before the next use
};

}  // namespace

std::unique_ptr<CredentialSource> fixed_credentials(Credentials credentials) {
  return std::make_unique<FixedCredentials>(std::move(credentials));
}

std::unique_ptr<CredentialSource> token_file_credentials(std::string path, Credentials fallback, Clock& clock) {
  return std::make_unique<TokenFile>(std::move(path), std::move(fallback), clock);
}

}  // namespace warmgate::cluster
