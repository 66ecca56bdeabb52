#include "warmgate/controller/download_report.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/document/view.h"

namespace warmgate::controller {
namespace {

using document::Json;
using document::View;

// A container can write whatever it likes, and as much: of a log only the end is looked at, and no longer line.
constexpr std::size_t kMaxTail = std::size_t{256} * 1024;
constexpr std::size_t kMaxLine = 4096;  // as long as a termination message can be
constexpr std::size_t kMaxMessage = 1024;
constexpr std::int64_t kMaxFiles = 1'000'000'000;
// Between two looks at the same line, which comes every 5 seconds, nothing is known of the speed.
constexpr std::chrono::seconds kSameLine{15};

std::optional<Json> read_line(std::string_view line) {
  // The API server puts a time in front where it is asked to.
  line.remove_prefix(std::min(line.find('{'), line.size()));
  if (line.empty() || line.size() > kMaxLine) {
    return std::nullopt;
  }
  document::Limits limits;
  limits.max_bytes = kMaxLine;
  limits.max_depth = 4;
  limits.max_nodes = 32;
  base::Result<Json> read = document::parse_json(line, limits);
  return read ? std::optional(std::move(read).value()) : std::nullopt;
}

std::optional<std::int64_t> amount(const View& value, std::int64_t most) {
  const std::optional<std::int64_t> number = value.integer();
  return number && *number >= 0 && *number <= most ? number : std::nullopt;
}

std::optional<Progress> progress_in(std::string_view line) {
  const std::optional<Json> json = read_line(line);
  const View report = json ? View(*json)["progress"] : View();
  const std::optional<std::int64_t> bytes = amount(report["bytes"], INT64_MAX);
  const std::optional<std::int64_t> total = amount(report["total"], INT64_MAX);
  const std::optional<std::int64_t> files = amount(report["files"], kMaxFiles);
  if (!bytes || !total || !files) {
    return std::nullopt;
  }
  Progress progress;
  progress.bytes_total = *total;
  progress.bytes_done = *total > 0 ? std::min(*bytes, *total) : *bytes;
  progress.files = static_cast<int>(*files);
  progress.verifying = report["verifying"].boolean().value_or(false);
  return progress;
}

// The first of `lines` counted from the end for which `read` returns something.
template <class Read>
auto newest(std::string_view text, Read read) -> decltype(read(text)) {
  while (!text.empty()) {
    const std::size_t end = text.find_last_not_of("\r\n");
    if (end == std::string_view::npos) {
      break;
    }
    text = text.substr(0, end + 1);
    const std::size_t newline = text.rfind('\n');
    const std::size_t begin = newline == std::string_view::npos ? 0 : newline + 1;
    if (auto found = read(text.substr(begin))) {
      return found;
    }
    text = text.substr(0, begin);
  }
  return {};
}

std::optional<DownloadResult> result_in(std::string_view line) {
  constexpr std::array<std::string_view, 5> kReasons = {"GatedRepo", "RevisionNotFound", "ChecksumMismatch",
                                                        "OutOfSpace", "PermissionDenied"};
  const std::optional<Json> json = read_line(line);
  const View report = json ? View(*json) : View();
  const std::string word = report["result"].text();
  if (word.empty()) {
    return std::nullopt;
  }
  DownloadResult result;
  result.done = word == "done";
  if (std::find(kReasons.begin(), kReasons.end(), word) != kReasons.end()) {
    result.reason = word;
  }
  result.message = base::one_line(report["message"].text(), kMaxMessage);
  result.files = static_cast<int>(amount(report["files"], kMaxFiles).value_or(0));
  result.bytes = amount(report["bytes"], INT64_MAX).value_or(0);
  result.verified = report["verified"].boolean().value_or(false);
  return result;
}

}  // namespace

std::optional<Progress> read_progress(std::string_view log_tail, const std::optional<Progress>& before, WallTime now) {
  if (log_tail.size() > kMaxTail) {
    log_tail.remove_prefix(log_tail.size() - kMaxTail);
  }
  std::optional<Progress> progress = newest(log_tail, progress_in);
  if (!progress) {
    return before;
  }
  progress->at = now;
  progress->advanced_at = now;
  // A new attempt begins with less than the one before it.
  if (!before || progress->bytes_done < before->bytes_done) {
    return progress;
  }
  const bool grown = progress->bytes_done > before->bytes_done;
  const bool same = !grown && progress->files == before->files && progress->bytes_total == before->bytes_total &&
                    progress->verifying == before->verifying;
  if (same && now - before->at < kSameLine) {
    return before;
  }
  if (!grown) {
    progress->advanced_at = before->advanced_at;
  }
  const double seconds = std::chrono::duration<double>(now - before->at).count();
  if (seconds > 0) {
    // Half of what it was: a speed that does not jump, and has forgotten after a minute.
    constexpr double kWeight = 0.5;
    const double speed = static_cast<double>(progress->bytes_done - before->bytes_done) / seconds;
    const bool first = before->bytes_per_second <= 0;
    progress->bytes_per_second = first ? speed : kWeight * speed + (1 - kWeight) * before->bytes_per_second;
  } else {
    progress->bytes_per_second = before->bytes_per_second;
  }
  return progress;
}

std::optional<DownloadResult> read_result(std::string_view termination_message) {
  if (termination_message.size() > kMaxTail) {
    termination_message.remove_prefix(termination_message.size() - kMaxTail);
  }
  return newest(termination_message, result_in);
}

}  // namespace warmgate::controller
