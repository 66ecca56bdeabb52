#include "claim_jobs.h"

#include <algorithm>
#include <set>
#include <utility>

#include "warmgate/api/names.h"
#include "warmgate/kube/pod.h"

namespace warmgate::controller {
namespace {

using document::View;

bool names_claim(const View& pod_spec, const std::string& claim) {
  const std::vector<View> volumes = pod_spec["volumes"].items();
  return std::any_of(volumes.begin(), volumes.end(),
                     [&](const View& volume) { return volume["persistentVolumeClaim"]["claimName"].text() == claim; });
}

// A container mounts the claim, and neither the mount nor the volume is read-only.
bool mounts_writable(const View& pod_spec, const std::string& claim) {
  std::set<std::string> volumes;
  for (const View& volume : pod_spec["volumes"].items()) {
    const View source = volume["persistentVolumeClaim"];
    if (source["claimName"].text() == claim && !source["readOnly"].boolean().value_or(false)) {
      volumes.insert(volume["name"].text());
    }
  }
  for (const kube::Container& container : kube::containers(pod_spec)) {
    for (const kube::Mount& mount : kube::mounts(container)) {
      if (!mount.read_only && volumes.contains(mount.volume)) {
        return true;
      }
    }
  }
  return false;
}

// The whole repository at a commit, into the hub cache that lies at the root of the claim, as ours does.
bool fetches_whole(const models::ModelUse& use, const std::string& claim) {
  return use.verb == models::Verb::kDownload && use.role == models::Role::kWeights && use.verifiable() &&
         use.pinned() && !use.filter && use.cache.known && use.cache.on_claim() && !use.cache.local_dir &&
         use.cache.volume->claim == claim && use.cache.volume_path == "/hub";
}

// A Job that serves a model and mounts the cache writable waits for the model, so the download must not wait for it.
bool only_serves(const std::vector<models::ModelUse>& uses) {
  return !uses.empty() && std::all_of(uses.begin(), uses.end(),
                                      [](const models::ModelUse& use) { return use.verb == models::Verb::kServe; });
}

void read_commands(ClaimJob& job, const ObservedClaim& observed, const Settings& settings) {
  for (const models::TemplateReading& reading : models::read_workload(job.object, settings.knowledge)) {
    for (const models::ModelUse& use : reading.uses) {
      if (fetches_whole(use, observed.claim_name)) {
        job.fetches.push_back(use.repo + "@" + use.revision);
      }
    }
    job.writes = job.writes && !only_serves(reading.uses);
  }
}

ClaimJob::State state_of(const kube::Object& job) {
  if (has_condition(job, "Complete")) {
    return ClaimJob::State::kComplete;
  }
  return has_condition(job, "Failed") ? ClaimJob::State::kFailed : ClaimJob::State::kActive;
}

// A suspended Job has no Pods but those that are still ending.
bool runs(const kube::Object& job) {
  return !job.root()["spec"]["suspend"].boolean().value_or(false) ||
         job.root()["status"]["active"].integer().value_or(0) > 0;
}

bool belongs_to(const kube::Object& pod, const std::string& job_uid) {
  const std::vector<View> owners = pod.root()["metadata"]["ownerReferences"].items();
  return std::any_of(owners.begin(), owners.end(), [&](const View& owner) { return owner["uid"].text() == job_uid; });
}

}  // namespace

std::vector<ClaimJob> read_jobs(const ObservedClaim& observed, const Settings& settings, bool read_others) {
  std::vector<ClaimJob> jobs;
  for (const kube::Object& object : observed.jobs) {
    ClaimJob job{.object = object, .state = state_of(object), .being_deleted = is_being_deleted(object)};
    const bool ours = label_of(object, api::kManagedByLabel) == api::kManagedBy;
    // One of ours that a queue holds is let go when the queue likes: nothing else may have begun by then.
    job.writes = job.active() && (ours || runs(object)) &&
                 mounts_writable(object.root()["spec"]["template"]["spec"], observed.claim_name);
    if (ours) {
      job.task = label_of(object, api::kTaskLabel);
      job.cache_uid = label_of(object, api::kCacheUidLabel);
      job.claim_uid = label_of(object, api::kClaimUidLabel);
    } else if (read_others) {
      read_commands(job, observed, settings);
    }
    jobs.push_back(std::move(job));
  }
  return jobs;
}

std::vector<Writer> active_writers(const ObservedClaim& observed, const std::vector<ClaimJob>& jobs) {
  std::vector<Writer> writers;
  std::set<std::string> counted;
  for (const ClaimJob& job : jobs) {
    if (job.writes) {
      writers.push_back({job.object.display_name(), &job});
      counted.insert(job.uid());
    }
  }
  // The Pod of a Job that was deleted runs on until the kubelet has ended it.
  for (const kube::Object& pod : observed.pods) {
    const bool ours =
        !label_of(pod, api::kTaskLabel).empty() && !has_ended(pod) && mounts_claim(pod, observed.claim_name);
    if (ours && std::none_of(counted.begin(), counted.end(), [&](const auto& uid) { return belongs_to(pod, uid); })) {
      writers.push_back({pod.display_name(), nullptr});
    }
  }
  return writers;
}

std::vector<const kube::Object*> pods_of(const ObservedClaim& observed, const ClaimJob& job) {
  std::vector<const kube::Object*> pods;
  const std::string uid = job.uid();
  for (const kube::Object& pod : observed.pods) {
    if (belongs_to(pod, uid)) {
      pods.push_back(&pod);
    }
  }
  std::sort(pods.begin(), pods.end(), [](const kube::Object* a, const kube::Object* b) {
    const auto age = [](const kube::Object* pod) { return std::pair(created_at(*pod), pod->key().name); };
    return age(a) < age(b);
  });
  return pods;
}

bool has_ended(const kube::Object& pod) {
  const std::string phase = pod.root()["status"]["phase"].text();
  return phase == "Succeeded" || phase == "Failed";
}

bool mounts_claim(const kube::Object& pod, const std::string& claim) { return names_claim(pod.root()["spec"], claim); }

Write delete_job(const ClaimJob& job, const std::string& why) {
  return {Write::Verb::kDelete,
          jobs(),
          job.object.key().ns,
          job.name(),
          nullptr,
          {job.uid(), ""},
          job.object.display_name() + ": " + why};
}

}  // namespace warmgate::controller
