#include <algorithm>
#include <set>

#include "cache_places.h"
#include "claim_contents.h"
#include "claim_storage.h"
#include "rules.h"
#include "warmgate/kube/quantity.h"
#include "warmgate/models/model_size.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

// Room for the model, for what a broken download leaves behind, and for the next commit beside this one.
constexpr double kRoom = 1.5;

// Models on one volume with what is known of their sizes.
class Contents {
 public:
  void add(const std::string& repo, bool whole) {
    const std::optional<std::int64_t> size = models::estimated_bytes(repo);
    if (whole && size && repos_.insert(repo).second) {
      bytes_ += *size;
    }
  }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }
  [[nodiscard]] std::string names() const {
    return repos_.size() == 1 ? *repos_.begin() : std::to_string(repos_.size()) + " models";
  }
  [[nodiscard]] bool one() const { return repos_.size() == 1; }

 private:
  std::set<std::string> repos_;
  std::int64_t bytes_ = 0;
};

// What the volume behind the claim holds; nullopt when that is not known or nobody enforces it.
std::optional<std::int64_t> capacity(const RuleContext& context, const document::View& root) {
  const document::View spec = root["spec"];
  if (spec["storageClassName"].text().empty() && !spec["volumeName"].text().empty()) {
    return std::nullopt;  // a volume made by hand says of its size what its author wanted
  }
  const std::optional<ClaimClass> storage_class = class_of(context, spec);
  if (storage_class && !context.knowledge.storage.enforces_size(storage_class->provisioner)) {
    return std::nullopt;
  }
  const std::optional<std::int64_t> asked = kube::parse_quantity(requested_storage(spec).text());
  const std::optional<std::int64_t> got = kube::parse_quantity(root["status"]["capacity"]["storage"].text());
  if (got || !asked) {
    return got;
  }
  const kube::MinimumSize* minimum =
      storage_class ? context.knowledge.storage.minimum(storage_class->provisioner, storage_class->parameters)
                    : nullptr;
  return minimum != nullptr ? std::max({*asked, minimum->bytes, minimum->older_bytes}) : asked;
}

void judge_size(const std::string& label, const std::string& name, std::int64_t has, const Contents& contents,
                const std::string& place, std::vector<Finding>& findings) {
  const auto needed = static_cast<std::int64_t>(static_cast<double>(contents.bytes()) * kRoom);
  if (contents.bytes() == 0 || has >= needed) {
    return;
  }
  const bool fits = has >= contents.bytes();
  findings.push_back({.rule = "WG203",
                      .message = label + " has " + kube::format_bytes(has) + " for " + contents.names() + ", " +
                                 models::about(contents.bytes()) +
                                 (contents.one() ? " by its name: " : " by their names: ") +
                                 (fits ? "less than 1.5 times that, so a retry or the next commit may not fit"
                                       : "the download fills the volume before it is done"),
                      .help = "ask for at least 1.5 times the size of what is downloaded, " + models::about(needed) +
                              "; the size is an estimate, the Hub shows the real one under \"Files and versions\"",
                      .container = "",
                      .subject = name,
                      .location = {place, 0, 0, false},
                      .at_most = std::nullopt});
}

// Said by whoever fills the claim; by a server only where no download is known.
void check_claim(const RuleContext& context, const models::TemplateReading& reading, const kube::Volume& volume,
                 std::vector<Finding>& findings) {
  const std::string& name = volume.claim;
  const std::optional<kube::Object> claim = context.facts.claim(context.object.key().ns, name);
  const std::optional<std::int64_t> has = claim ? capacity(context, claim->root()) : std::nullopt;
  if (!has) {
    return;
  }
  const std::vector<Fetched>& fetched = fetched_to_claim(context, name);
  const bool others_fill =
      std::any_of(fetched.begin(), fetched.end(), [](const Fetched& download) { return !download.by_model_cache(); });
  if (others_fill && !fills_claim(context, name)) {
    return;
  }
  Contents contents;
  for (const Fetched& download : fetched) {
    contents.add(download.repo, download.filter.empty());
  }
  for (const ModelUse& use : reading.uses) {
    if (serves_from_hub(use) && use.cache.on_claim() && use.cache.volume->claim == name && !others_fill) {
      contents.add(use.repo, true);
    }
  }
  judge_size("cache claim \"" + name + "\"", name, *has, contents,
             volume.view.pointer() + "/persistentVolumeClaim/claimName", findings);
}

void check_template(const RuleContext& context, const models::TemplateReading& reading, const kube::Volume& volume,
                    std::vector<Finding>& findings) {
  const std::optional<std::int64_t> has = capacity(context, volume.view);
  Contents contents;
  for (const ModelUse& use : reading.uses) {
    const bool here =
        use.cache.volume && use.cache.volume->type == volume.type && use.cache.volume->name == volume.name;
    if (here && serves_from_hub(use)) {
      contents.add(use.repo, true);
    }
  }
  if (has) {
    judge_size("volumeClaimTemplate \"" + volume.name + "\"", volume.name, *has, contents,
               requested_storage(volume.view["spec"]).pointer(), findings);
  }
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    std::set<std::string> done;  // a finding is about the volume, however many use it
    for (const ModelUse& use : reading.uses) {
      if (!use.cache.volume || !done.insert(use.cache.volume->name).second) {
        continue;
      }
      if (use.cache.on_claim()) {
        check_claim(context, reading, *use.cache.volume, findings);
      } else if (use.cache.volume->type == kube::VolumeType::kClaimTemplate) {
        check_template(context, reading, *use.cache.volume, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG203_CacheTooSmall = {
    .info = {.id = "WG203",
             .slug = "cache-too-small",
             .default_action = api::Action::kWarn,
             .summary = "the cache claim is smaller than 1.5 times the models that are put on it",
             .why =
                 "A download that fills its volume fails after most of the model has arrived, and a volume that just "
                 "fits has no room for the next commit beside this one, which is how an upgrade without downtime goes.",
             .bad = "kind: PersistentVolumeClaim\nspec: {resources: {requests: {storage: 50Gi}}}\n---\n"
                    "# Job: hf download Qwen/Qwen3-32B      # about 64 GB\n",
             .good = "kind: PersistentVolumeClaim\nspec: {resources: {requests: {storage: 100Gi}}}\n---\n"
                     "# Job: hf download Qwen/Qwen3-32B\n",
             .misses =
                 "Models whose size their name does not tell, downloads with --include or --exclude, claims that are "
                 "not among the facts, and volumes whose size nobody enforces (EFS, NFS, buckets). The size is an "
                 "estimate from parameter count and number format in the repository's name."},
    .check = check,
};

}  // namespace warmgate::rules
