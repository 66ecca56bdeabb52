#include "controller/runtime.h"

#include <algorithm>

#include "warmgate/api/names.h"
#include "warmgate/controller/executor.h"

namespace warmgate::testing {
namespace {

using controller::Note;
using controller::Plan;
using controller::Write;
using document::View;

std::string job_of(const kube::Object& cache) { return cache.key().name + "-job"; }

const kube::Object* find(const std::vector<kube::Object>& objects, const std::string& name) {
  const auto found = std::find_if(objects.begin(), objects.end(),
                                  [&](const kube::Object& object) { return object.key().name == name; });
  return found == objects.end() ? nullptr : &*found;
}

std::string version_of(const kube::Object& object) { return object.root()["metadata"]["resourceVersion"].text(); }

void write_status(Plan& plan, const kube::Object& cache, const std::string& phase) {
  if (cache.root()["status"]["phase"].text() == phase) {
    return;
  }
  plan.notes.push_back({cache.key(), cache.api_version(), cache.root()["metadata"]["uid"].text(), Note::Type::kNormal,
                        phase, "It is " + phase + ".", ""});
  Write write;
  write.verb = Write::Verb::kApplyStatus;
  write.resource = controller::model_caches();
  write.ns = cache.key().ns;
  write.name = cache.key().name;
  write.body = std::make_shared<const Json>(Json{{"status", {{"phase", phase}}}});
  write.preconditions.resource_version = version_of(cache);
  plan.writes.push_back(std::move(write));
}

void write_job(Plan& plan, const kube::Object& cache, const std::string& claim_uid) {
  Write write;
  write.verb = Write::Verb::kCreateJob;
  write.resource = controller::jobs();
  write.ns = cache.key().ns;
  write.name = job_of(cache);
  const std::string claim = controller::claim_of_cache(cache);
  const Json volume = {{"name", "cache"}, {"persistentVolumeClaim", {{"claimName", claim}}}};
  write.body = std::make_shared<const Json>(Json{
      {"metadata",
       {{"name", write.name}, {"labels", {{api::kClaimUidLabel, claim_uid}, {api::kTaskLabel, api::kDownloadTask}}}}},
      {"spec", {{"template", {{"spec", {{"volumes", {volume}}}}}}}}});
  plan.writes.push_back(std::move(write));
}

Plan plan_claim(const controller::ObservedClaim& seen, const controller::Settings& /*settings*/,
                controller::WallTime /*now*/) {
  Plan plan;
  const bool busy = std::any_of(seen.jobs.begin(), seen.jobs.end(),
                                [](const kube::Object& job) { return controller::is_active_job(job.root()); });
  bool made = false;
  for (const kube::Object& cache : seen.caches) {
    const kube::Object* job = find(seen.jobs, job_of(cache));
    if (job != nullptr && !controller::is_active_job(job->root())) {
      write_status(plan, cache, "Ready");
    } else if (job == nullptr && seen.claim && !busy && !made) {
      made = true;
      write_job(plan, cache, seen.claim->root()["metadata"]["uid"].text());
      write_status(plan, cache, "Downloading");
    }
  }
  return plan;
}

Plan plan_pod(const controller::ObservedPod& seen, const controller::Settings& /*settings*/,
              controller::WallTime /*now*/) {
  Plan plan;
  const bool ready = std::all_of(seen.caches.begin(), seen.caches.end(), [](const kube::Object& cache) {
    return cache.root()["status"]["phase"].text() == "Ready";
  });
  if (ready && !seen.caches.empty()) {
    Write write;
    write.verb = Write::Verb::kJsonPatch;
    write.resource = controller::pods();
    write.ns = seen.pod.key().ns;
    write.name = seen.pod.key().name;
    write.body = std::make_shared<const Json>(
        Json{{{"op", "test"}, {"path", "/spec/schedulingGates/0/name"}, {"value", api::kGate}},
             {{"op", "remove"}, {"path", "/spec/schedulingGates/0"}}});
    plan.writes.push_back(std::move(write));
  }
  return plan;
}

}  // namespace

controller::Planners simple_planners() {
  return {plan_claim, plan_pod, [](std::string_view, const auto&, controller::WallTime) { return std::nullopt; }};
}

Json cache_on(const std::string& name, const std::string& claim) {
  return {{"metadata", {{"name", name}, {"namespace", "llm"}}}, {"spec", {{"storage", {{"claimName", claim}}}}}};
}

Json bound_claim(const std::string& name) {
  return {{"metadata", {{"name", name}, {"namespace", "llm"}}}, {"status", {{"phase", "Bound"}}}};
}

Json gated_pod(const std::string& name, const std::string& cache) {
  const std::string commit = "9216db5781bf21249d130ec9da846c4624c16137";
  return {{"metadata",
           {{"name", name},
            {"namespace", "llm"},
            {"annotations", {{api::kWaitsForAnnotation, cache + "=Qwen/Qwen3-32B@" + commit}}}}},
          {"spec", {{"schedulingGates", {{{"name", api::kGate}}}}, {"containers", {{{"name", "vllm"}}}}}}};
}

void complete_jobs(FakeCluster& cluster) {
  for (const Json& job : cluster.all(controller::jobs())) {
    if (controller::is_active_job(View(job))) {
      const Json& metadata = job["metadata"];
      cluster.change(controller::jobs(), metadata["namespace"], metadata["name"], [](Json& changed) {
        changed["status"]["conditions"] = {{{"type", "Complete"}, {"status", "True"}}};
      });
    }
  }
}

bool all_ready(const FakeCluster& cluster, std::size_t count) {
  const std::vector<Json> caches = cluster.all(controller::model_caches());
  return caches.size() == count && std::all_of(caches.begin(), caches.end(), [](const Json& cache) {
           return View(cache)["status"]["phase"].text() == "Ready";
         });
}

std::size_t active_jobs(const FakeCluster& cluster, const std::string& claim_uid) {
  const std::vector<Json> jobs = cluster.all(controller::jobs());
  return static_cast<std::size_t>(std::count_if(jobs.begin(), jobs.end(), [&](const Json& job) {
    return View(job)["metadata"]["labels"][api::kClaimUidLabel].text() == claim_uid &&
           controller::is_active_job(View(job));
  }));
}

}  // namespace warmgate::testing
