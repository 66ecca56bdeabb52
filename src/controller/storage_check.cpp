#include "storage_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "node_reach.h"
#include "warmgate/api/names.h"
#include "warmgate/base/text.h"
#include "warmgate/controller/download_job.h"
#include "warmgate/kube/storage.h"

namespace warmgate::controller {
namespace {

using document::View;

StorageVerdict trouble(std::string reason, std::string message) {
  return {.trouble = true, .reason = std::move(reason), .message = std::move(message)};
}

std::string quoted(const std::string& name) { return "\"" + name + "\""; }

std::string claim_label(const CacheState& cache) { return "PersistentVolumeClaim " + quoted(cache.spec.cache.claim); }

std::string describe_claim(const CacheState& cache) {
  return "kubectl -n " + cache.ns() + " describe pvc " + cache.spec.cache.claim;
}

// The class by name, or the cluster's default one; of several defaults the newest counts (KEP-3333).
const kube::Object* find_class(const std::vector<kube::Object>& classes, const std::optional<std::string>& name) {
  const kube::Object* found = nullptr;
  for (const kube::Object& one : classes) {
    if (name && one.key().name == *name) {
      return &one;
    }
    const bool is_default = annotation(one, "storageclass.kubernetes.io/is-default-class") == "true";
    if (!name && is_default && (found == nullptr || created_at(one) > created_at(*found))) {
      found = &one;
    }
  }
  return found;
}

StorageVerdict class_not_found(const std::vector<kube::Object>& classes, const std::optional<std::string>& name,
                               const std::string& help) {
  constexpr std::size_t kShown = 10;
  std::vector<std::string> names;
  names.reserve(classes.size());
  for (const kube::Object& one : classes) {
    names.push_back(one.key().name);
  }
  std::sort(names.begin(), names.end());
  names.resize(std::min(names.size(), kShown));
  const std::string what =
      name ? "StorageClass " + quoted(*name) + " does not exist" : "there is no default StorageClass";
  const std::string others = names.empty() ? "the cluster has none" : "the cluster has " + base::join(names, ", ");
  return trouble("StorageClassNotFound", what + " (" + others + "): " + help);
}

bool is_block_storage(const kube::Object& storage_class, const Settings& settings) {
  return settings.knowledge.storage.block_only(storage_class.root()["provisioner"].text()) != nullptr;
}

// As WG202: what the driver refuses, so that the claim never binds.
std::optional<StorageVerdict> cannot_share(const kube::Object& storage_class, const std::vector<std::string>& modes,
                                           const Settings& settings) {
  const std::string provisioner = storage_class.root()["provisioner"].text();
  const kube::BlockOnly* block = settings.knowledge.storage.block_only(provisioner);
  const auto refused = std::find_if(modes.begin(), modes.end(), [&](const std::string& text) {
    const std::optional<kube::AccessMode> mode = kube::parse_access_mode(text);
    return block != nullptr && (mode == kube::AccessMode::kReadWriteMany ||
                                (mode == kube::AccessMode::kReadOnlyMany && !block->read_only_many));
  });
  if (refused == modes.end()) {
    return std::nullopt;
  }
  return trouble("ClassCannotShare",
                 "StorageClass " + quoted(storage_class.key().name) + " (" + provisioner +
                     ") is block storage, which mounts on one node, and " + *refused +
                     " is asked of it: the claim would never bind. Use a class that shares: " + block->instead +
                     "; or ask for ReadWriteOnce when Pods on one node are all that need it");
}

// The author has said himself where the download runs: that he knows where the volume will be is taken for granted.
bool chooses_zone(const CacheState& cache) {
  const api::DownloadSpec& download = cache.spec.download;
  return download.affinity != nullptr ||
         (download.node_selector && View(*download.node_selector)["topology.kubernetes.io/zone"]);
}

// " (zones: a, b)"; "" where no node has a zone.
std::string in_zones(const std::set<std::string>& zones) {
  std::vector<std::string> list(zones.begin(), zones.end());
  std::erase(list, "");
  return list.empty() ? "" : " (zones: " + base::join(list, ", ") + ")";
}

constexpr const char* kTopologyHelp =
    "use a class that provisions where the GPUs are (allowedTopologies) or a file system that every zone mounts; a "
    "zone "
    "in spec.download.nodeSelector says that you know better";

// A volume that is there: the GPUs that are known must be able to mount it.
std::optional<StorageVerdict> out_of_reach(const CacheState& cache, const ObservedClaim& observed,
                                           const Settings& settings) {
  if (!observed.volume || chooses_zone(cache)) {
    return std::nullopt;
  }
  const View required = observed.volume->root()["spec"]["nodeAffinity"]["required"];
  std::set<std::string> zones;
  bool known = false;
  for (const kube::Object& node : observed.nodes) {
    if (!has_accelerators(node, settings.knowledge.accelerators)) {
      continue;
    }
    if (selects_node(required, node)) {
      return std::nullopt;
    }
    known = true;
    zones.insert(zone_of(node));
  }
  if (!known) {
    return std::nullopt;
  }
  return trouble("TopologyConflict", "no node with accelerators" + in_zones(zones) + " can mount the volume " +
                                         quoted(observed.volume->key().name) + " of " + claim_label(cache) + ": " +
                                         kTopologyHelp);
}

// A volume that is made where the first Pod is scheduled, which is the download's: so that goes where the GPUs are.
void place_download(const CacheState& cache, const ObservedClaim& observed, const Settings& settings,
                    const kube::Object& storage_class, StorageVerdict& verdict) {
  if (chooses_zone(cache)) {
    return;
  }
  const Zones zones = zones_of(observed.nodes, settings.knowledge.accelerators);
  for (const std::string& zone : zones.accelerated) {
    if (zones.plain.contains(zone)) {
      verdict.zones.push_back(zone);
    }
  }
  if (verdict.zones.empty() && !zones.accelerated.empty() && !zones.plain.empty() &&
      is_block_storage(storage_class, settings)) {
    verdict = trouble("TopologyConflict", "the volume of " + claim_label(cache) +
                                              " will be in the zone of the download, and no zone has both nodes with "
                                              "accelerators" +
                                              in_zones(zones.accelerated) + " and nodes without" +
                                              in_zones(zones.plain) + ": " + kTopologyHelp);
  }
}

StorageVerdict check_pending(const CacheState& cache, const ObservedClaim& observed, const Settings& settings) {
  const View spec = observed.claim->root()["spec"];
  const std::optional<std::string> name = spec["storageClassName"].string();
  StorageVerdict pending = {.reason = "ClaimPending",
                            .message = claim_label(cache) + " is not bound to a volume yet; " + describe_claim(cache) +
                                       " tells what it waits for"};
  // A volume that is named, or made by hand ("" as the class), has nothing to do with classes.
  if (!spec["volumeName"].text().empty() || spec["selector"].is_object() || name == "") {
    return pending;
  }
  const kube::Object* storage_class = find_class(observed.classes, name);
  if (storage_class == nullptr) {
    return class_not_found(observed.classes, name, "create it, or delete the claim and create it with another class");
  }
  if (std::optional<StorageVerdict> refused = cannot_share(*storage_class, spec["accessModes"].strings(), settings)) {
    return std::move(*refused);
  }
  if (storage_class->root()["volumeBindingMode"].text() != "WaitForFirstConsumer") {
    return pending;
  }
  StorageVerdict verdict = {.ready = true,
                            .reason = "WaitForFirstConsumer",
                            .message = claim_label(cache) + " is bound when the download's Pod is scheduled"};
  place_download(cache, observed, settings, *storage_class, verdict);
  return verdict;
}

StorageVerdict check_missing(const CacheState& cache, const ObservedClaim& observed, const Settings& settings) {
  if (!cache.spec.create) {
    return trouble("ClaimNotFound", claim_label(cache) + " does not exist in namespace " + quoted(cache.ns()) +
                                        ": create it, or let Warmgate make one (spec.storage.create)");
  }
  const api::NewClaim& wanted = *cache.spec.create;
  const std::string again = "and make the ModelCache anew, since spec.storage cannot change";
  const kube::Object* storage_class = find_class(observed.classes, wanted.storage_class);
  if (storage_class == nullptr && wanted.storage_class != "") {
    return class_not_found(observed.classes, wanted.storage_class,
                           "create it, or name another one in spec.storage.create.storageClassName " + again);
  }
  if (storage_class != nullptr) {
    if (std::optional<StorageVerdict> refused = cannot_share(*storage_class, wanted.access_modes, settings)) {
      return std::move(*refused);
    }
  }
  const std::optional<std::int64_t> bytes = claim_bytes(cache.spec, storage_class, settings);
  if (!bytes) {
    return trouble("SizeUnknown", "the name " + quoted(cache.spec.cache.repo) +
                                      " does not tell the model's size: give spec.storage.create.size " + again);
  }
  StorageVerdict verdict = {.reason = "ClaimPending", .message = claim_label(cache) + " is being created"};
  verdict.create_claim = Write{Write::Verb::kCreate,
                               claims(),
                               cache.ns(),
                               cache.spec.cache.claim,
                               std::make_shared<const document::Json>(new_claim(cache.spec, *bytes)),
                               {},
                               "the claim of " + cache.label() + " does not exist"};
  return verdict;
}

}  // namespace

StorageVerdict check_storage(const CacheState& cache, const ObservedClaim& observed, const Settings& settings) {
  if (!observed.claim) {
    return check_missing(cache, observed, settings);
  }
  const kube::Object& claim = *observed.claim;
  if (is_being_deleted(claim)) {
    return trouble("ClaimNotFound", claim_label(cache) +
                                        " is being deleted, and goes when no Pod mounts it any more; " +
                                        (cache.spec.create ? "then it is made again" : "then create it again"));
  }
  const std::string phase = claim.root()["status"]["phase"].text();
  if (phase == "Lost") {
    return trouble("ClaimLost", claim_label(cache) + " has lost its volume: delete it and create it anew; " +
                                    describe_claim(cache) + " tells more");
  }
  if (phase != "Bound") {
    return check_pending(cache, observed, settings);
  }
  if (std::optional<StorageVerdict> conflict = out_of_reach(cache, observed, settings)) {
    return std::move(*conflict);
  }
  const bool shared = kube::shares_across_nodes(kube::access_modes(claim, observed.volume));
  return {.ready = true,
          .reason = "ClaimBound",
          .message = claim_label(cache) + " is bound" +
                     (shared ? "" : "; it is not ReadWriteMany: Pods on one node only can use it at a time")};
}

bool is_own_claim(const CacheState& cache, const kube::Object& claim) {
  return cache.spec.create && label_of(claim, api::kManagedByLabel) == api::kManagedBy &&
         claim.key().name == cache.name();
}

}  // namespace warmgate::controller
