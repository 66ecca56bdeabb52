#include "cache_table.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "warmgate/api/model_cache.h"
#include "warmgate/base/text.h"
#include "warmgate/document/view.h"
#include "warmgate/kube/duration.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::cli {
namespace {

using document::View;
using Line = std::vector<std::string>;

constexpr std::size_t kShortRevision = 12;  // as in the columns of kubectl
constexpr std::size_t kMaxCell = 48;        // a name may have 253 characters
constexpr std::size_t kMaxText = 2000;      // of a condition's message the API server takes 32768
constexpr std::size_t kBarCells = 20;
constexpr std::size_t kNarrowBarCells = 10;
constexpr std::size_t kNarrow = 130;  // terminals where the usual row does not fit
constexpr std::size_t kMinNoteWidth = 20;
constexpr const char* kGap = "  ";

// What the cluster says, on one line.
std::string line_of(const View& text) { return base::one_line(text.text(), kMaxText); }

std::optional<double> part_of(const CacheRow& row) {
  if (row.ready) {
    return 1;
  }
  if (!row.bytes_done || row.bytes_total.value_or(0) <= 0) {
    return std::nullopt;
  }
  // Not Ready is not complete, whatever was counted.
  constexpr double kAlmost = 0.99;
  return std::clamp(static_cast<double>(*row.bytes_done) / static_cast<double>(*row.bytes_total), 0.0, kAlmost);
}

int percent(double part) { return static_cast<int>(part * 100); }

std::string size_of(const CacheRow& row) {
  if (row.bytes_total.value_or(0) > 0) {
    const bool whole = row.ready || !row.bytes_done;
    return whole ? kube::format_decimal_bytes(*row.bytes_total)
                 : kube::format_decimal_bytes(*row.bytes_done) + " of " + kube::format_decimal_bytes(*row.bytes_total);
  }
  return row.bytes_done.value_or(0) > 0 && !row.ready ? kube::format_decimal_bytes(*row.bytes_done) : row.size;
}

std::string speed_of(const CacheRow& row) {
  return row.ready || row.bytes_per_second.value_or(0) <= 0 ? ""
                                                            : kube::format_decimal_bytes(*row.bytes_per_second) + "/s";
}

std::string left_of(const CacheRow& row) {
  return row.ready || !row.remaining_seconds ? "" : time_left_text(*row.remaining_seconds);
}

Line cells_of(const CacheRow& row, const TableStyle& style) {
  const std::optional<double> part = part_of(row);
  Line cells;
  if (style.namespaces) {
    cells.push_back(base::one_line(row.ns, kMaxCell));
  }
  const std::size_t cells_of_bar = style.width > 0 && style.width < kNarrow ? kNarrowBarCells : kBarCells;
  const std::string bar =
      part ? progress_bar(*part, cells_of_bar, style.utf8) + " " + std::to_string(percent(*part)) + "%" : "-";
  for (const std::string& text : {row.name, row.model, row.revision.substr(0, kShortRevision), row.phase, bar,
                                  size_of(row), speed_of(row), left_of(row), row.claim, std::to_string(row.users)}) {
    cells.push_back(text.empty() ? "-" : base::one_line(text, kMaxCell));
  }
  return cells;
}

std::string joined(const Line& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line.append(i == 0 ? "" : kGap).append(cells[i]);
    if (i + 1 < cells.size()) {
      line.append(widths[i] - base::count_code_points(cells[i]), ' ');
    }
  }
  return line;
}

// Lines of at most `width` at blanks, each indented.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  const std::string indent = "    ";
  if (width == 0) {
    return {indent + text};
  }
  const std::size_t room = std::max(width, kMinNoteWidth + indent.size()) - indent.size();
  std::vector<std::string> lines;
  for (const std::string_view piece : base::split(text, ' ')) {
    const std::string word = base::one_line(piece, room);
    const bool fits = !lines.empty() &&
                      base::count_code_points(lines.back()) - indent.size() + 1 + base::count_code_points(word) <= room;
    if (fits) {
      lines.back().append(" ").append(word);
    } else {
      lines.push_back(indent + word);
    }
  }
  return lines;
}

}  // namespace

