#include "pod_outcome.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "warmgate/base/text.h"
#include "warmgate/controller/download_job.h"
#include "warmgate/controller/download_report.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using document::View;

// Those of pkg/kubelet/images and kuberuntime that are about an image.
constexpr std::array<std::string_view, 6> kImageReasons = {"ErrImagePull",      "ImagePullBackOff",
                                                           "InvalidImageName",  "ErrImageNeverPull",
                                                           "ImageInspectError", "RegistryUnavailable"};

// The download's Pod has one container; a service mesh may add others behind it.
View container_status(const kube::Object& pod) { return pod.root()["status"]["containerStatuses"].at(0); }

View terminated(const kube::Object& pod) { return container_status(pod)["state"]["terminated"]; }

std::string with(const std::string& what, const std::string& detail) {
  return detail.empty() ? what : what + ": " + detail;
}

std::optional<PodTrouble> scheduling_trouble(const kube::Object& pod) {
  const View condition = find_condition(pod, "PodScheduled");
  if (condition["status"].text() != "False" || condition["reason"].text() != "Unschedulable") {
    return std::nullopt;
  }
  return PodTrouble{"DownloadUnschedulable", with("no node takes " + pod.display_name(), condition["message"].text())};
}

std::optional<PodTrouble> container_trouble(const kube::Object& pod) {
  const View waiting = container_status(pod)["state"]["waiting"];
  const std::string reason = waiting["reason"].text();
  const std::string message = waiting["message"].text();
  if (reason.empty() || reason == "ContainerCreating" || reason == "PodInitializing") {
    return std::nullopt;
  }
  if (std::find(kImageReasons.begin(), kImageReasons.end(), reason) != kImageReasons.end()) {
    return PodTrouble{"ImagePullFailed",
                      with("the image of " + pod.display_name() + " cannot be pulled (" + reason + ")", message)};
  }
  // kubelet, pkg/kubelet/kubelet_pods.go makeEnvironmentVariables: `secret "hf" not found`, `couldn't find key HF_TOKEN
  // in Secret llm/hf`.
  const bool secret = base::to_lower(message).find("secret") != std::string::npos;
  return PodTrouble{reason == "CreateContainerConfigError" && secret ? "AuthSecretMissing" : "PodForbidden",
                    with("the kubelet cannot start " + pod.display_name() + " (" + reason + ")", message)};
}

}  // namespace

std::optional<PodTrouble> waiting_trouble(const kube::Object& pod) {
  std::optional<PodTrouble> trouble = scheduling_trouble(pod);
  return trouble ? trouble : container_trouble(pod);
}

std::optional<PodTrouble> disruption_of(const kube::Object& pod) {
  const std::string pod_reason = pod.root()["status"]["reason"].text();
  // Of drains, preemption, taints, a lost node (KEP-3329); the reason alone before that, and when a node runs short.
  const View disruption = find_condition(pod, "DisruptionTarget");
  if (disruption["status"].text() != "True" && pod_reason != "Evicted" && pod_reason != "NodeLost") {
    return std::nullopt;
  }
  const std::string why = with(
      disruption["reason"].text().empty() ? pod_reason : disruption["reason"].text(),
      disruption["message"].text().empty() ? pod.root()["status"]["message"].text() : disruption["message"].text());
  return PodTrouble{"DownloadEvicted", pod.display_name() + " was taken off its node (" + why + ")"};
}

PodTrouble failure_of(const kube::Object& pod) {
  const View end = terminated(pod);
  const std::string name = pod.display_name();
  const std::string pod_reason = pod.root()["status"]["reason"].text();
  if (end["reason"].text() == "OOMKilled") {
    return {"DownloadOOMKilled", name + " was killed because it used more memory than its limit"};
  }
  if (std::optional<PodTrouble> disruption = disruption_of(pod)) {
    return std::move(*disruption);
  }
  if (const std::optional<DownloadResult> result = read_result(termination_message(pod)); result && !result->done) {
    // A reason that is not one of ours would be a word that no page explains.
    for (const DownloadExit code :
         {DownloadExit::kGated, DownloadExit::kRevisionNotFound, DownloadExit::kChecksumMismatch,
          DownloadExit::kOutOfSpace, DownloadExit::kPermissionDenied}) {
      if (exit_reason(static_cast<int>(code)) == result->reason) {
        return {result->reason, with(name, result->message)};
      }
    }
    return {"", with(name, result->message)};
  }
  const std::optional<std::int64_t> code = end["exitCode"].integer();
  if (!code) {
    return {"", with(name + " failed", with(pod_reason, pod.root()["status"]["message"].text()))};
  }
  return {std::string(exit_reason(static_cast<int>(*code))), name + " ended with exit code " + std::to_string(*code)};
}

bool ended_for_good(const kube::Object& pod) {
  return !exit_reason(static_cast<int>(terminated(pod)["exitCode"].integer().value_or(0))).empty();
}

std::optional<WallTime> started_at(const kube::Object& pod) {
  const View state = container_status(pod)["state"];
  const View place = state["running"] ? state["running"] : state["terminated"];
  return kube::read_time(place["startedAt"].text());
}

std::string termination_message(const kube::Object& pod) { return terminated(pod)["message"].text(); }

}  // namespace warmgate::controller
