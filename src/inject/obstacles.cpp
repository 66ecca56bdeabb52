#include "obstacles.h"

#include <algorithm>
#include <utility>

#include "warmgate/api/hugging_face.h"
#include "warmgate/base/replace.h"

namespace warmgate::inject {
namespace {

using api::ModelCache;
using models::ModelUse;

std::string short_revision(const std::string& revision) {
  constexpr std::size_t kShortCommit = 12;
  return api::is_commit(revision) ? revision.substr(0, kShortCommit) : "\"" + revision + "\"";
}

Obstacle new_obstacle(const ModelUse& use, const ModelCache& cache) {
  Obstacle obstacle;
  obstacle.container = use.container;
  obstacle.repo = use.repo;
  obstacle.model_cache = cache.name;
  return obstacle;
}

std::string not_used(const ModelCache& cache) { return "ModelCache/" + cache.name + " is not used: "; }

// "ModelCache/a is at 9216db5781bf, ModelCache/b is at d47b0d4ae4b4"
std::string commits_of(const std::vector<const ModelCache*>& caches) {
  constexpr std::size_t kMaxListed = 3;
  std::string out;
  for (std::size_t i = 0; i < std::min(caches.size(), kMaxListed); ++i) {
    out +=
        (i == 0 ? "ModelCache/" : ", ModelCache/") + caches[i]->name + " is at " + short_revision(caches[i]->revision);
  }
  return out + (caches.size() > kMaxListed ? ", …" : "");
}

std::string ask_for(const ModelUse& use, const ModelCache& cache) {
  return use.revision_flag.empty() ? "ask for commit " + cache.revision
                                   : "give " + use.revision_flag + " " + cache.revision;
}

Obstacle other_commit(const ModelUse& use, const std::vector<const ModelCache*>& caches) {
  Obstacle obstacle = new_obstacle(use, *caches.front());
  obstacle.pointer = use.revision_location.value_or(use.source).pointer;
  obstacle.given = use.revision;
  obstacle.wanted = caches.front()->revision;
  obstacle.reason = commits_of(caches) + ", but this asks for " +
                    (use.revision_known ? short_revision(use.revision) : "a commit that cannot be known");
  obstacle.help = ask_for(use, *caches.front()) + ", or make a ModelCache for the commit you want";
  return obstacle;
}

Obstacle no_commit(const ModelUse& use, const std::vector<const ModelCache*>& caches) {
  Obstacle obstacle = new_obstacle(use, *caches.front());
  obstacle.pointer = use.source.pointer;
  obstacle.wanted = caches.front()->revision;
  obstacle.reason = commits_of(caches) + ", and nothing here says which";
  obstacle.help = ask_for(use, *caches.front()) + ", or the commit of another ModelCache of " + use.repo;
  return obstacle;
}

// "claim "own"", "emptyDir", "nfs"
std::string kind_of(const kube::Volume& volume) {
  if (volume.type == kube::VolumeType::kClaim) {
    return "claim \"" + volume.claim + "\"";
  }
  if (volume.type == kube::VolumeType::kClaimTemplate) {
    return "a claim of its own";
  }
  for (const auto& [name, value] : volume.view.members()) {
    if (name != "name" && value) {
      return std::string(name);
    }
  }
  return "of no kind";
}

Obstacle taken_by(const kube::VolumesByName& volumes, const kube::Mount& mount, const ModelUse& use,
                  const ModelCache& cache) {
  const kube::Volume* volume = volumes.find(mount.volume);
  Obstacle obstacle = new_obstacle(use, cache);
  obstacle.pointer = mount.view.pointer();
  obstacle.given = volume != nullptr ? kind_of(*volume) : mount.volume;
  obstacle.wanted = "claim \"" + cache.claim + "\"";
  obstacle.reason = not_used(cache) + "volumeMounts \"" + mount.volume + "\"" +
                    (volume != nullptr ? " (" + obstacle.given + ")" : std::string()) + " is mounted at " + mount.path;
  obstacle.help = "leave that mount out, or mount claim \"" + cache.claim + "\" of ModelCache/" + cache.name +
                  " read-only at " + cache.mount_path;
  return obstacle;
}

Obstacle unknown_place(const ModelUse& use, const ModelCache& cache) {
  Obstacle obstacle = new_obstacle(use, cache);
  obstacle.pointer = use.cache.location.pointer;
  obstacle.given = use.cache.unknown_reason;
  obstacle.wanted = cache.mount_path;
  obstacle.reason = not_used(cache) + use.cache.unknown_reason + " and may not be " + cache.mount_path;
  obstacle.help = use.cache.decided_by.starts_with("--") ? "leave " + use.cache.decided_by + " out"
                                                         : "set HF_HOME to " + cache.mount_path + " in the manifest";
  return obstacle;
}

Obstacle own_store(const ModelUse& use, const ModelCache& cache) {
  Obstacle obstacle = new_obstacle(use, cache);
  obstacle.pointer = use.source.pointer;
  obstacle.given = use.engine;
  obstacle.wanted = "a Hugging Face hub cache";
  obstacle.reason =
      not_used(cache) + use.engine + " keeps models in a store of its own, not in a Hugging Face hub cache";
  obstacle.help = "serve the model with an engine that reads a hub cache, or keep the store of " + use.engine +
                  " on a ReadWriteMany claim";
  return obstacle;
}

Obstacle other_place(const ModelUse& use, const ModelCache& cache) {
  const bool home = !use.cache.home.empty();
  Obstacle obstacle = new_obstacle(use, cache);
  obstacle.pointer = use.cache.location.pointer;
  obstacle.given = home ? use.cache.home : use.cache.path;
  obstacle.wanted = home ? cache.mount_path : cache.mount_path + "/hub";
  obstacle.reason = not_used(cache) + use.cache.decided_by + (home ? " is " : " puts the cache at ") + obstacle.given +
                    ", not " + obstacle.wanted;
  obstacle.help = "leave " + use.cache.decided_by + " out" + (home ? ", or set it to " + cache.mount_path : "");
  return obstacle;
}

// A mount at the cache's place, or one that would cover the hub cache inside it.
bool takes_place(const kube::Mount& mount, const ModelCache& cache) {
  return kube::path_within(mount.path, cache.mount_path) && kube::path_within(cache.mount_path + "/hub", mount.path);
}

}  // namespace

Choice choose_cache(const std::vector<ModelCache>& caches, const ModelUse& use) {
  std::vector<const ModelCache*> of_repo;
  const ModelCache* found = nullptr;
  for (const ModelCache& cache : caches) {
    if (cache.repo != use.repo) {
      continue;
    }
    of_repo.push_back(&cache);
    if (use.revision_given && cache.revision != use.revision) {
      continue;
    }
    if (found != nullptr && found->revision != cache.revision) {
      return {std::nullopt, no_commit(use, {found, &cache})};
    }
    found = found == nullptr ? &cache : found;
  }
  if (found != nullptr) {
    return {*found, std::nullopt};
  }
  return of_repo.empty() ? Choice() : Choice{std::nullopt, other_commit(use, of_repo)};
}

std::optional<Obstacle> find_obstacle(const kube::VolumesByName& volumes, const kube::Container& container,
                                      const ModelUse& use, const ModelCache& cache) {
  if (use.cache.local_dir) {
    return own_store(use, cache);
  }
  if (!use.cache.known) {
    return unknown_place(use, cache);
  }
  const std::string backing = use.cache.backing();
  if (use.cache.mount && backing != "emptyDir") {
    return taken_by(volumes, *use.cache.mount, use, cache);
  }
  const bool by_author = use.cache.by_variable() || use.cache.decided_by.starts_with("--");
  if (by_author && use.cache.home != cache.mount_path) {
    return other_place(use, cache);
  }
  for (const kube::Mount& mount : kube::mounts(container)) {
    if (takes_place(mount, cache)) {
      return taken_by(volumes, mount, use, cache);
    }
  }
  return std::nullopt;
}

Obstacle left_alone(const ModelUse& use, const ModelCache& cache, const std::string& why, const std::string& by_path) {
  const std::string words =
      base::replace_all(by_path.empty() ? "{snapshot}" : by_path, "{snapshot}", api::snapshot_path(cache));
  Obstacle obstacle = new_obstacle(use, cache);
  obstacle.pointer = use.source.pointer;
  obstacle.given = use.engine;
  obstacle.wanted = cache.revision;
  obstacle.reason = not_used(cache) + use.engine + " cannot use it: " + why;
  obstacle.help = "mount claim \"" + cache.claim + "\" read-only at " + cache.mount_path +
                  " and serve the snapshot by its path: " + base::replace_all(words, "{repo}", use.repo);
  return obstacle;
}

Obstacle second_cache(const kube::Container& container, const ModelUse& use, const ModelCache& cache,
                      const ModelCache& first) {
  Obstacle obstacle = new_obstacle(use, cache);
  obstacle.pointer = container.view.pointer();
  obstacle.given = "claim \"" + first.claim + "\" at " + first.mount_path;
  obstacle.wanted = "claim \"" + cache.claim + "\" at " + cache.mount_path;
  obstacle.reason =
      not_used(cache) + "the container's one HF_HOME is ModelCache/" + first.name + " (" + obstacle.given + ")";
  obstacle.help = "serve " + use.repo + " from a container of its own, or keep both models on one claim";
  return obstacle;
}

}  // namespace warmgate::inject
