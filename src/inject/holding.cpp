#include "holding.h"

#include <algorithm>
#include <string>

#include "warmgate/api/names.h"

namespace warmgate::inject {
namespace {

using api::ModelCache;

constexpr std::size_t kShortCommit = 12;

// Why the Pods cannot be held back, a clause; "" when they can.
std::string hindrance(const kube::PodTemplate& pod, const kube::ClusterFacts& facts) {
  // The API server refuses gates beside nodeName (k8s.io/kubernetes pkg/apis/core/validation ValidatePodCreate).
  if (!pod.spec["nodeName"].text().empty()) {
    return "spec.nodeName is set, so no scheduler is asked";
  }
  return facts.controller_active()
             ? ""
             : "the Warmgate controller does not run (its Lease is not renewed), and nobody else lets Pods go";
}

}  // namespace

bool has_gate(const document::View& spec) {
  const std::vector<document::View> gates = spec["schedulingGates"].items();
  return std::any_of(gates.begin(), gates.end(),
                     [](const document::View& gate) { return gate["name"].text() == api::kGate; });
}

std::string describe(const Hold& hold) {
  std::string caches;
  for (const api::WaitedFor& cache : hold.waits_for) {
    caches.append(caches.empty() ? "ModelCache/" : ", ModelCache/").append(cache.cache).append(" (");
    caches.append(cache.repo).append(" at ").append(cache.revision, 0, kShortCommit).append(")");
  }
  const std::string verb = hold.waits_for.size() == 1 ? " is" : " are";
  if (hold.why_not.empty()) {
    return "held back by the scheduling gate " + std::string(api::kGate) + " until " + caches + verb + " Ready";
  }
  return "not held back although " + caches + verb + " not Ready: " + hold.why_not;
}

void Holding::add(const ModelCache& cache) {
  const api::WaitedFor waited{cache.name, cache.repo, cache.revision};
  const bool known = std::find(waits_for_.begin(), waits_for_.end(), waited) != waits_for_.end();
  if (!cache.ready && !known && waits_for_.size() < api::kMaxWaitedFor) {
    waits_for_.push_back(waited);
  }
}

std::optional<Hold> Holding::apply(PatchBuilder& builder, const kube::PodTemplate& pod,
                                   const kube::ClusterFacts& facts) const {
  // Manifests alone do not tell whether a controller runs where they will be applied.
  const bool known = facts.controller_active() || facts.complete();
  if (waits_for_.empty() || !pod.spec.is_object() || !known) {
    return std::nullopt;
  }
  Hold hold{waits_for_, hindrance(pod, facts)};
  if (!hold.why_not.empty()) {
    return hold;
  }
  if (!has_gate(pod.spec)) {
    builder.append(pod.spec.pointer() + "/schedulingGates", {{"name", api::kGate}});
  }
  const std::string& metadata = pod.metadata.pointer();
  if (!pod.metadata.is_object()) {
    builder.set_member(metadata.substr(0, metadata.rfind('/')), "metadata", document::Json::object());
  }
  builder.set_member(metadata + "/labels", std::string(api::kGatedLabel), "true");
  builder.set_member(metadata + "/annotations", std::string(api::kWaitsForAnnotation),
                     api::format_waits_for(waits_for_));
  return hold;
}

const ModelCache* served_by_path(const models::ModelUse& use, const models::TemplateReading& reading,
                                 const std::vector<ModelCache>& caches) {
  const kube::Container* container = reading.containers.find(use.container);
  if (!use.local || !use.repo.starts_with('/') || use.verb != models::Verb::kServe || use.accelerators.empty() ||
      container == nullptr) {
    return nullptr;
  }
  const std::string path = kube::normalize_path(use.repo) + "/";
  const kube::MountsByPath mounts(*container);
  const kube::Mount* mount = mounts.holding(kube::normalize_path(use.repo));
  const kube::Volume* volume = mount == nullptr ? nullptr : reading.volumes.find(mount->volume);
  if (volume == nullptr || volume->type != kube::VolumeType::kClaim) {
    return nullptr;
  }
  const auto found = std::find_if(caches.begin(), caches.end(), [&](const ModelCache& cache) {
    const std::string snapshot = api::snapshot_path(cache).substr(cache.mount_path.size()) + "/";
    return cache.claim == volume->claim && path.find(snapshot) != std::string::npos;
  });
  return found == caches.end() ? nullptr : &*found;
}

}  // namespace warmgate::inject
