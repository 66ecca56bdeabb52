// What is downloaded to a claim, by whom: the download commands of all workloads on it and its ModelCaches.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/rules/rule.h"

namespace warmgate::rules {

// What a download leaves out, as patterns of huggingface_hub (fnmatch).
struct DownloadFilter {
  std::vector<std::string> include;  // empty: everything; named files are in it too
  std::vector<std::string> exclude;
  [[nodiscard]] bool empty() const { return include.empty() && exclude.empty(); }
  // Whether the file is downloaded, also where that cannot be told.
  [[nodiscard]] bool gets(std::string_view file) const;
  friend auto operator<=>(const DownloadFilter&, const DownloadFilter&) = default;  // NOLINT(modernize-use-nullptr)
};

struct Fetched {
  std::string by;  // "Job/model-download", "ModelCache/qwen3-32b"
  std::string repo;
  std::string revision;  // as given; "" when none or unknown
  bool pinned = false;
  bool verifiable = true;
  bool local_dir = false;
  std::string volume_path;  // of the hub cache inside the volume
  DownloadFilter filter{};
  bool adopted = false;  // a ModelCache's, of a download by another that left no refs
  [[nodiscard]] bool by_model_cache() const { return by.starts_with("ModelCache/"); }
  // clang-tidy 14 sees a 0 compared with a pointer in what the compiler writes here.
  friend auto operator<=>(const Fetched&, const Fetched&) = default;  // NOLINT(modernize-use-nullptr)
};

// What was asked for already: each use of a claim asks. For one check of one workload.
class ClaimContents {
 public:
  explicit ClaimContents(const RuleContext& context) : context_(context) {}
  [[nodiscard]] const std::vector<Fetched>& of(const std::string& claim) const;

 private:
  const RuleContext& context_;
  mutable std::map<std::string, std::vector<Fetched>> known_;
};

const std::vector<Fetched>& fetched_to_claim(const RuleContext& context, const std::string& claim);

// The download by commit that filled the hub cache which the worker reads, when nothing can have left a ref beside it:
// a branch leaves its own, a ModelCache leaves refs/<commit>, and refs/main where that is free, unless it has adopted
// another's download. nullptr otherwise.
const Fetched* filled_by_commit(const std::vector<Fetched>& downloads, const models::ModelUse& use);

// Where the hub cache of `use` keeps its repository at a commit.
std::string snapshot_path(const models::ModelUse& use, const std::string& revision);

// The workload that downloads to the claim itself: what is wrong with the claim is said there.
bool fills_claim(const RuleContext& context, const std::string& claim);

// Names `container "x"` the way every message begins.
std::string container_label(const models::ModelUse& use);

// "serves" or "downloads".
std::string_view verb_label(const models::ModelUse& use);

}  // namespace warmgate::rules
