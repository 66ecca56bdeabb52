#include <map>

#include "cache_places.h"
#include "claim_contents.h"
#include "rules.h"
#include "warmgate/api/model_cache.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

bool off_every_claim(const ModelUse& use) {
  const std::string backing = use.cache.backing();
  return use.cache.known && (backing == "container" || backing == "emptyDir");
}

// A claim that holds models: something is downloaded to it, or its names say so.
bool looks_like_cache(const RuleContext& context, const kube::Volume& volume, const kube::Mount& mount) {
  return named_like_cache(volume.name + " " + volume.claim + " " + mount.path) ||
         !fetched_to_claim(context, volume.claim).empty();
}

struct UnusedMount {
  kube::Mount mount;
  std::string claim;
};

// The cache claim that the container mounts although its cache lies elsewhere.
std::optional<UnusedMount> unused_cache_mount(const RuleContext& context, const models::TemplateReading& reading,
                                              const std::string& name) {
  const kube::Container* container = reading.containers.find(name);
  for (const kube::Mount& mount : container != nullptr ? kube::mounts(*container) : std::vector<kube::Mount>()) {
    const kube::Volume* volume = reading.volumes.find(mount.volume);
    if (volume != nullptr && volume->type == kube::VolumeType::kClaim && looks_like_cache(context, *volume, mount)) {
      return UnusedMount{mount, volume->claim};
    }
  }
  return std::nullopt;
}

// The same for every command of a container, looked for once.
class UnusedMounts {
 public:
  UnusedMounts(const RuleContext& context, const models::TemplateReading& reading)
      : context_(context), reading_(reading) {}

  const std::optional<UnusedMount>& of(const std::string& container) {
    auto found = known_.find(container);
    if (found == known_.end()) {
      found = known_.emplace(container, unused_cache_mount(context_, reading_, container)).first;
    }
    return found->second;
  }

 private:
  const RuleContext& context_;
  const models::TemplateReading& reading_;
  std::map<std::string, std::optional<UnusedMount>> known_;
};

bool decided_in_manifest(const models::CacheBinding& cache) {
  return cache.decided_by.starts_with("HF") || cache.decided_by.starts_with("HUGGING") ||
         cache.decided_by.starts_with("XDG") || cache.decided_by.starts_with("--");
}

std::string shown_path(const models::CacheBinding& cache) { return cache.home.empty() ? cache.path : cache.home; }

Finding finding(const ModelUse& use, std::string message, std::string help, models::Location location) {
  return {.rule = "WG302",
          .message = std::move(message),
          .help = std::move(help),
          .container = use.container,
          .subject = use.repo,
          .location = std::move(location),
          .at_most = std::nullopt};
}

// The cache lies beside the claim that was mounted for it.
bool check_outside_mount(UnusedMounts& unused_mounts, const ModelUse& use, std::vector<Finding>& findings) {
  if (!off_every_claim(use)) {
    return false;
  }
  const std::optional<UnusedMount>& unused = unused_mounts.of(use.container);
  if (!unused) {
    return false;
  }
  const bool said = decided_in_manifest(use.cache);
  const std::string is = said ? use.cache.decided_by + " is " + shown_path(use.cache)
                              : "HF_HOME is not set, so the cache is " + use.cache.path;
  const bool worker = use.verb == models::Verb::kServe;
  std::string help = "set HF_HOME to " + unused->mount.path + (worker ? ", as in the download Job" : "");
  if (use.cache.decided_by.starts_with("--")) {
    help = "remove " + use.cache.decided_by + " and set HF_HOME to " + unused->mount.path;
  }
  findings.push_back(finding(
      use,
      container_label(use) + ": " + is + ", outside the mount " + unused->mount.path + " of cache claim \"" +
          unused->claim +
          "\": " + (worker ? "the cache is there but not used" : "what is downloaded does not get into the cache"),
      help, said ? use.cache.location : models::Location{unused->mount.view.pointer() + "/mountPath", 0, 0, false}));
  return true;
}

// The right claim, but not the folder the downloader filled.
bool check_other_folder(const RuleContext& context, const ModelUse& use, std::vector<Finding>& findings) {
  if (use.verb != models::Verb::kServe || !use.cache.on_claim() || use.cache.local_dir ||
      !use.cache.mount->sub_path_known) {
    return false;
  }
  const Fetched* elsewhere = nullptr;
  const std::vector<Fetched>& downloads = fetched_to_claim(context, use.cache.volume->claim);
  for (const Fetched& fetched : downloads) {
    if (fetched.local_dir || fetched.repo != use.repo) {
      continue;
    }
    if (fetched.volume_path == use.cache.volume_path) {
      return false;
    }
    elsewhere = &fetched;
  }
  if (elsewhere == nullptr) {
    return false;
  }
  findings.push_back(finding(use,
                             container_label(use) + " looks for the hub cache in " + use.cache.volume_path +
                                 " of claim \"" + use.cache.volume->claim + "\" (" + use.cache.decided_by + "), but " +
                                 elsewhere->by + " wrote it to " + elsewhere->volume_path,
                             "mount the claim the same way and set the same HF_HOME as " + elsewhere->by,
                             use.cache.location));
  return true;
}

// The author's path against the one that the ModelCache would inject.
void check_against_model_cache(const RuleContext& context, const ModelUse& use, std::vector<Finding>& findings) {
  if (use.verb != models::Verb::kServe || !off_every_claim(use) || !decided_in_manifest(use.cache)) {
    return;
  }
  for (const api::ModelCache& cache : context.known.model_caches(context.object.key().ns)) {
    if (cache.repo == use.repo && (!use.pinned() || use.revision == cache.revision) &&
        shown_path(use.cache) != cache.mount_path) {
      findings.push_back(
          finding(use,
                  container_label(use) + ": " + use.cache.decided_by + " is " + shown_path(use.cache) +
                      ", but ModelCache/" + cache.name + " is used at " + cache.mount_path,
                  "remove " + use.cache.decided_by + " (Warmgate sets HF_HOME), or set it to " + cache.mount_path,
                  use.cache.location));
      return;
    }
  }
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    UnusedMounts unused_mounts(context, reading);
    for (const ModelUse& use : reading.uses) {
      if (use.role != models::Role::kWeights || use.local || use.cache.local_dir || !use.repo_known) {
        continue;
      }
      if (!check_outside_mount(unused_mounts, use, findings) && !check_other_folder(context, use, findings)) {
        check_against_model_cache(context, use, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG302_CachePathMismatch = {
    .info =
        {.id = "WG302",
         .slug = "cache-path-mismatch",
         .default_action = api::Action::kDeny,
         .summary = "HF_HOME, HF_HUB_CACHE or --download-dir point outside the cache mount, or not where the download "
                    "wrote",
         .why =
             "If the paths do not match, the cache exists but nobody uses it: the worker downloads everything again, "
             "or dies where it may not.",
         .bad = "env: [{name: HF_HOME, value: /root/hf}]\nvolumeMounts:\n"
                "  - {name: model-cache, mountPath: /cache/huggingface, readOnly: true}\n",
         .good = "env: [{name: HF_HOME, value: /cache/huggingface}]\nvolumeMounts:\n"
                 "  - {name: model-cache, mountPath: /cache/huggingface, readOnly: true}\n",
         .misses = "Variables of a ConfigMap that is not in the input, paths chosen inside the image, and claims that "
                   "neither hold a "
                   "known download nor are named like a cache."},
    .check = check,
};

}  // namespace warmgate::rules
