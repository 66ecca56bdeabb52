#include "spec_checks.h"

#include <algorithm>
#include <array>

namespace warmgate::api {
namespace {

using document::View;

constexpr std::size_t kMaxName = 253;           // of objects and keys of Secrets
constexpr std::int64_t kMaxId = 2'147'483'647;  // IsValidUserID, k8s.io/apimachinery pkg/util/validation
constexpr std::int64_t kMaxSeconds = std::int64_t{366} * 86'400;  // a download that takes longer has no deadline
constexpr std::int64_t kMaxRetries = 100;
constexpr std::int64_t kMaxWorkers = 256;

// What the download sets itself: another value would put the files elsewhere, or make the token a part of the manifest.
constexpr std::array<std::string_view, 16> kReserved = {"HF_HOME",
                                                        "HF_HUB_CACHE",
                                                        "HUGGINGFACE_HUB_CACHE",
                                                        "HF_XET_CACHE",
                                                        "HF_XET_HIGH_PERFORMANCE",
                                                        "HF_TOKEN",
                                                        "HUGGING_FACE_HUB_TOKEN",
                                                        "HF_TOKEN_PATH",
                                                        "HF_ENDPOINT",
                                                        "HF_HUB_OFFLINE",
                                                        "TRANSFORMERS_OFFLINE",
                                                        "HF_HUB_DISABLE_PROGRESS_BARS",
                                                        "MODEL_NAME",
                                                        "MODEL_REVISION",
                                                        "HOME",
                                                        "TMPDIR"};

void check_resources(const View& resources, FieldChecks& checks) {
  constexpr std::array<std::string_view, 3> kNames = {"cpu", "memory", "ephemeral-storage"};
  checks.object(resources);
  for (const char* part : {"requests", "limits"}) {
    checks.object(resources[part]);
    for (const auto& [name, amount] : resources[part].members()) {
      if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
        checks.fail(amount, "has no place in a download", "it takes cpu, memory and ephemeral-storage, no devices");
      }
      checks.quantity(amount, 0);
    }
  }
}

void check_env(const View& env, FieldChecks& checks) {
  constexpr std::size_t kMaxVariables = 128;
  constexpr std::size_t kMaxVariableName = 256;
  constexpr std::size_t kMaxValue = 8192;
  for (const View& item : checks.objects(env, kMaxVariables)) {
    const std::string name = item["name"].text();
    if (name.empty() || name.size() > kMaxVariableName || name.find('=') != std::string::npos) {
      checks.fail(item["name"], "must be the name of a variable");
    } else if (name.starts_with("WARMGATE_") ||
               std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) {
      checks.fail(item["name"], "is " + name + ", which the download sets itself",
                  "see mountPath, download.highPerformance, source.huggingFace.endpoint and tokenSecretRef");
    }
    checks.text(item["value"], 0, kMaxValue);
    checks.object(item["valueFrom"]);
  }
}

}  // namespace

void check_new_claim(const View& create, FieldChecks& checks) {
  constexpr std::array<std::string_view, 4> kModes = {"ReadWriteMany", "ReadWriteOnce", "ReadOnlyMany",
                                                      "ReadWriteOncePod"};
  checks.text(create["storageClassName"], 0, kMaxName);  // "": volumes without a class
  checks.quantity(create["size"], 1);
  checks.lines(create["accessModes"], kModes.size(), kMaxName);
  for (const View& mode : create["accessModes"].items()) {
    checks.one_of(mode, kModes);
  }
}

void check_download(const View& download, FieldChecks& checks) {
  constexpr std::size_t kMaxImage = 1024;
  constexpr std::size_t kMaxTolerations = 64;
  constexpr std::size_t kMaxPullSecrets = 16;
  checks.object(download);
  checks.text(download["image"], 1, kMaxImage);
  checks.flag(download["highPerformance"]);
  checks.integer(download["backoffLimit"], 0, kMaxRetries);
  checks.integer(download["activeDeadlineSeconds"], 1, kMaxSeconds);
  checks.integer(download["maxWorkers"], 1, kMaxWorkers);
  checks.integer(download["runAsUser"], 0, kMaxId);
  checks.integer(download["fsGroup"], 0, kMaxId);
  check_resources(download["resources"], checks);
  checks.text_map(download["nodeSelector"]);
  for (const View& toleration : checks.objects(download["tolerations"], kMaxTolerations)) {
    constexpr std::array<std::string_view, 2> kOperators = {"Exists", "Equal"};
    constexpr std::array<std::string_view, 3> kEffects = {"NoSchedule", "PreferNoSchedule", "NoExecute"};
    checks.one_of(toleration["operator"], kOperators);
    checks.one_of(toleration["effect"], kEffects);
  }
  checks.object(download["affinity"]);
  for (const View& secret : checks.objects(download["imagePullSecrets"], kMaxPullSecrets)) {
    if (secret["name"].text().empty() || secret["name"].text().size() > kMaxName) {
      checks.fail(secret["name"], "must be the name of a Secret");
    }
  }
  check_env(download["env"], checks);
}

}  // namespace warmgate::api
