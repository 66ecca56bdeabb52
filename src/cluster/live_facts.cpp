#include "warmgate/cluster/live_facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cluster_snapshot.h"
#include "controller_lease.h"
#include "fact_types.h"
#include "warmgate/base/text.h"

namespace warmgate::cluster {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::size_t kMaxReason = 300;  // of errors that come from outside, where many stand in one line
// Where one stands alone: more than a Status of the API server and its frame have (api_error.cpp), for what to do about
// it stands at its end.
constexpr std::size_t kMaxError = 4000;

ReflectorOptions options_of(const WatchedType& type) {
  ReflectorOptions options;
  options.resource = type.resource;
  options.trim = type.trim;
  options.keys = type.keys;
  options.may_be_absent = type.may_be_absent;
  options.max_objects = type.max_objects;
  return options;
}

std::string resource_name(const Resource& resource) {
  return resource.group.empty() ? resource.plural : resource.plural + "." + resource.group;
}

// Of the Lease all that tells whether it is renewed.
std::optional<document::Json> trim_lease(const document::Json& object) { return object; }

const Resource& leases() {
  static const Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease", true};
  return kLeases;
}

ReflectorOptions lease_options(const LiveFactsOptions& options, ControllerLease& lease) {
  ReflectorOptions reflector;
  reflector.resource = leases();
  reflector.ns = options.lease_ns;
  reflector.field_selector = "metadata.name=" + options.lease_name;
  reflector.trim = trim_lease;
  reflector.max_objects = 1;
  reflector.on_change = options.on_change;
  reflector.on_object = [&lease](const kube::Object* /*before*/, const kube::Object* after) { lease.see(after); };
  return reflector;
}

base::Error explained(const ApiError& error, const WatchedType& type) {
  const std::string name = resource_name(type.resource);
  std::string text = "cannot list " + name + " in the cluster: " + base::one_line(error.message, kMaxError);
  if (error.status == 403) {
    text += "; for example: kubectl create clusterrole warmgate-facts-" + type.resource.plural +
            " --verb=list --resource=" + name + ", and bind that role to the user of this kubeconfig";
  }
  return {text};
}

}  // namespace

LiveFacts::LiveFacts(KubeApi& api, Clock& clock, const LiveFactsOptions& options)
    : clock_(clock), max_age_(options.max_age), lease_(std::make_unique<ControllerLease>(clock)) {
  std::uint32_t seed = options.seed;
  for (const WatchedType& type : watched_types()) {
    ReflectorOptions reflector = options_of(type);
    reflector.seed = seed++;
    reflector.on_change = options.on_change;
    reflectors_.push_back(std::make_unique<Reflector>(api, clock, std::move(reflector)));
  }
  if (!options.lease_name.empty()) {
    ReflectorOptions reflector = lease_options(options, *lease_);
    reflector.seed = seed;
    reflectors_.push_back(std::make_unique<Reflector>(api, clock, std::move(reflector)));
  }
}

LiveFacts::~LiveFacts() {
  for (const auto& reflector : reflectors_) {
    reflector->request_stop();
  }
}

std::shared_ptr<const kube::ClusterFacts> LiveFacts::snapshot() const {
  const Clock::Steady::time_point now = clock_.now();
  ClusterSnapshot::Collections collections;
  std::vector<kube::FactsDoubt> doubts;
  for (std::size_t i = 0; i < kFactTypes; ++i) {
    const ReflectorState state = reflectors_[i]->state();
    collections.at(i) = reflectors_[i]->snapshot();
    if (!state.synced_at) {
      doubts.push_back({state.resource, std::nullopt, base::one_line(state.error, kMaxReason)});
    } else if (now - *state.contact_at > max_age_) {
      doubts.push_back(
          {state.resource, duration_cast<seconds>(now - *state.contact_at), base::one_line(state.error, kMaxReason)});
    }
  }
  return std::make_shared<const ClusterSnapshot>(std::move(collections), std::move(doubts), lease_->active());
}

std::vector<ReflectorState> LiveFacts::states() const {
  std::vector<ReflectorState> states;
  states.reserve(reflectors_.size());
  for (const auto& reflector : reflectors_) {
    states.push_back(reflector->state());
  }
  return states;
}

std::string LiveFacts::waiting_for() const {
  std::vector<std::string> waiting;
  for (std::size_t i = 0; i < kFactTypes; ++i) {
    if (const ReflectorState state = reflectors_[i]->state(); !state.synced_at) {
      waiting.push_back(state.resource +
                        (state.error.empty() ? "" : " (" + base::one_line(state.error, kMaxReason) + ")"));
    }
  }
  return base::join(waiting, ", ");
}

base::Result<std::shared_ptr<const kube::ClusterFacts>> read_facts(KubeApi& api, bool controller_active) {
  ClusterSnapshot::Collections collections;
  std::size_t next = 0;
  for (const WatchedType& type : watched_types()) {
    ApiResult<Collection> listed = list_once(api, options_of(type));
    if (listed) {
      collections.at(next++) = std::make_shared<const Collection>(std::move(listed).value());
    } else if (type.may_be_absent && listed.error().not_found()) {
      collections.at(next++) = std::make_shared<const Collection>();
    } else {
      return explained(listed.error(), type);
    }
  }
  return std::shared_ptr<const kube::ClusterFacts>(std::make_shared<const ClusterSnapshot>(
      std::move(collections), std::vector<kube::FactsDoubt>{}, controller_active));
}

bool read_controller_active(KubeApi& api, const Clock& clock, const std::string& ns, const std::string& name) {
  const ApiResult<JsonPtr> got = api.get(leases(), ns, name, {});
  if (!got) {
    return false;
  }
  const kube::Object found(document::Document(**got), ns);
  ControllerLease lease(clock);
  lease.see(&found);
  return lease.active();
}

base::Result<std::optional<kube::Object>> read_workload(KubeApi& api, const kube::ObjectKey& key) {
  static const std::array<Resource, 8> kResources = {{{"", "v1", "pods", "Pod"},
                                                      {"", "v1", "replicationcontrollers", "ReplicationController"},
                                                      {"apps", "v1", "deployments", "Deployment"},
                                                      {"apps", "v1", "statefulsets", "StatefulSet"},
                                                      {"apps", "v1", "daemonsets", "DaemonSet"},
                                                      {"apps", "v1", "replicasets", "ReplicaSet"},
                                                      {"batch", "v1", "jobs", "Job"},
                                                      {"batch", "v1", "cronjobs", "CronJob"}}};
  const auto* found = std::find_if(kResources.begin(), kResources.end(), [&](const Resource& resource) {
    return resource.group == key.group && resource.kind == key.kind;
  });
  if (found == kResources.end()) {
    return std::optional<kube::Object>();
  }
  const ApiResult<JsonPtr> got = api.get(*found, key.ns, key.name, {});
  if (got) {
    return std::optional(kube::Object(document::Document(**got), key.ns));
  }
  if (got.error().not_found()) {
    return std::optional<kube::Object>();
  }
  return base::Error{base::one_line(got.error().message, kMaxError)};
}

}  // namespace warmgate::cluster
