// Log: structured log lines, one JSON object each, on standard error. A thin front for spdlog, whose headers are too
// heavy to include everywhere. Every message and every field passes the redactor. Thread-safe; writing is asynchronous,
// and the destructor waits until everything is written.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "warmgate/base/redact.h"

namespace warmgate::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// One field of a line. Strings may hold anything: they are made valid UTF-8 and escaped.
struct LogField {
  std::string name;
  std::variant<std::string, double, bool, std::vector<std::string>> value;
};

class Log {
 public:
  explicit Log(LogLevel minimum, Redactor redactor = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Hides from now on what `redactor` knows.
  void hide(Redactor redactor);

  // Writes {"time":…,"level":…,"message":…, fields…}.
  void write(LogLevel level, std::string_view message, const std::vector<LogField>& fields = {});

  // Waits until everything is written, for a process that ends without destructors. Once; what is written later may be
  // lost.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::base
