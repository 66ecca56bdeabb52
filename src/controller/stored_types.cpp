// What is kept in memory of each type: what the planners read, no more. 5,000 Pods are kept for years.
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/api/names.h"
#include "warmgate/controller/stores.h"
#include "warmgate/document/members.h"
#include "warmgate/kube/workload.h"

namespace warmgate::controller {
namespace {

using document::Json;
using document::member;
using document::picked;
using document::View;

// Without managedFields and kubectl's copy of the object, each as large as the rest.
Json header(const Json& object) {
  Json out = picked(object, {"apiVersion", "kind"});
  Json& metadata = out["metadata"];
  metadata = picked(member(object, "metadata"),
                    {"name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
                     "deletionTimestamp", "finalizers", "labels", "annotations", "ownerReferences"});
  if (const auto annotations = metadata.find("annotations");
      annotations != metadata.end() && annotations->is_object()) {
    annotations->erase("kubectl.kubernetes.io/last-applied-configuration");
  }
  return out;
}

Json whole(const Json& object) {
  Json out = header(object);
  for (const auto& [name, value] : object.items()) {
    if (name != "metadata") {
      out[name] = value;
    }
  }
  return out;
}

std::optional<Json> trim_whole(const Json& object) { return whole(object); }

// So that neither a heartbeat nor a disk that fills makes it another one: 5,000 nodes tell of those all the time.
std::optional<Json> trim_node(const Json& object) {
  Json out = header(object);
  out["metadata"].erase("annotations");
  out["spec"] = picked(member(object, "spec"), {"taints", "unschedulable"});
  const Json& status = member(object, "status");
  out["status"] = picked(status, {"allocatable"});
  for (const Json& condition : member(status, "conditions")) {
    if (member(condition, "type") == "Ready") {
      out["status"]["conditions"] = Json::array({picked(condition, {"type", "status"})});
    }
  }
  return out;
}

bool has_claim(const Json& pod_spec) {
  const Json& volumes = member(pod_spec, "volumes");
  for (const Json& volume : volumes) {
    if (member(volume, "persistentVolumeClaim").is_object()) {
      return true;
    }
  }
  return false;
}

const Json& label(const Json& object, std::string_view name) {
  return member(member(member(object, "metadata"), "labels"), name);
}

bool has_label(const Json& object, std::string_view name) { return !label(object, name).is_null(); }

// `members` of each container, but not the mount of the service account's token, in every container under a random
// name.
Json trim_containers(const Json& containers, std::initializer_list<const char*> members) {
  Json out = Json::array();
  for (const Json& container : containers) {
    Json kept = picked(container, members);
    for (const Json& mount : member(container, "volumeMounts")) {
      if (member(mount, "mountPath") != "/var/run/secrets/kubernetes.io/serviceaccount") {
        kept["volumeMounts"].push_back(mount);
      }
    }
    out.push_back(std::move(kept));
  }
  return out;
}

void trim_all_containers(const Json& pod_spec, std::initializer_list<const char*> members, Json& out) {
  for (const char* containers : {"containers", "initContainers"}) {
    if (member(pod_spec, containers).is_array()) {
      out[containers] = trim_containers(member(pod_spec, containers), members);
    }
  }
}

// Of a Job that the controller has made itself no more is read than what it mounts: its script is longer than the rest,
// and there are as many as ModelCaches.
std::optional<Json> trim_job(const Json& object) {
  const Json& pod_spec = member(member(member(object, "spec"), "template"), "spec");
  if (!has_claim(pod_spec) && !has_label(object, api::kTaskLabel)) {
    return std::nullopt;
  }
  Json out = whole(object);
  if (label(object, api::kManagedByLabel) == api::kManagedBy) {
    Json kept = picked(pod_spec, {"volumes"});
    trim_all_containers(pod_spec, {"name"}, kept);
    out["spec"]["template"]["spec"] = std::move(kept);
  }
  return out;
}

std::optional<Json> trim_pod(const Json& object) {
  const Json& spec = member(object, "spec");
  if (!has_claim(spec) && !has_label(object, api::kGatedLabel) && !has_label(object, api::kTaskLabel) &&
      member(spec, "schedulingGates").empty()) {
    return std::nullopt;
  }
  Json out = header(object);
  Json& kept = out["spec"];
  kept = picked(spec, {"nodeName", "nodeSelector", "affinity", "tolerations", "restartPolicy", "schedulingGates",
                       "schedulerName", "serviceAccountName"});
  if (has_label(object, api::kTaskLabel)) {
    trim_all_containers(spec, {"name", "image"}, kept);
  } else {
    trim_all_containers(spec, {"name", "image", "command", "args", "env", "envFrom", "resources", "workingDir"}, kept);
  }
  for (const Json& volume : member(spec, "volumes")) {
    if (!member(volume, "projected").is_object()) {
      kept["volumes"].push_back(volume);
    }
  }
  out["status"] = picked(member(object, "status"), {"phase", "reason", "message", "startTime", "conditions",
                                                    "containerStatuses", "initContainerStatuses"});
  return out;
}

std::string index_key(std::string_view what, std::string_view ns, std::string_view name) {
  return std::string(what).append("/").append(ns).append("/").append(name);
}

std::vector<std::string> cache_keys(const kube::Object& cache) {
  std::vector<std::string> keys = {index_key("claim", cache.key().ns, claim_of_cache(cache))};
  for (const View& condition : cache.root()["status"]["conditions"].items()) {
    if (condition["type"].text() == "StorageReady" && condition["reason"].text() == "TopologyConflict") {
      keys.emplace_back(kWaitsForNodes);
    }
  }
  return keys;
}

std::vector<std::string> volume_keys(const kube::Object& volume) {
  const View claim = volume.root()["spec"]["claimRef"];
  return {index_key("claim", claim["namespace"].text(), claim["name"].text())};
}

std::vector<std::string> claim_keys(const std::vector<std::string>& claims, const std::string& ns) {
  std::vector<std::string> keys;
  keys.reserve(claims.size());
  for (const std::string& claim : claims) {
    keys.push_back(index_key("claim", ns, claim));
  }
  return keys;
}

std::vector<std::string> job_keys(const kube::Object& job) {
  return claim_keys(claims_of_job(job.root()), job.key().ns);
}

std::vector<std::string> pod_keys(const kube::Object& pod) {
  const std::string& ns = pod.key().ns;
  std::vector<std::string> keys = claim_keys(kube::claims_of(kube::template_of_pod(pod)), ns);
  for (const std::string& cache : waited_caches(pod)) {
    keys.push_back(index_key("waits", ns, cache));
  }
  if (const std::optional<kube::ControllerRef> owner = pod.controller(); owner && owner->kind == "Job") {
    keys.push_back(index_key("job", ns, owner->name));
  }
  return keys;
}

}  // namespace

std::vector<std::string> claims_of_job(const View& job) {
  const View pod = job["spec"]["template"];
  return kube::claims_of({pod["metadata"], pod["spec"], View()});
}

const std::array<StoredType, kStoreTypes>& stored_types() {
  static const std::array<StoredType, kStoreTypes> types = {{
      {model_caches(), trim_whole, cache_keys},
      {claims(), trim_whole, nullptr},
      {{"", "v1", "persistentvolumes", "PersistentVolume", false}, trim_whole, volume_keys},
      {{"storage.k8s.io", "v1", "storageclasses", "StorageClass", false}, trim_whole, nullptr},
      {jobs(), trim_job, job_keys},
      {pods(), trim_pod, pod_keys},
      {{"", "v1", "nodes", "Node", false}, trim_node, nullptr},
  }};
  return types;
}

}  // namespace warmgate::controller
