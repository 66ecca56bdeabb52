#include "claim_contents.h"

#include <utility>

#include "warmgate/api/model_cache.h"
#include "warmgate/kube/workload.h"

namespace warmgate::rules {
namespace {

void add_downloads(const kube::Object& workload, const std::vector<models::TemplateReading>& readings,
                   std::string_view claim, std::vector<Fetched>& out) {
  for (const models::TemplateReading& reading : readings) {
    for (const models::ModelUse& use : reading.uses) {
      if (use.verb == models::Verb::kDownload && use.cache.on_claim() && use.cache.volume->claim == claim) {
        out.push_back({workload.display_name(), use.repo, use.revision, use.pinned(), use.verifiable(),
                       use.cache.local_dir, use.cache.volume_path});
      }
    }
  }
}

}  // namespace

std::vector<Fetched> fetched_to_claim(const RuleContext& context, std::string_view claim) {
  std::vector<Fetched> out;
  add_downloads(context.object, context.readings, claim, out);
  const std::string& ns = context.object.key().ns;
  for (const kube::Object& workload : context.facts.workloads_on_claim(ns, claim)) {
    if (!kube::same_workload(workload, context.object)) {
      add_downloads(workload, models::read_workload(workload, context.knowledge), claim, out);
    }
  }
  for (const api::ModelCache& cache : api::model_caches(context.facts, ns)) {
    if (cache.claim == claim) {
      out.push_back({"ModelCache/" + cache.name, cache.repo, cache.revision, true, true, false, "/hub"});
    }
  }
  return out;
}

std::string container_label(const models::ModelUse& use) {
  return (use.container_kind == kube::ContainerKind::kInit ? "init container \"" : "container \"") + use.container +
         "\"";
}

std::string_view verb_label(const models::ModelUse& use) {
  return use.verb == models::Verb::kServe ? "serves" : "downloads";
}

}  // namespace warmgate::rules
