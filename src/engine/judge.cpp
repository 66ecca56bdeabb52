#include "warmgate/engine/judge.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "allowed_sources.h"
#include "created_caches.h"
#include "warmgate/api/model_cache.h"
#include "warmgate/kube/field_types.h"
#include "warmgate/kube/layered_facts.h"
#include "warmgate/kube/storage.h"
#include "warmgate/policy/waiver.h"

namespace warmgate::engine {
namespace {

using api::Action;
using rules::Finding;

constexpr std::size_t kShortCommit = 12;

Finding wrong_type(const std::string& pointer, const std::string& message, const std::string& help) {
  return {.rule = "WG006",
          .message = message,
          .help = help,
          .container = "",
          .subject = pointer,
          .location = {pointer, 0, 0, false},
          .at_most = std::nullopt};
}

// What injection supplies, by container; under "" the first of all.
std::map<std::string_view, const inject::Supplied*> by_container(const inject::Injection& injection) {
  std::map<std::string_view, const inject::Supplied*> out;
  for (const inject::Supplied& supplied : injection.supplied) {
    out.emplace("", &supplied);
    out.emplace(supplied.container, &supplied);
  }
  return out;
}

std::set<Finding::Identity> identities(const std::vector<Finding>& findings) {
  std::set<Finding::Identity> out;
  for (const Finding& finding : findings) {
    out.insert(finding.identity());
  }
  return out;
}

// The findings of the object as it is, those that injection mends as warnings, and those that only injection brings
// out.
std::vector<Finding> merge(std::vector<Finding> as_is, const std::vector<Finding>& injected,
                           const inject::Injection& injection) {
  const std::set<Finding::Identity> present = identities(as_is);
  std::vector<Finding> brought;
  std::copy_if(injected.begin(), injected.end(), std::back_inserter(brought),
               [&](const Finding& finding) { return !present.contains(finding.identity()); });
  const std::set<Finding::Identity> lasting = identities(injected);
  const auto supplies = by_container(injection);
  for (Finding& finding : as_is) {
    const auto found = supplies.find(finding.container);
    if (found == supplies.end() || lasting.contains(finding.identity())) {
      continue;
    }
    const inject::Supplied* supplied = found->second;
    finding.at_most = Action::kWarn;
    finding.mended = true;
    // In front, because the API server cuts long warnings at their end.
    finding.message = "Warmgate supplies this from ModelCache/" + supplied->model_cache + " at " +
                      supplied->revision.substr(0, kShortCommit) + " (claim " + supplied->claim +
                      "): " + finding.message;
    finding.help = "nothing, or write it into the manifest to be independent of the ModelCache";
  }
  std::move(brought.begin(), brought.end(), std::back_inserter(as_is));
  return as_is;
}

// What a Pod lacks that injection gives.
bool is_for_injection(std::string_view rule) {
  constexpr std::array<std::string_view, 4> kRules = {"WG101", "WG104", "WG205", "WG304"};
  return std::find(kRules.begin(), kRules.end(), rule) != kRules.end();
}

// The namespace has a ModelCache, and the Pod does not get it: why is what the author needs to know.
void tell_obstacles(std::vector<Finding>& findings, const inject::Injection& injection) {
  std::multimap<std::pair<std::string_view, std::string_view>, const inject::Obstacle*> obstacles;
  for (const inject::Obstacle& obstacle : injection.obstacles) {
    obstacles.emplace(std::pair(std::string_view(obstacle.container), std::string_view(obstacle.repo)), &obstacle);
  }
  for (Finding& finding : findings) {
    if (finding.mended || !is_for_injection(finding.rule)) {
      continue;
    }
    const auto [first, last] =
        obstacles.equal_range({std::string_view(finding.container), std::string_view(finding.subject)});
    for (auto entry = first; entry != last; ++entry) {
      const inject::Obstacle& obstacle = *entry->second;
      finding.message += "; " + obstacle.reason;
      if (finding.help.find("ModelCache/" + obstacle.model_cache) == std::string::npos) {
        finding.help = obstacle.help;
      }
    }
  }
}

// A workload; or a claim or a ModelCache, which have no pod template.
std::vector<Finding> check_object(const kube::Object& object, const World& world, Stage stage, Judgement& out) {
  const models::FactReadings own(world.facts, world.knowledge);
  const models::FactReadings& known = world.readings != nullptr ? *world.readings : own;
  const std::vector<models::TemplateReading>& readings = known.of(object);
  if (const std::vector<kube::Object> created = caches_to_create(object, readings, world, stage); !created.empty()) {
    const kube::BundleFacts made(created, false, world.knowledge.kinds);
    const kube::LayeredFacts facts(made, world.facts);
    return check_object(object, {facts, world.knowledge, world.policy}, stage, out);
  }
  const bool shared_claim =
      object.is("", "PersistentVolumeClaim") && kube::shares_across_nodes(kube::access_modes(object));
  out.asks_cluster = shared_claim || !world.knowledge.kinds.claims_of(object).empty() ||
                     std::any_of(readings.begin(), readings.end(),
                                 [](const models::TemplateReading& reading) { return !reading.uses.empty(); });
  std::vector<Finding> findings = rules::check_workload({object, readings, world.facts, world.knowledge, known});
  if (!world.policy.inject() || (stage == Stage::kAsIs && findings.empty())) {
    return findings;
  }
  inject::Injection injection =
      inject::plan_injection(object, readings, world.facts, world.knowledge,
                             {world.policy.offline(), world.policy.cache_rules(object.key().ns).gates});
  if (stage == Stage::kBeforeInjection && !injection.empty()) {
    const kube::Object injected(document::Document(*injection.patched), object.key().ns);
    const std::vector<models::TemplateReading> injected_readings =
        models::read_workload(injected, world.knowledge, world.facts);
    findings =
        merge(std::move(findings),
              rules::check_workload({injected, injected_readings, world.facts, world.knowledge, known}), injection);
  }
  tell_obstacles(findings, injection);
  if (stage == Stage::kBeforeInjection) {
    out.injection = std::move(injection);
  }
  return findings;
}

// What the rules speak about.
bool is_checked(const kube::Object& object, const kube::WorkloadKinds& kinds) {
  return kinds.is_workload(object) || object.is("", "PersistentVolumeClaim") || api::is_model_cache(object);
}

// Says the reason in front, because the API server cuts long warnings at their end.
std::string waive(Finding& finding, Action& action, const policy::Waiver& waiver) {
  finding.message = "waived: " + waiver.reason + ": " + finding.message;
  action = std::min(action, Action::kWarn);
  return waiver.reason;
}

// What injection mends needs no waiver.
void apply_policy(Judgement& out, std::vector<Finding> findings, const std::vector<policy::Waiver>& waivers,
                  const policy::Policy& policy, const std::string& ns) {
  for (Finding& finding : findings) {
    Action action = policy.action(finding.rule, ns);
    if (finding.at_most) {
      action = std::min(action, *finding.at_most);
    }
    const auto waiver = std::find_if(waivers.begin(), waivers.end(),
                                     [&](const policy::Waiver& given) { return given.rule == finding.rule; });
    std::string reason;
    if (waiver != waivers.end() && !finding.mended) {
      reason = waive(finding, action, *waiver);
    }
    if (action != Action::kOff) {
      out.findings.push_back({std::move(finding), action, std::move(reason)});
    }
  }
}

// What is to be said about the waivers themselves: mistakes in them, and those that nothing needs.
std::vector<Finding> check_waivers(policy::Waivers& waivers, const std::vector<Finding>& findings) {
  std::vector<Finding> out = std::move(waivers.mistakes);
  for (const policy::Waiver& waiver : waivers.granted) {
    const bool needed = std::any_of(findings.begin(), findings.end(),
                                    [&](const Finding& finding) { return finding.rule == waiver.rule; });
    if (!needed) {
      out.push_back(policy::unused(waiver));
    }
  }
  return out;
}

}  // namespace

bool Judgement::denied() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const JudgedFinding& judged) { return judged.action == Action::kDeny; });
}

