#include <limits>
#include <map>

#include "cache_places.h"
#include "claim_contents.h"
#include "rules.h"
#include "warmgate/kube/workload.h"
#include "warmgate/models/model_size.h"

namespace warmgate::rules {
namespace {

struct Copy {
  const models::ModelUse* use = nullptr;  // the first one on the template
  std::string models;
  std::int64_t bytes = 0;  // 0: not known
};

// What lies on each claim template.
std::map<std::string, Copy> copies_in(const models::TemplateReading& reading) {
  std::map<std::string, Copy> copies;
  for (const models::ModelUse& use : reading.uses) {
    const bool on_template = use.cache.volume && use.cache.volume->type == kube::VolumeType::kClaimTemplate;
    if (!on_template || use.role != models::Role::kWeights) {
      continue;
    }
    Copy& copy = copies[use.cache.volume->name];
    if (copy.use == nullptr) {
      copy.use = &use;
      copy.models = use.repo.empty() ? "its model" : use.repo;
      copy.bytes = models::estimated_bytes(use.repo).value_or(0);
    }
  }
  return copies;
}

std::string message_of(const std::string& claim, const std::string& count, const std::string& who,
                       const std::string& what) {
  return "volumeClaimTemplate \"" + claim + "\" gives each of the " + count + " Pods of " + who + " its own copy of " +
         what + ", to be downloaded and paid for " + count + " times";
}

void check_reading(const RuleContext& context, const models::TemplateReading& reading, std::vector<Finding>& findings) {
  const kube::ReplicaRange range = kube::replicas(context.object, reading.pod, context.facts);
  const std::int64_t most = range.max.value_or(std::numeric_limits<std::int64_t>::max());
  if (most <= 1) {
    return;
  }
  const std::string by =
      !range.autoscaler.empty() ? range.autoscaler : range.pointer.substr(range.pointer.rfind('/') + 1);
  const std::string who = context.object.display_name() + " (" + by + ")";
  for (const auto& [name, copy] : copies_in(reading)) {
    std::string what = copy.models;
    if (copy.bytes > 0) {
      what.append(" (").append(models::about(copy.bytes)).append(" each, by its name)");
    }
    findings.push_back({.rule = "WG206",
                        .message = message_of(name, std::to_string(most), who, what),
                        .help = "put the model on one ReadWriteMany claim, filled once, and mount it read-only in all "
                                "Pods (volumes: persistentVolumeClaim); keep claim templates for what each Pod writes",
                        .container = "",
                        .subject = name,
                        .location = {copy.use->cache.volume->view["metadata"]["name"].pointer(), 0, 0, false},
                        .at_most = std::nullopt,
                        .extent = most});
  }
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    check_reading(context, reading, findings);
  }
}

}  // namespace

const Rule kWG206_CopyPerReplica = {
    .info =
        {.id = "WG206",
         .slug = "copy-per-replica",
         .default_action = api::Action::kWarn,
         .summary = "volumeClaimTemplates give each replica its own copy of the model",
         .why = "Every replica downloads the model and pays for its own volume: eight replicas of a 65 GB model are "
                "eight cold starts and 520 GB, and each new one waits for its download while it holds a GPU. The "
                "copies can also differ.",
         .bad =
             "kind: StatefulSet\nspec:\n  replicas: 8\n  volumeClaimTemplates:\n    - metadata: {name: model-cache}\n",
         .good =
             "kind: StatefulSet\nspec:\n  replicas: 8\n  template:\n    spec:\n      volumes:\n"
             "        - name: model-cache\n          persistentVolumeClaim: {claimName: model-cache, readOnly: true}\n",
         .misses = "StatefulSets with one replica, and copies that something else than a known engine or downloader "
                   "makes. The size is an estimate from the repository's name."},
    .check = check,
};

}  // namespace warmgate::rules
