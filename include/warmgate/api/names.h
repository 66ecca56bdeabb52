// Names that ModelCaches, their Jobs, and the Pods that wait for them are marked with: the admission webhook writes
// some of them, the controller reads them, and the reverse.
#pragma once

#include <string_view>

namespace warmgate::api {

// On Pods. The scheduling gate, and what a gated Pod waits for: "cache=org/name@commit", comma separated. The label
// stays after the gate has gone: it tells how many Pods were held.
inline constexpr std::string_view kGate = "warmgate.dev/model-cache";
inline constexpr std::string_view kGatedLabel = "warmgate.dev/gated";  // "true"
inline constexpr std::string_view kWaitsForAnnotation = "warmgate.dev/waits-for";
// On Pods that injection gave what a ModelCache has: "container=org/name@commit", comma separated.
inline constexpr std::string_view kModelsAnnotation = "warmgate.dev/models";

// On ModelCaches. The finalizer defers deletion while Pods use the files; kForceDelete "true" ends it whatever happens.
// Another value of kRetry starts a failed download again. kCreatedFor marks a ModelCache that policy made for Pods.
inline constexpr std::string_view kFinalizer = "warmgate.dev/model-cache";
inline constexpr std::string_view kForceDeleteAnnotation = "warmgate.dev/force-delete";
inline constexpr std::string_view kRetryAnnotation = "warmgate.dev/retry";
inline constexpr std::string_view kCreatedForAnnotation = "warmgate.dev/created-for";

// On Jobs and their Pods (labels, so that they can be listed), and on claims that the controller made.
inline constexpr std::string_view kManagedByLabel = "app.kubernetes.io/managed-by";  // "warmgate"
inline constexpr std::string_view kManagedBy = "warmgate";
inline constexpr std::string_view kTaskLabel = "warmgate.dev/task";  // kDownloadTask or kRemoveTask
inline constexpr std::string_view kDownloadTask = "download";
inline constexpr std::string_view kRemoveTask = "remove";
inline constexpr std::string_view kCacheUidLabel = "warmgate.dev/model-cache-uid";
inline constexpr std::string_view kClaimUidLabel = "warmgate.dev/claim-uid";  // of the claim that the Job writes to
inline constexpr std::string_view kSpecHashAnnotation = "warmgate.dev/spec-hash";
inline constexpr std::string_view kCacheNameAnnotation = "warmgate.dev/model-cache";

// The controller's Lease in its own namespace, its field manager, and its service account in deploy/webhook.
inline constexpr std::string_view kLeaseName = "warmgate-controller";
inline constexpr std::string_view kFieldManager = "warmgate-controller";

}  // namespace warmgate::api
