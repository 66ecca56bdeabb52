#include "job_pod.h"

#include <nlohmann/json.hpp>

#include "warmgate/base/embedded.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/pod.h"

namespace warmgate::controller {
namespace {

using document::Json;

// Nobody's on most systems (distroless images call it nonroot): the image's own user is root, which restricted
// PodSecurity refuses.
constexpr std::int64_t kDefaultId = 65'532;
constexpr std::string_view kClaimVolume = "model-cache";
constexpr std::string_view kWorkVolume = "work";

// A folder that the claim's mount does not hide.
std::string work_path(const api::ModelCacheSpec& spec) {
  return kube::path_within(spec.cache.mount_path, "/warmgate") ? "/work" : "/warmgate";
}

std::string without_comments(std::string_view script) {
  std::string out;
  for (const std::string_view line : base::split(script, '\n')) {
    if (const std::string_view text = base::trim(line); !text.empty() && !text.starts_with('#')) {
      out.append(line).append("\n");
    }
  }
  return out;
}

Json requirements(const std::vector<std::string>& zones, const models::Accelerators& accelerators) {
  Json out = Json::array();
  for (const std::string& label : accelerators.node_labels()) {
    if (label.find('*') != std::string::npos) {
      continue;
    }
    // Of these every node may have one: node-feature-discovery and GPU feature discovery write "true" and "false".
    const bool flag = label.ends_with(".present");
    out.push_back(flag ? Json{{"key", label}, {"operator", "NotIn"}, {"values", {"true"}}}
                       : Json{{"key", label}, {"operator", "DoesNotExist"}});
  }
  if (!zones.empty()) {
    out.push_back({{"key", "topology.kubernetes.io/zone"}, {"operator", "In"}, {"values", zones}});
  }
  return out;
}

// The member as an object, whatever was there.
Json& object_at(Json& parent, const char* name) {
  Json& member = parent[name];
  if (!member.is_object()) {
    member = Json::object();
  }
  return member;
}

// The terms of a node affinity are alternatives, so each of them gets the requirements.
Json affinity_of(const JobInput& input, const models::Accelerators& accelerators) {
  Json affinity = input.spec.download.affinity ? *input.spec.download.affinity : Json::object();
  Json& required = object_at(object_at(affinity, "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution");
  const Json more = requirements(input.zones, accelerators);
  Json& terms = required["nodeSelectorTerms"];
  if (!terms.is_array() || terms.empty()) {
    terms = Json::array({{{"matchExpressions", more}}});
    return affinity;
  }
  for (Json& term : terms) {
    if (!term.is_object() || term.empty()) {
      continue;  // an empty term matches no node, and must not come to match some
    }
    Json& expressions = term["matchExpressions"];
    if (!expressions.is_array()) {
      expressions = Json::array();
    }
    expressions.insert(expressions.end(), more.begin(), more.end());
  }
  return affinity;
}

Json pod_security(const api::DownloadSpec& download) {
  const std::int64_t user = download.run_as_user.value_or(kDefaultId);
  const std::int64_t group = download.fs_group.value_or(kDefaultId);
  Json out = {{"runAsUser", user},
              {"runAsNonRoot", user != 0},
              {"fsGroup", group},
              // Without it kubelet walks through all files of the volume before each Pod.
              {"fsGroupChangePolicy", "OnRootMismatch"},
              {"seccompProfile", {{"type", "RuntimeDefault"}}}};
  if (user != 0) {
    out["runAsGroup"] = group;  // the files' group too where the volume's driver knows no fsGroup
  }
  return out;
}

}  // namespace

Variables common_variables(const api::ModelCacheSpec& spec) {
  const std::string work = work_path(spec);
  return {{"MODEL_NAME", spec.cache.repo},
          {"MODEL_REVISION", spec.cache.revision},
          {"HF_HOME", spec.cache.mount_path},
          {"HOME", work},
          {"TMPDIR", work},
          {"WARMGATE_WORK", work}};
}

Json env_of(const Variables& variables) {
  Json out = Json::array();
  for (const auto& [name, value] : variables) {
    std::string literal;
    for (const char c : value) {
      literal.append(c == '$' ? "$$" : std::string(1, c));  // third_party/forked/golang/expansion of Kubernetes
    }
    out.push_back({{"name", name}, {"value", literal}});
  }
  return out;
}

Json container_of(const api::ModelCacheSpec& spec, std::string_view script, Json env, Json resources) {
  const std::string image = spec.download.image.empty() ? "python:3.10-slim" : spec.download.image;
  return {
      {"name", kContainer},
      {"image", image},
      {"command", {"sh", "-c"}},
      {"args", {without_comments(base::embedded_file(script).value_or(""))}},
      {"env", std::move(env)},
      {"resources", std::move(resources)},
      {"volumeMounts",
       {{{"name", kClaimVolume}, {"mountPath", spec.cache.mount_path}},
        {{"name", kWorkVolume}, {"mountPath", work_path(spec)}}}},
      // The log tells it where the container ended before it could (out of memory).
      {"terminationMessagePolicy", "FallbackToLogsOnError"},
      {"securityContext",
       {{"allowPrivilegeEscalation", false}, {"readOnlyRootFilesystem", true}, {"capabilities", {{"drop", {"ALL"}}}}}}};
}

Json pod_of(const JobInput& input, const models::Accelerators& accelerators, Json container) {
  const api::DownloadSpec& download = input.spec.download;
  Json pod = {{"restartPolicy", "Never"},
              {"automountServiceAccountToken", false},
              {"enableServiceLinks", false},
              {"securityContext", pod_security(download)},
              {"affinity", affinity_of(input, accelerators)},
              {"containers", Json::array({std::move(container)})},
              {"volumes",
               {{{"name", kClaimVolume}, {"persistentVolumeClaim", {{"claimName", input.spec.cache.claim}}}},
                // huggingface_hub and what it needs take about 100 MB.
                {{"name", kWorkVolume}, {"emptyDir", {{"sizeLimit", "2Gi"}}}}}}};
  if (download.node_selector) {
    pod["nodeSelector"] = *download.node_selector;
  }
  if (download.tolerations) {
    pod["tolerations"] = *download.tolerations;
  }
  if (download.image_pull_secrets) {
    pod["imagePullSecrets"] = *download.image_pull_secrets;
  }
  return pod;
}

}  // namespace warmgate::controller