std::vector<Finding> check_schema(const kube::Object& object, const kube::WorkloadKinds& kinds) {
  std::vector<Finding> findings;
  for (const kube::TypeError& error : kube::check_field_types(object, kinds)) {
    findings.push_back(wrong_type(error.pointer, error.message, error.help));
  }
  std::vector<api::FieldError> errors;
  if (api::is_model_cache(object)) {
    errors = api::validate_model_cache(object);
  } else if (api::is_cache_policy(object)) {
    errors = api::validate_cache_policy(object);
  }
  for (const api::FieldError& error : errors) {
    findings.push_back(wrong_type(error.pointer, error.message, error.help));
  }
  return findings;
}

bool is_judged(const kube::Object& object, const kube::WorkloadKinds& kinds) {
  return kinds.is_workload(object) || object.is("", "PersistentVolumeClaim") ||
         object.is("storage.k8s.io", "StorageClass") || api::is_model_cache(object) || api::is_cache_policy(object);
}

Judgement judge(const kube::Object& object, const World& world, Stage stage) {
  Judgement out;
  std::vector<Finding> findings = check_schema(object, world.knowledge.kinds);
  // An object that the API server would refuse is not judged further: that would be guessing.
  policy::Waivers waivers;
  if (findings.empty()) {
    if (is_checked(object, world.knowledge.kinds)) {
      findings = check_object(object, world, stage, out);
    }
    if (api::is_model_cache(object)) {
      std::vector<Finding> more = check_sources(object, world.policy);
      std::move(more.begin(), more.end(), std::back_inserter(findings));
    }
    waivers = policy::read_waivers(object, world.policy, world.knowledge.kinds);
    std::vector<Finding> about_waivers = check_waivers(waivers, findings);
    std::move(about_waivers.begin(), about_waivers.end(), std::back_inserter(findings));
  }
  apply_policy(out, std::move(findings), waivers.granted, world.policy, object.key().ns);
  return out;
}

void limit_actions(Judgement& judgement, Action limit) {
  for (JudgedFinding& judged : judgement.findings) {
    judged.action = std::min(judged.action, limit);
  }
  std::erase_if(judgement.findings, [](const JudgedFinding& judged) { return judged.action == Action::kOff; });
}

void forgive_known(Judgement& judgement, const Judgement& before) {
  std::multimap<Finding::Identity, const JudgedFinding*> known;
  for (const JudgedFinding& old : before.findings) {
    known.emplace(old.finding.identity(), &old);
  }
  for (JudgedFinding& judged : judgement.findings) {
    const auto [first, last] = known.equal_range(judged.finding.identity());
    const bool forgiven = std::any_of(first, last, [&](const auto& entry) {
      // One that was only a warning (injection mended it) and is denied now was made worse, as was one that grew.
      return entry.second->action >= judged.action && entry.second->finding.extent >= judged.finding.extent;
    });
    if (forgiven) {
      judged.action = std::min(judged.action, Action::kWarn);
    }
  }
}

}  // namespace warmgate::engine
