#include "cache_adoption.h"

#include <algorithm>
#include <utility>

#include "warmgate/api/hugging_face.h"
#include "warmgate/api/names.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/pod.h"
#include "warmgate/kube/workload.h"

namespace warmgate::cli {
namespace {

using document::View;
using models::ModelUse;
using models::TemplateReading;

constexpr std::size_t kMaxTold = 10;  // Jobs in a refusal
constexpr std::string_view kTokenVariable = "HF_TOKEN";

bool is_true(const kube::Object& job, std::string_view condition) {
  const std::vector<View> all = job.root()["status"]["conditions"].items();
  return std::any_of(all.begin(), all.end(), [&](const View& one) {
    return one["type"].text() == condition && one["status"].text() == "True";
  });
}

// Why a download by this command is not what a ModelCache holds; "" when it is.
std::string obstacle(const ModelUse& use) {
  const std::string what = use.repo.empty() ? "a model" : base::one_line(use.repo, 200);
  if (!use.verifiable()) {
    return "what it downloads cannot be read: " + use.unknown_reason;
  }
  if (!use.pinned()) {
    return "it downloads " + what + " at " +
           (use.revision.empty() ? "no revision" : "\"" + base::one_line(use.revision, 80) + "\"") +
           ", which pins nothing: whatever was newest then is on the claim; " + api::commit_command(what) +
           " tells today's commit, which may be another";
  }
  if (use.cache.local_dir) {
    return "it writes " + what + " as a plain folder (" + use.cache.decided_by +
           "), where no engine finds it by HF_HOME: download it again without that flag";
  }
  if (use.filter) {
    return "it downloads only some files of " + what + " (" + use.filter->text + ")";
  }
  if (use.cache.volume_path != "/hub") {
    return "it writes to " + use.cache.volume_path +
           " of the claim, and a ModelCache lies at /hub of it: HF_HOME must " +
           "be the path that the claim is mounted at, without a subPath";
  }
  return "";
}

std::string unfinished(const kube::Object& job) {
  if (is_true(job, "Complete")) {
    return "";
  }
  const std::string name = job.key().name;
  return is_true(job, "Failed") ? "it has failed, so the model may be there in part: kubectl logs job/" + name
                                : "it has not completed: kubectl wait --for=condition=complete job/" + name;
}

// The variable's Secret in one container: named for the variable, or a whole Secret as variables.
std::optional<api::SecretKey> token_of(const View& container) {
  for (const View& entry : container["env"].items()) {
    const View reference = entry["valueFrom"]["secretKeyRef"];
    if (entry["name"].text() == kTokenVariable && reference) {
      return api::SecretKey{reference["name"].text(), reference["key"].text()};
    }
  }
  std::vector<std::string> whole;
  for (const View& entry : container["envFrom"].items()) {
    if (entry["secretRef"] && entry["prefix"].text().empty()) {
      whole.push_back(entry["secretRef"]["name"].text());
    }
  }
  // Of several nothing tells which has the token.
  return whole.size() == 1 ? std::optional(api::SecretKey{whole[0], std::string(kTokenVariable)}) : std::nullopt;
}

CacheManifest manifest_of(const TemplateReading& reading, const ModelUse& use) {
  CacheManifest manifest;
  manifest.model = {use.repo, use.revision};
  manifest.claim = use.cache.volume->claim;
  manifest.mount_path = use.cache.mount->path;
  const View of_pod = reading.pod.spec["securityContext"];
  manifest.run_as_user = of_pod["runAsUser"].integer();
  manifest.fs_group = of_pod["fsGroup"].integer();
  if (const kube::Container* container = reading.containers.find(use.container)) {
    manifest.token = token_of(container->view);
    const std::optional<std::int64_t> user = container->view["securityContext"]["runAsUser"].integer();
    manifest.run_as_user = user ? user : manifest.run_as_user;
  }
  return manifest;
}

struct Found {
  std::vector<CacheManifest> models;   // each once
  std::vector<std::string> obstacles;  // "Job/x: why"
};

void look_at(const kube::Object& job, const Adoption& adoption, const models::Knowledge& knowledge, Found& found) {
  const auto refuse = [&](const std::string& why) {
    found.obstacles.push_back(std::string(job.display_name()).append(": ").append(why));
  };
  for (const TemplateReading& reading : models::read_workload(job, knowledge)) {
    for (const ModelUse& use : reading.uses) {
      const PinnedModel model{use.repo, use.revision};
      const bool here = use.verb == models::Verb::kDownload && use.role == models::Role::kWeights &&
                        use.cache.on_claim() && use.cache.volume->claim == adoption.claim;
      if (!here || (adoption.model && use.verifiable() && *adoption.model != model)) {
        continue;
      }
      std::string why = obstacle(use);
      why = why.empty() ? unfinished(job) : why;
      const bool known = std::any_of(found.models.begin(), found.models.end(),
                                     [&](const CacheManifest& one) { return one.model == model; });
      if (!why.empty()) {
        refuse(why);
      } else if (!known) {
        found.models.push_back(manifest_of(reading, use));
      }
    }
  }
}

bool mounts(const kube::Object& job, const std::string& claim) {
  const std::vector<View> volumes = job.root()["spec"]["template"]["spec"]["volumes"].items();
  return std::any_of(volumes.begin(), volumes.end(),
                     [&](const View& volume) { return volume["persistentVolumeClaim"]["claimName"].text() == claim; });
}

base::Error refusal(const Adoption& adoption, std::size_t jobs, Found& found) {
  const std::string which = adoption.model ? adoption.model->repo + "@" + adoption.model->revision : "a pinned model";
  if (found.obstacles.empty()) {
    const std::string wanted = adoption.model ? which : "REPO@COMMIT";
    return {"no Job on claim " + adoption.claim + " is known to have downloaded " + which + " (" +
            std::to_string(jobs) + " looked at); where the files are there all the same: warmgate cache create " +
            wanted + " --claim " + adoption.claim + ", whose download then finds them and fetches nothing twice"};
  }
  const std::size_t all = found.obstacles.size();
  found.obstacles.resize(std::min(all, kMaxTold));
  return {"nothing on claim " + adoption.claim + " can be adopted: " + base::join(found.obstacles, "; ") +
          (all > kMaxTold ? "; and " + std::to_string(all - kMaxTold) + " more" : "")};
}

}  // namespace

base::Result<CacheManifest> adopt(const Adoption& adoption, const std::vector<kube::Object>& jobs,
                                  const models::Knowledge& knowledge) {
  Found found;
  std::size_t looked_at = 0;
  for (const kube::Object& job : jobs) {
    const bool named = adoption.job.empty() || job.key().name == adoption.job;
    // Our own Jobs have a ModelCache.
    if (named && mounts(job, adoption.claim) && job.labels()[std::string(api::kManagedByLabel)] != api::kManagedBy) {
      ++looked_at;
      look_at(job, adoption, knowledge, found);
    }
  }
  if (found.models.empty()) {
    return refusal(adoption, looked_at, found);
  }
  if (found.models.size() > 1) {
    std::string choices;
    for (const CacheManifest& one : found.models) {
      choices.append(choices.empty() ? "" : ", ").append(one.model.repo).append("@").append(one.model.revision);
    }
    return base::Error{"claim " + adoption.claim + " holds several models; say which one: " + choices};
  }
  return found.models.front();
}

}  // namespace warmgate::cli
