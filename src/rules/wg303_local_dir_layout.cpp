#include <algorithm>

#include "cache_places.h"
#include "claim_contents.h"
#include "rules.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

// The download of the worker's model that wrote plain files, when no other one may have filled a hub cache.
const Fetched* plain_files_of(const std::vector<Fetched>& downloads, const ModelUse& use) {
  const Fetched* plain = nullptr;
  for (const Fetched& download : downloads) {
    if (!download.verifiable || (download.repo == use.repo && !download.local_dir)) {
      return nullptr;
    }
    if (download.repo == use.repo) {
      plain = &download;
    }
  }
  return plain;
}

// The folder of the volume as the container sees it.
std::string path_in_container(const kube::Mount& mount, const std::string& volume_path) {
  const std::string top = kube::normalize_path(mount.sub_path);
  return kube::path_within(volume_path, top)
             ? kube::normalize_path(mount.path + "/" + kube::relative_path(volume_path, top))
             : "";
}

void check_hub_worker(const RuleContext& context, const ModelUse& use, std::vector<Finding>& findings) {
  const Fetched* plain = plain_files_of(fetched_to_claim(context, use.cache.volume->claim), use);
  if (plain == nullptr) {
    return;
  }
  const std::string folder = path_in_container(*use.cache.mount, plain->volume_path);
  findings.push_back({.rule = "WG303",
                      .message = container_label(use) + " looks for " + use.repo + " in the hub cache " +
                                 use.cache.path + " of claim \"" + use.cache.volume->claim + "\", but " + plain->by +
                                 " wrote it there with --local-dir, as plain files, which no hub cache finds",
                      .help = "download without --local-dir and with the HF_HOME of this container" +
                              (folder.empty() ? std::string() : ", or serve the folder: " + folder),
                      .container = use.container,
                      .subject = use.repo,
                      .location = use.source,
                      .at_most = std::nullopt});
}

// "/models/Qwen/Qwen3-32B" and "/models/Qwen3-32B" are meant for the repository, "/models" for the cache that is there.
bool is_meant_for(const std::string& path, const Fetched& download) {
  const std::string name = download.repo.substr(download.repo.rfind('/') + 1);
  const std::string hub = download.volume_path;
  return path.ends_with("/" + name) || path == hub || kube::normalize_path(path + "/hub") == hub;
}

void check_path_worker(const RuleContext& context, const ModelUse& use, std::vector<Finding>& findings) {
  const std::string& path = use.cache.volume_path;
  if (path.find("/models--") != std::string::npos) {
    return;  // into the hub cache, as it should be
  }
  const std::vector<Fetched>& downloads = fetched_to_claim(context, use.cache.volume->claim);
  const bool may_be_there = std::any_of(downloads.begin(), downloads.end(), [](const Fetched& download) {
    return download.local_dir || !download.verifiable;
  });
  const auto meant = std::find_if(downloads.begin(), downloads.end(),
                                  [&](const Fetched& download) { return is_meant_for(path, download); });
  if (may_be_there || meant == downloads.end()) {
    return;
  }
  findings.push_back({.rule = "WG303",
                      .message = container_label(use) + " serves the folder " + use.repo + " of claim \"" +
                                 use.cache.volume->claim + "\", but " + meant->by + " put " + meant->repo +
                                 " there as a hub cache (" + meant->volume_path + "): no such folder holds the model",
                      .help = "name the repository (" + meant->repo +
                              (meant->pinned ? ", revision " + meant->revision : "") +
                              ") and set HF_HOME as in the download, or download with --local-dir",
                      .container = use.container,
                      .subject = use.repo,
                      .location = use.source,
                      .at_most = std::nullopt});
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const ModelUse& use : reading.uses) {
      const bool worker = use.verb == models::Verb::kServe && use.role == models::Role::kWeights;
      if (!worker || !use.repo_known || !use.cache.on_claim() || !use.cache.mount->sub_path_known) {
        continue;
      }
      if (!use.local) {
        check_hub_worker(context, use, findings);
      } else if (use.store == "path") {
        check_path_worker(context, use, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG303_LocalDirLayout = {
    .info = {.id = "WG303",
             .slug = "local-dir-layout",
             .default_action = api::Action::kDeny,
             .summary = "the model was downloaded with --local-dir and is read through HF_HOME, or the reverse",
             .why =
                 "--local-dir writes plain files; a hub cache has blobs, snapshots and refs. Neither reader finds what "
                 "the other writer left: the weights are on the volume, and the worker downloads them again or dies.",
             .bad = "# Job:        hf download Qwen/Qwen3-32B --local-dir /models/qwen3-32b\n"
                    "# Deployment: vllm serve Qwen/Qwen3-32B    # with HF_HOME=/models\n",
             .good = "# Job:        HF_HOME=/models hf download Qwen/Qwen3-32B\n"
                     "# Deployment: vllm serve Qwen/Qwen3-32B    # with HF_HOME=/models\n",
             .misses =
                 "Downloads that are not among the facts, claims that anything unreadable fills too, folders whose "
                 "name does not tell which model is meant, and volumes other than claims."},
    .check = check,
};

}  // namespace warmgate::rules
