#include "cache_lines.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/document/members.h"
#include "warmgate/document/write.h"

namespace warmgate::cli {
namespace {

using document::Json;
using document::put;

// Names as in the ModelCache's own status.
Json to_json(const CacheRow& row) {
  Json out = {{"namespace", row.ns}, {"name", row.name},   {"repo", row.model},    {"revision", row.revision},
              {"phase", row.phase},  {"ready", row.ready}, {"reason", row.reason}, {"message", row.message},
              {"claim", row.claim},  {"users", row.users}};
  if (row.bytes_done || row.bytes_total) {
    out["bytes"] = Json::object();
    put(out["bytes"], "done", row.bytes_done);
    put(out["bytes"], "total", row.bytes_total);
  }
  put(out, "percent", std::optional<std::int64_t>(cache_percent(row)));
  put(out, "bytesPerSecond", row.bytes_per_second);
  put(out, "remainingSeconds", row.remaining_seconds);
  put(out, "replacedBy", row.replaced_by);
  put(out, "unusedSince", row.unused_since);
  return out;
}

// What is left to say of one that has gone.
CacheRow gone(const CacheRow& row) {
  CacheRow out;
  out.ns = row.ns;
  out.name = row.name;
  out.model = row.model;
  out.revision = row.revision;
  out.claim = row.claim;
  out.phase = "Deleted";
  return out;
}

}  // namespace

std::string cache_json(const CacheRow& row) { return document::to_json(to_json(row)); }

std::string caches_json(const std::vector<CacheRow>& rows) {
  Json all = Json::array();
  for (const CacheRow& row : rows) {
    all.push_back(to_json(row));
  }
  return document::to_json({{"modelCaches", std::move(all)}}, 2) + "\n";
}

std::string ChangedLines::next(const std::vector<CacheRow>& rows) {
  std::map<std::string, Told> now;
  std::string text;
  for (const CacheRow& row : rows) {
    const std::string id = row.ns + "/" + row.name;
    Told told{row, line_of_(row) + "\n"};
    const auto before = told_.find(id);
    text.append(before == told_.end() || before->second.line != told.line ? told.line : "");
    now.emplace(id, std::move(told));
  }
  for (const auto& [id, told] : told_) {
    if (!now.contains(id)) {
      text.append(line_of_(gone(told.row))).append("\n");
    }
  }
  told_ = std::move(now);
  return text;
}

}  // namespace warmgate::cli