CacheRow cache_row(const document::Json& model_cache) {
  const View root(model_cache);
  const View source = root["spec"]["source"]["huggingFace"];
  const View storage = root["spec"]["storage"];
  const View status = root["status"];
  CacheRow row;
  row.ns = line_of(root["metadata"]["namespace"]);
  row.name = line_of(root["metadata"]["name"]);
  row.model = line_of(source["repo"]);
  row.revision = line_of(source["revision"]);
  row.phase = status["phase"].string() ? line_of(status["phase"]) : "Unknown";
  row.failed = row.phase == "Failed";
  for (const View& condition : status["conditions"].items()) {
    if (condition["type"].text() == "Ready") {
      row.ready = condition["status"].text() == "True";
      row.reason = line_of(condition["reason"]);
      row.message = line_of(condition["message"]);
    }
  }
  if (!status["phase"]) {
    row.message = "no controller has looked at it yet";
  }
  row.bytes_done = status["bytes"]["done"].integer();
  row.bytes_total = status["bytes"]["total"].integer();
  row.bytes_per_second = status["bytesPerSecond"].integer();
  row.remaining_seconds = status["remainingSeconds"].integer();
  row.size = line_of(status["size"]);
  row.claim = storage["claimName"].string() ? line_of(storage["claimName"]) : row.name;
  row.users = status["users"].integer().value_or(0);
  row.replaced_by = line_of(status["replacedBy"]);
  row.unused_since = line_of(status["unusedSince"]);
  return row;
}

std::string cache_note(const CacheRow& row) {
  if (row.ready) {
    const std::string unused = row.unused_since.empty() ? "" : ", and unused since " + row.unused_since;
    return row.replaced_by.empty() ? "" : "replaced by " + row.replaced_by + unused;
  }
  if (row.reason == "Downloading") {
    return "";
  }
  return row.reason + (row.reason.empty() || row.message.empty() ? "" : ": ") + row.message;
}

std::optional<int> cache_percent(const CacheRow& row) {
  const std::optional<double> part = part_of(row);
  return part ? std::optional(percent(*part)) : std::nullopt;
}

std::string cache_table(const std::vector<CacheRow>& rows, const TableStyle& style) {
  std::vector<Line> table = {
      {"NAME", "MODEL", "REVISION", "PHASE", "PROGRESS", "SIZE", "SPEED", "LEFT", "CLAIM", "USERS"}};
  if (style.namespaces) {
    table[0].insert(table[0].begin(), "NAMESPACE");
  }
  for (const CacheRow& row : rows) {
    table.push_back(cells_of(row, style));
  }
  std::vector<std::size_t> widths(table[0].size());
  for (const Line& line : table) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], base::count_code_points(line[i]));
    }
  }
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::string line = joined(table[i], widths);
    lines.push_back(style.width == 0 ? line : base::one_line(line, style.width));
    const std::string note = i == 0 ? "" : cache_note(rows[i - 1]);
    if (!note.empty()) {
      const std::vector<std::string> below = wrapped(note, style.width);
      lines.insert(lines.end(), below.begin(), below.end());
    }
  }
  if (style.max_lines > 0 && lines.size() > style.max_lines) {
    const std::size_t shown = style.max_lines - 1;
    const std::string rest = "(" + std::to_string(lines.size() - shown) + " more lines do not fit)";
    lines.resize(shown);
    lines.push_back(rest);
  }
  return base::join(lines, "\n") + "\n";
}

std::string cache_line(const CacheRow& row) {
  std::string line = row.ns + "/" + row.name + " " + row.phase;
  const std::optional<int> done = cache_percent(row);
  const std::string left = left_of(row);
  const Line more = {done ? std::to_string(*done) + "%" : "", size_of(row), speed_of(row),
                     left.empty() ? "" : left + " left"};
  for (const std::string& text : more) {
    line.append(text.empty() ? "" : " ").append(text);
  }
  const std::string note = cache_note(row);
  return line + (note.empty() ? "" : " (" + note + ")");
}

std::string progress_bar(double part, std::size_t cells, bool utf8) {
  const auto full = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(cells));
  std::string bar;
  for (std::size_t i = 0; i < cells; ++i) {
    bar += utf8 ? (i < full ? "█" : "░") : (i < full ? "#" : ".");
  }
  return bar;
}

std::string time_left_text(std::int64_t seconds) {
  constexpr std::int64_t kHour = 3600;
  constexpr std::int64_t kMinute = 60;
  const std::int64_t shown = seconds < kHour ? seconds : seconds / kMinute * kMinute;
  return kube::format_duration(std::chrono::seconds(std::max<std::int64_t>(shown, 0)));
}

}  // namespace warmgate::cli
