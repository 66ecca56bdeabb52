// The objects that the controller makes for a ModelCache: its claim, the Job that downloads, the Job that removes
// files. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/api/model_cache_spec.h"
#include "warmgate/controller/observed.h"
#include "warmgate/document/json.h"

namespace warmgate::controller {

// Why a download ended as it did: the container's exit codes, of which podFailurePolicy makes a failed Job at once.
// Above 64 and below 128: neither a shell's nor a signal's.
enum class DownloadExit {
  kDone = 0,
  kFailed = 1,  // anything that may go better the next time
  kGated = 71,
  kRevisionNotFound = 72,
  kChecksumMismatch = 73,
  kOutOfSpace = 74,
  kPermissionDenied = 75,
};

struct JobInput {
  const api::ModelCacheSpec& spec;
  std::string cache_uid;
  std::string claim_uid;
  bool high_performance = false;   // what the spec says, else what the nodes can hold
  std::vector<std::string> zones;  // where the download must run so that the GPUs can mount the volume; empty: anywhere
  std::string retry;               // value of kRetryAnnotation
};

// "<cache>-<first 8 of the commit>", cut to 63 characters with a hash when it is longer.
std::string job_name(const api::ModelCacheSpec& spec);
// Of all that another download would follow from: source, download settings, mount path, claim, retry.
std::string spec_hash(const JobInput& input);

// The reason that an exit code stands for; "" for another.
std::string_view exit_reason(int code);

document::Json download_job(const JobInput& input, const Settings& settings);
// Removes this model's files from the claim, and nothing else.
document::Json removal_job(const JobInput& input, const Settings& settings);
std::string removal_job_name(const api::ModelCacheSpec& spec);

// What the claim asks for where the spec leaves it open: 1.5 times the model's size, at least what the class bills.
// nullopt when nothing tells the model's size.
std::optional<std::int64_t> claim_bytes(const api::ModelCacheSpec& spec, const kube::Object* storage_class,
                                        const Settings& settings);
document::Json new_claim(const api::ModelCacheSpec& spec, std::int64_t bytes);

// Of nodes without accelerators that take Pods: whether one of them can hold a download of 64Gi.
bool nodes_hold_high_performance(const std::vector<kube::Object>& nodes, const models::Accelerators& accelerators);

}  // namespace warmgate::controller
