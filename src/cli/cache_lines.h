// ModelCaches for programs, and for output that is appended to: JSON, and a line for each change. Pure functions.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cache_table.h"

namespace warmgate::cli {

// One ModelCache as a JSON object on one line, without a line break. Its fields are a contract: namespace, name, repo,
// revision, phase, ready, reason, message, claim and users are always there, the others where they are known.
std::string cache_json(const CacheRow& row);
// All of them in one JSON document: {"modelCaches": [...]}; ends with a line break.
std::string caches_json(const std::vector<CacheRow>& rows);

// What changed since the last look.
class ChangedLines {
 public:
  using LineOf = std::function<std::string(const CacheRow&)>;  // cache_line or cache_json

  explicit ChangedLines(LineOf line_of) : line_of_(std::move(line_of)) {}

  // A line for each ModelCache at first, then one for each whose line is another one, or that has gone: its phase is
  // then "Deleted".
  std::string next(const std::vector<CacheRow>& rows);

 private:
  struct Told {
    CacheRow row;
    std::string line;
  };

  LineOf line_of_;
  std::map<std::string, Told> told_;  // by "namespace/name"
};

}  // namespace warmgate::cli
