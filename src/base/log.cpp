#include "warmgate/base/log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/fmt/chrono.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "warmgate/base/snapshot.h"
#include "warmgate/base/text.h"

namespace warmgate::base {
namespace {

// Lines that wait for a slow standard error. The oldest are dropped rather than blocking an admission.
constexpr std::size_t kQueueLines = 8192;

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     milliseconds);
}

// Secrets are hidden before the line is made JSON: escaping would disguise a secret with quotes or line breaks in it,
// and a secret that looks like a key would break the line.
nlohmann::ordered_json hidden(const Redactor& redact, const std::string& text) { return redact(to_valid_utf8(text)); }
nlohmann::ordered_json hidden(const Redactor& redact, const std::vector<std::string>& texts) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const std::string& text : texts) {
    out.push_back(hidden(redact, text));
  }
  return out;
}
nlohmann::ordered_json hidden(const Redactor&, double number) { return number; }
nlohmann::ordered_json hidden(const Redactor&, bool truth) { return truth; }

}  // namespace

struct Log::Impl {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  Snapshot<Redactor> redactor{std::make_shared<const Redactor>()};
};

Log::Log(LogLevel minimum, Redactor redactor) : impl_(std::make_unique<Impl>()) {
  impl_->pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  impl_->logger = std::make_shared<spdlog::async_logger>("warmgate", std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                                         impl_->pool, spdlog::async_overflow_policy::overrun_oldest);
  impl_->logger->set_pattern("%v");
  impl_->logger->set_level(to_spdlog(minimum));
  impl_->logger->flush_on(spdlog::level::info);
  hide(std::move(redactor));
}

// The thread pool's destructor works its queue off before it joins.
Log::~Log() = default;
void Log::finish() { impl_->pool.reset(); }

void Log::hide(Redactor redactor) { impl_->redactor.set(std::make_shared<const Redactor>(std::move(redactor))); }

void Log::write(LogLevel level, std::string_view message, const std::vector<LogField>& fields) {
  if (!impl_->logger->should_log(to_spdlog(level))) {
    return;
  }
  const std::shared_ptr<const Redactor> hidden_by = impl_->redactor.get();
  const Redactor& redact = *hidden_by;
  nlohmann::ordered_json line = {
      {"time", utc_now()}, {"level", level_name(level)}, {"message", hidden(redact, std::string(message))}};
  for (const LogField& field : fields) {
    std::visit([&](const auto& value) { line[field.name] = hidden(redact, value); }, field.value);
  }
  impl_->logger->log(to_spdlog(level), "{}", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace warmgate::base
