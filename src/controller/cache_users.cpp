#include "cache_users.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "claim_jobs.h"
#include "warmgate/api/names.h"
#include "warmgate/api/waits_for.h"
#include "warmgate/base/text.h"

namespace warmgate::controller {
namespace {

using document::View;

// What a Pod loads, as "org/name@commit"; everything where that is not known.
struct Loads {
  bool anything = false;
  std::set<std::string> models = {};
  std::set<std::string> repos = {};  // at a revision that is not known
};

bool is_held(const kube::Object& pod) {
  const std::vector<View> gates = pod.root()["spec"]["schedulingGates"].items();
  return std::any_of(gates.begin(), gates.end(), [](const View& gate) { return gate["name"].text() == api::kGate; });
}

// "container=org/name@commit, ..."; nullopt without any.
std::optional<Loads> annotated(const kube::Object& pod) {
  Loads loads;
  const std::string text = annotation(pod, api::kModelsAnnotation);
  for (const std::string_view entry : base::split(text, ',')) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string_view::npos) {
      loads.models.emplace(base::trim(entry.substr(equals + 1)));
    }
  }
  return loads.models.empty() ? std::nullopt : std::optional(std::move(loads));
}

Loads read_commands(const kube::Object& pod, const Settings& settings) {
  Loads loads;
  for (const models::TemplateReading& reading : models::read_workload(pod, settings.knowledge)) {
    for (const models::ModelUse& use : reading.uses) {
      if (!use.repo_known || use.local) {
        loads.anything = true;  // a path on the claim may be that of any model
      } else if (use.revision_known && use.pinned()) {
        loads.models.insert(use.repo + "@" + use.revision);
      } else {
        loads.repos.insert(use.repo);
      }
    }
  }
  loads.anything = loads.anything || (loads.models.empty() && loads.repos.empty());
  return loads;
}

class PodReader {
 public:
  explicit PodReader(const Settings& settings) : settings_(settings) {}

  // Pods of one controller are alike, so one stands for all.
  const Loads& loads_of(const kube::Object& pod) {
    std::string key = uid_of(pod);
    for (const View& owner : pod.root()["metadata"]["ownerReferences"].items()) {
      key = owner["controller"].boolean().value_or(false) ? owner["uid"].text() : key;
    }
    auto known = known_.find(key);
    if (known == known_.end()) {
      // Reading takes longer than anything else here; beyond that many controllers each counts for every model.
      constexpr std::size_t kMaxRead = 200;
      Loads loads = known_.size() < kMaxRead ? read_commands(pod, settings_) : Loads{.anything = true};
      known = known_.emplace(std::move(key), std::move(loads)).first;
    }
    return known->second;
  }

 private:
  const Settings& settings_;
  std::map<std::string, Loads> known_;
};

bool loads_model(const Loads& loads, const CacheState& cache) {
  return loads.anything || loads.models.contains(cache.model()) || loads.repos.contains(cache.spec.cache.repo);
}

bool waits_for(const kube::Object& pod, const CacheState& cache) {
  const auto waited = api::parse_waits_for(annotation(pod, api::kWaitsForAnnotation));
  return waited && std::any_of(waited->begin(), waited->end(), [&](const api::WaitedFor& one) {
           return one.cache == cache.name() && one.repo + "@" + one.revision == cache.model();
         });
}

}  // namespace

std::vector<CacheUsers> users_of(const ObservedClaim& observed, const std::vector<CacheState>& caches,
                                 const Settings& settings) {
  std::vector<CacheUsers> users(caches.size());
  PodReader reader(settings);
  for (const kube::Object& pod : observed.pods) {
    if (has_ended(pod) || !label_of(pod, api::kTaskLabel).empty()) {
      continue;
    }
    const bool held = is_held(pod);
    const bool mounts = mounts_claim(pod, observed.claim_name);
    const std::optional<Loads> told = mounts ? annotated(pod) : std::nullopt;
    for (std::size_t i = 0; i < caches.size(); ++i) {
      const bool loads = mounts && (told ? loads_model(*told, caches[i])
                                         : caches.size() == 1 || loads_model(reader.loads_of(pod), caches[i]));
      if (loads || (held && waits_for(pod, caches[i]))) {
        users[i].all.push_back(pod.key().name);
        if (!held) {
          users[i].started.push_back(pod.key().name);
        }
      }
    }
  }
  for (CacheUsers& one : users) {
    std::sort(one.all.begin(), one.all.end());
    std::sort(one.started.begin(), one.started.end());
  }
  return users;
}

std::string list_names(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 5;
  const std::size_t shown = std::min(names.size(), kShown);
  const std::string list = base::join(std::span(names).first(shown), ", ");
  return shown == names.size() ? list : list + " and " + std::to_string(names.size() - shown) + " more";
}

}  // namespace warmgate::controller
