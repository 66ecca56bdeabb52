#include "reloading.h"

#include <csignal>
#include <ctime>
#include <exception>

namespace warmgate::cli {
namespace {

using base::LogLevel;
using base::Occasion;
using server::Reloadable;

std::string name_of(Reloadable what) { return what == Reloadable::kConfig ? "configuration" : "certificate"; }

double unix_now() { return static_cast<double>(std::time(nullptr)); }

base::FileWatchOptions watching(std::vector<std::string> paths) {
  base::FileWatchOptions options;
  options.paths = std::move(paths);
  return options;
}

}  // namespace

Reloading::Reloading(const Reloaded& what, base::Log& log, server::Metrics& metrics)
    : settings_(what.settings), https_(what.https), log_(log), metrics_(metrics) {
  metrics_.loaded(Reloadable::kConfig, unix_now());
  settings_watch_.emplace(watching(what.settings.paths()), [this](Occasion occasion) {
    guarded(&Reloading::check_settings, Reloadable::kConfig, occasion);
  });
  if (https_ == nullptr) {
    return;
  }
  metrics_.loaded(Reloadable::kCertificate, unix_now());
  certificate_watch_.emplace(watching({what.certificate_file, what.key_file}), [this](Occasion occasion) {
    guarded(&Reloading::check_certificate, Reloadable::kCertificate, occasion);
  });
}

void Reloading::now() {
  settings_watch_->check_now();
  if (certificate_watch_) {
    certificate_watch_->check_now();
  }
}

void Reloading::guarded(Check check, Reloadable what, Occasion occasion) {
  try {
    (this->*check)(occasion);
  } catch (const std::exception& error) {
    say_failure(what, error.what());
  }
}

void Reloading::check_settings(Occasion occasion) {
  const base::Result<bool> result = settings_.reload(occasion == Occasion::kAsked);
  if (!result) {
    say_failure(Reloadable::kConfig, result.error().message);
  } else if (*result) {
    log_.hide(settings_.redactor());
    say_success(Reloadable::kConfig);
  }
}

// Certificate and key may be two files that are replaced one after the other: a pair that does not match is an error
// only when the next look still finds it.
void Reloading::check_certificate(Occasion occasion) {
  const base::Result<bool> result = https_->reload_certificate();
  if (!result) {
    const std::string& error = result.error().message;
    const bool lasting = occasion == Occasion::kAsked || (occasion == Occasion::kPoll && error == seen_error_);
    seen_error_ = error;
    if (lasting && error != said_error_) {
      said_error_ = error;
      say_failure(Reloadable::kCertificate, error);
    }
    return;
  }
  seen_error_.clear();
  if (*result || occasion == Occasion::kAsked || !said_error_.empty()) {
    said_error_.clear();
    say_success(Reloadable::kCertificate);
  }
}

void Reloading::say_success(Reloadable what) {
  metrics_.reloaded(what, true, unix_now());
  log_.write(LogLevel::kInfo, name_of(what) + " reloaded");
}

void Reloading::say_failure(Reloadable what, const std::string& error) {
  metrics_.reloaded(what, false, unix_now());
  log_.write(LogLevel::kError, name_of(what) + " not reloaded: the last good one stays in use", {{"error", error}});
}

int wait_for_end(server::SignalWaiter& signals, Reloading& reloading) {
  int signal = signals.wait();
  for (; signal == SIGHUP; signal = signals.wait()) {
    reloading.now();
  }
  return signal;
}

}  // namespace warmgate::cli
