// The status of a ModelCache: what is told of it, how that is written, and the event when it changes. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cache_state.h"

namespace warmgate::controller {

struct Condition {
  std::string status;  // "True", "False", "Unknown"
  std::string reason;
  std::string message;
};

struct CacheStatus {
  std::string phase;
  Condition storage, downloaded, verified, ready;
  bool trouble = false;  // somebody has to do something: the event of it is a warning

  std::string claim_uid;  // of the claim that Ready is latched to; "" before
  std::string job_name;
  std::optional<std::int64_t> files;
  std::optional<std::int64_t> bytes_done, bytes_total, bytes_per_second, remaining_seconds;
  std::optional<bool> refs;              // refs/<commit> lies beside the files; nullopt before they are there
  std::string started_at, completed_at;  // RFC 3339
  std::int64_t attempts = 0;
  std::vector<std::string> referenced_by;
  std::int64_t users = 0;
  std::string replaced_by;
  std::string unused_since;  // RFC 3339
};

// What was written last.
CacheStatus read_status(const CacheState& cache);

// nullopt when it is what was written last. A condition keeps its lastTransitionTime for as long as its status is the
// same.
std::optional<Write> status_write(const CacheState& cache, const CacheStatus& status, WallTime now);

// An event on the ModelCache. The same occasion, an observed resourceVersion unless given, gives the same event.
Note note_on(const CacheState& cache, Note::Type type, std::string reason, std::string message);

// The event of a change; nullopt when phase and reason are as they were.
std::optional<Note> transition(const CacheState& cache, const CacheStatus& status);

}  // namespace warmgate::controller
