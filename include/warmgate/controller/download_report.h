// What the download's container tells: a JSON line of progress in its log every few seconds, and its result in the
// termination message. Pure functions; what cannot be read is no report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "warmgate/controller/observed.h"

namespace warmgate::controller {

// {"progress":{"bytes":123,"total":456,"files":7,"verifying":false}}: the newest such line of a log's tail. `before` is
// what was known, for the speed and for when the bytes last grew.
std::optional<Progress> read_progress(std::string_view log_tail, const std::optional<Progress>& before, WallTime now);

// {"result":"done","files":17,"bytes":65527000000,"verified":true} or {"result":"GatedRepo","message":"…"}, also as the
// last line of a log, which Kubernetes takes for the message where none was written.
struct DownloadResult {
  bool done = false;
  std::string reason;   // of a failure: a reason of the conditions; "" when it may go better the next time
  std::string message;  // for people, one line
  int files = 0;
  std::int64_t bytes = 0;
  bool verified = false;
};
std::optional<DownloadResult> read_result(std::string_view termination_message);

}  // namespace warmgate::controller
