// ModelCaches as people see them: a table, progress bars. Pure functions; what comes from the cluster is made safe for
// a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/document/json.h"

namespace warmgate::cli {

struct CacheRow {
  std::string ns;
  std::string name;
  std::string model;
  std::string revision;
  std::string phase;
  bool ready = false;
  bool failed = false;
  std::optional<std::int64_t> bytes_done, bytes_total, bytes_per_second, remaining_seconds;
  std::string size;  // when the bytes are not known: "about 65 GB"
  std::string claim;
  std::int64_t users = 0;
  std::string reason, message;  // of the condition Ready
  std::string replaced_by, unused_since;
};

// Every text on one line and bounded.
CacheRow cache_row(const document::Json& model_cache);

// "GatedRepo: accept the licence": what is to be known or done; "" where all goes well.
std::string cache_note(const CacheRow& row);
// Of its bytes; nullopt where they are not counted. 100 only when it is Ready.
std::optional<int> cache_percent(const CacheRow& row);

struct TableStyle {
  bool namespaces = false;    // with a column for them
  bool utf8 = false;          // bars of blocks instead of "#"
  std::size_t width = 0;      // of the terminal: rows are cut and notes wrapped; 0: neither
  std::size_t max_lines = 0;  // the last one then says how many are left out; 0: any
};

// With a header; ends with a line break.
std::string cache_table(const std::vector<CacheRow>& rows, const TableStyle& style);
// One cache on one line, without a line break: for output that is appended to.
std::string cache_line(const CacheRow& row);

// `part` of 1 in `cells` characters.
std::string progress_bar(double part, std::size_t cells, bool utf8);
// "42s", "5m17s", "2h5m".
std::string time_left_text(std::int64_t seconds);

}  // namespace warmgate::cli
