#include "fact_types.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "warmgate/document/members.h"
#include "warmgate/kube/workload.h"

namespace warmgate::cluster {
namespace {

using document::Json;
using document::member;
using document::picked;

// apiVersion, kind, and of the metadata what every object needs: names, and the version by which a relist knows an
// object that has not changed.
Json header(const Json& object, std::initializer_list<const char*> more = {}) {
  Json out = picked(object, {"apiVersion", "kind"});
  const Json& metadata = member(object, "metadata");
  out["metadata"] = picked(metadata, {"name", "namespace", "resourceVersion"});
  out["metadata"].update(picked(metadata, more));
  return out;
}

std::optional<Json> trim_claim(const Json& object) {
  Json out = header(object, {"uid"});
  out["spec"] = picked(member(object, "spec"), {"accessModes", "resources", "storageClassName", "volumeName"});
  out["status"] = picked(member(object, "status"), {"accessModes", "capacity"});
  return out;
}

std::optional<Json> trim_volume(const Json& object) {
  Json out = header(object);
  out["spec"] = picked(member(object, "spec"), {"accessModes", "nodeAffinity"});
  out["spec"]["claimRef"] = picked(member(member(object, "spec"), "claimRef"), {"namespace", "name"});
  return out;
}

std::optional<Json> trim_storage_class(const Json& object) {
  Json out = header(object);
  out.update(picked(object, {"provisioner", "parameters", "volumeBindingMode"}));
  return out;
}

std::optional<Json> trim_model_cache(const Json& object) {
  Json out = header(object, {"deletionTimestamp"});
  out.update(picked(object, {"spec"}));
  out["status"] = picked(member(object, "status"), {"conditions", "claimUID", "bytes", "remainingSeconds", "refs"});
  return out;
}

std::optional<Json> trim_autoscaler(const Json& object) {
  Json out = header(object);
  out["spec"] = picked(member(object, "spec"), {"scaleTargetRef", "minReplicas", "maxReplicas"});
  return out;
}

// The service account's token, in every container of every Pod under a random name: no model is there.
bool is_token_mount(const Json& mount) {
  return member(mount, "mountPath") == "/var/run/secrets/kubernetes.io/serviceaccount";
}

Json trim_containers(const Json& containers) {
  Json out = Json::array();
  for (const Json& container : containers) {
    Json kept = picked(container, {"name", "image", "command", "args", "env", "envFrom", "resources"});
    for (const Json& mount : member(container, "volumeMounts")) {
      if (!is_token_mount(mount)) {
        kept["volumeMounts"].push_back(mount);
      }
    }
    out.push_back(std::move(kept));
  }
  return out;
}

bool has_claim(const Json& volumes) {
  for (const Json& volume : volumes) {
    if (member(volume, "persistentVolumeClaim").is_object()) {
      return true;
    }
  }
  return false;
}

std::optional<Json> trim_pod(const Json& object) {
  const Json& spec = member(object, "spec");
  const Json& phase = member(member(object, "status"), "phase");
  // A Pod that has ended holds no volume, even while the object is kept.
  if (!has_claim(member(spec, "volumes")) || phase == "Succeeded" || phase == "Failed") {
    return std::nullopt;
  }
  Json out = header(object, {"labels", "ownerReferences", "deletionTimestamp"});
  Json& kept = out["spec"];
  // Besides the claims and the containers: what tells on which node it is or must be, and whether it ends by itself.
  kept = picked(spec, {"nodeName", "nodeSelector", "restartPolicy"});
  kept["affinity"] = picked(member(spec, "affinity"), {"nodeAffinity"});
  for (const char* containers : {"containers", "initContainers"}) {
    if (member(spec, containers).is_array()) {
      kept[containers] = trim_containers(member(spec, containers));
    }
  }
  for (const Json& volume : member(spec, "volumes")) {
    if (!member(volume, "projected").is_object()) {
      kept["volumes"].push_back(volume);
    }
  }
  return out;
}

// Pods that are alike for every rule have the same key: one controller, one revision of its template, one node.
std::vector<std::string> pod_keys(const kube::Object& pod) {
  const std::optional<kube::ControllerRef> owner = pod.controller();
  const document::View metadata = pod.root()["metadata"];
  const std::string kin = owner ? owner->group + "/" + owner->kind + "/" + owner->name + "/" +
                                      metadata["labels"]["controller-revision-hash"].text() + "/" +
                                      pod.root()["spec"]["nodeName"].text()
                                : "Pod/" + pod.key().name;
  std::vector<std::string> keys;
  for (const std::string& claim : kube::claims_of(kube::template_of_pod(pod))) {
    keys.push_back(claim_prefix(pod.key().ns, claim) + kin);
  }
  return keys;
}

std::vector<std::string> autoscaler_keys(const kube::Object& autoscaler) {
  const kube::ObjectKey target = kube::scale_target(autoscaler);
  return {target_key(target.ns, target.kind, target.name)};
}

// Of each type. 50,000 Pods that mount claims, trimmed, measured 500 MiB (test/bench/memory.py); their number, of the
// 150,000 Pods that a cluster may have (kubernetes.io "Considerations for large clusters"), is small. Claims and the
// rest are a tenth of that size.
constexpr std::size_t kMaxObjects = 50'000;

}  // namespace

const std::array<WatchedType, kFactTypes>& watched_types() {
  static const std::array<WatchedType, kFactTypes> types = {{
      {{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true}, trim_claim, nullptr, false, kMaxObjects},
      {{"", "v1", "persistentvolumes", "PersistentVolume", false}, trim_volume, nullptr, false, kMaxObjects},
      {{"storage.k8s.io", "v1", "storageclasses", "StorageClass", false},
       trim_storage_class,
       nullptr,
       false,
       kMaxObjects},
      {{"warmgate.dev", "v1alpha1", "modelcaches", "ModelCache", true}, trim_model_cache, nullptr, true, kMaxObjects},
      {{"autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", true},
       trim_autoscaler,
       autoscaler_keys,
       false,
       kMaxObjects},
      {{"", "v1", "pods", "Pod", true}, trim_pod, pod_keys, false, kMaxObjects},
  }};
  return types;
}

std::string claim_prefix(std::string_view ns, std::string_view claim) {
  return std::string(ns).append("/").append(claim).append("/");
}

std::string target_key(std::string_view ns, std::string_view kind, std::string_view name) {
  return std::string(ns).append("/").append(kind).append("/").append(name);
}

}  // namespace warmgate::cluster
