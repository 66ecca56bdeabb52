#include "claim_contents.h"

#include <iterator>
#include <set>
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

std::vector<Fetched> read_contents(const RuleContext& context, const std::string& claim) {
  std::vector<Fetched> out;
  add_downloads(context.object, context.readings, claim, out);
  const std::string& ns = context.object.key().ns;
  for (const kube::Object& workload : context.facts.workloads_on_claim(ns, claim)) {
    std::vector<Fetched> downloads;
    add_downloads(workload, context.known.of(workload), claim, downloads);
    if (!downloads.empty() && !kube::same_workload(workload, context.object)) {
      std::move(downloads.begin(), downloads.end(), std::back_inserter(out));
    }
  }
  for (const api::ModelCache& cache : context.known.model_caches(ns)) {
    if (cache.claim == claim) {
      out.push_back({"ModelCache/" + cache.name, cache.repo, cache.revision, true, true, false, "/hub"});
    }
  }
  // A thousand containers that fetch the same say it once.
  std::set<Fetched> seen;
  std::erase_if(out, [&](const Fetched& fetched) { return !seen.insert(fetched).second; });
  return out;
}

}  // namespace

const std::vector<Fetched>& ClaimContents::of(const std::string& claim) const {
  auto found = known_.find(claim);
  if (found == known_.end()) {
    found = known_.emplace(claim, read_contents(context_, claim)).first;
  }
  return found->second;
}

const std::vector<Fetched>& fetched_to_claim(const RuleContext& context, const std::string& claim) {
  return context.contents->of(claim);
}

std::string container_label(const models::ModelUse& use) {
  return (use.container_kind == kube::ContainerKind::kInit ? "init container \"" : "container \"") + use.container +
         "\"";
}

std::string_view verb_label(const models::ModelUse& use) {
  return use.verb == models::Verb::kServe ? "serves" : "downloads";
}

}  // namespace warmgate::rules
