#include "controller/claim_world.h"

#include <gtest/gtest.h>

#include <utility>

#include "support/world.h"
#include "warmgate/api/names.h"

namespace warmgate::testing {
namespace {

using controller::Plan;
using controller::Write;
using document::View;

const cluster::PatchOptions kAsController{"", std::string(api::kFieldManager), true};
const cluster::PatchOptions kStatusAsController{"status", std::string(api::kFieldManager), true};

Json merged(Json object, const std::string& patch) {
  object.merge_patch(Json::parse(patch));
  return object;
}

std::vector<kube::Object> objects_of(const FakeCluster& cluster, const cluster::Resource& resource) {
  std::vector<kube::Object> out;
  for (Json& json : cluster.all(resource)) {
    out.emplace_back(document::Document(std::move(json)));
  }
  return out;
}

Json volume_of(const std::string& claim, bool read_only) {
  return {{"name", "cache"}, {"persistentVolumeClaim", {{"claimName", claim}, {"readOnly", read_only}}}};
}

// Preconditions go where the controller puts them: into the body.
Json with_preconditions(const Write& write) {
  Json body = *write.body;
  if (!write.preconditions.uid.empty()) {
    body["metadata"]["uid"] = write.preconditions.uid;
  }
  if (!write.preconditions.resource_version.empty()) {
    body["metadata"]["resourceVersion"] = write.preconditions.resource_version;
  }
  return body;
}

bool carried_out(FakeCluster& cluster, const Write& write) {
  switch (write.verb) {
    case Write::Verb::kCreate:
    case Write::Verb::kCreateJob: {
      const auto created = cluster.create(write.resource, write.ns, *write.body);
      return created.ok() || created.error().reason == "AlreadyExists";
    }
    case Write::Verb::kApply:
      return cluster
          .patch(write.resource, write.ns, write.name, cluster::PatchType::kApply, with_preconditions(write),
                 kAsController)
          .ok();
    case Write::Verb::kApplyStatus:
      return cluster
          .patch(write.resource, write.ns, write.name, cluster::PatchType::kApply, with_preconditions(write),
                 kStatusAsController)
          .ok();
    case Write::Verb::kJsonPatch:
      return cluster.patch(write.resource, write.ns, write.name, cluster::PatchType::kJson, *write.body, kAsController)
          .ok();
    case Write::Verb::kDelete: {
      const auto removed = cluster.remove(write.resource, write.ns, write.name, write.preconditions);
      return removed.ok() || removed.error().not_found();
    }
  }
  return false;
}

}  // namespace

ClaimWorld::ClaimWorld() : settings{knowledge(), policy_with()}, now(kube::read_time("2026-11-26T12:00:00Z").value()) {
  cluster.set_time(now);
  add_class("standard-rwx", "filestore.csi.storage.gke.io");
}

void ClaimWorld::add_cache(const std::string& name, const std::string& patch) {
  const Json cache = {{"metadata",
                       {{"name", name},
                        {"namespace", "llm"},
                        {"uid", "uid-" + name},
                        {"creationTimestamp", kube::to_time(now + std::chrono::seconds(caches_++))},
                        {"finalizers", Json::array({std::string(api::kFinalizer)})}}},
                      {"spec",
                       {{"source", {{"huggingFace", {{"repo", "Qwen/Qwen3-32B"}, {"revision", kCommit}}}}},
                        {"storage", {{"claimName", "model-cache"}}}}}};
  cluster.put(controller::model_caches(), merged(cache, patch));
}

void ClaimWorld::add_claim(const std::string& patch) {
  const Json claim = {{"metadata", {{"name", "model-cache"}, {"namespace", "llm"}}},
                      {"spec",
                       {{"accessModes", Json::array({"ReadWriteMany"})},
                        {"storageClassName", "standard-rwx"},
                        {"volumeName", "pv-1"},
                        {"resources", {{"requests", {{"storage", "1Ti"}}}}}}},
                      {"status", {{"phase", "Bound"}, {"accessModes", Json::array({"ReadWriteMany"})}}}};
  cluster.put(controller::claims(), merged(claim, patch));
}

void ClaimWorld::add_class(const std::string& name, const std::string& provisioner, const std::string& patch) {
  const Json made = {{"metadata", {{"name", name}}}, {"provisioner", provisioner}, {"volumeBindingMode", "Immediate"}};
  cluster.put(kClasses, merged(made, patch));
}

void ClaimWorld::add_node(const std::string& name, const std::string& zone, bool gpu) {
  Json allocatable = {{"cpu", "16"}, {"memory", "128Gi"}};
  if (gpu) {
    allocatable["nvidia.com/gpu"] = "8";
  }
  cluster.put(kNodes,
              {{"metadata", {{"name", name}, {"labels", {{"topology.kubernetes.io/zone", zone}}}}},
               {"status", {{"allocatable", allocatable}, {"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}}});
}

void ClaimWorld::add_pod(const std::string& name, const std::string& patch) {
  const Json pod = {{"metadata", {{"name", name}, {"namespace", "llm"}}},
                    {"spec",
                     {{"containers",
                       {{{"name", "vllm"},
                         {"image", "vllm/vllm-openai:v0.11.0"},
                         {"volumeMounts", {{{"name", "cache"}, {"mountPath", "/cache"}, {"readOnly", true}}}}}}},
                      {"volumes", Json::array({volume_of("model-cache", true)})}}},
                    {"status", {{"phase", "Running"}}}};
  cluster.put(controller::pods(), merged(pod, patch));
}

void ClaimWorld::add_foreign_job(const std::string& name, const std::string& commit, const std::string& patch) {
  const Json job = {
      {"metadata", {{"name", name}, {"namespace", "llm"}}},
      {"spec",
       {{"backoffLimit", 3},
        {"template",
         {{"spec",
           {{"restartPolicy", "Never"},
            {"containers",
             {{{"name", "download"},
               {"image", "python:3.10-slim"},
               {"command", {"sh", "-c"}},
               {"args",
                Json::array({"pip install huggingface_hub==1.22.0\nhf download Qwen/Qwen3-32B --revision " + commit})},
               {"env", {{{"name", "HF_HOME"}, {"value", "/cache/huggingface"}}}},
               {"volumeMounts", {{{"name", "cache"}, {"mountPath", "/cache/huggingface"}}}}}}},
            {"volumes", Json::array({volume_of("model-cache", false)})}}}}}}},
      {"status", {{"active", 1}, {"startTime", kube::to_time(now)}}}};
  cluster.put(controller::jobs(), merged(job, patch));
}

void ClaimWorld::edit(const cluster::Resource& resource, const std::string& name, const std::string& patch) {
  cluster.change(resource, resource.namespaced ? "llm" : "", name,
                 [&](Json& object) { object.merge_patch(Json::parse(patch)); });
}

void ClaimWorld::run_pod(const std::string& job, const std::string& pod, const std::string& status) {
  const Json owner = object(controller::jobs(), job);
  Json made = {{"metadata",
                {{"name", pod},
                 {"namespace", "llm"},
                 {"creationTimestamp", kube::to_time(now)},
                 {"labels", owner["metadata"].value("labels", Json::object())},
                 {"ownerReferences",
                  {{{"apiVersion", "batch/v1"},
                    {"kind", "Job"},
                    {"name", job},
                    {"uid", owner["metadata"]["uid"]},
                    {"controller", true}}}}}},
               {"spec", owner["spec"]["template"]["spec"]},
               {"status", Json::parse(status)}};
  if (made["status"]["phase"] == "Running") {
    made["status"]["containerStatuses"] = {
        {{"name", "download"}, {"state", {{"running", {{"startedAt", kube::to_time(now)}}}}}}};
  }
  cluster.put(controller::pods(), std::move(made));
  cluster.change(controller::jobs(), "llm", job, [&](Json& changed) {
    changed["status"]["active"] = 1;
    if (!changed["status"].contains("startTime")) {
      changed["status"]["startTime"] = kube::to_time(now);
    }
  });
}

void ClaimWorld::end_pod(const std::string& pod, int exit_code, const std::string& message, const std::string& reason) {
  const std::string owner = object(controller::pods(), pod)["metadata"]["ownerReferences"][0]["name"];
  cluster.change(controller::pods(), "llm", pod, [&](Json& changed) {
    changed["status"]["phase"] = exit_code == 0 ? "Succeeded" : "Failed";
    changed["status"]["containerStatuses"] = {
        {{"name", "download"},
         {"state", {{"terminated", {{"exitCode", exit_code}, {"reason", reason}, {"message", message}}}}}}};
  });
  cluster.change(controller::jobs(), "llm", owner, [&](Json& changed) {
    changed["status"]["active"] = 0;
    const char* count = exit_code == 0 ? "succeeded" : "failed";
    changed["status"][count] = changed["status"].value(count, 0) + 1;
  });
}

void ClaimWorld::end_job(const std::string& job, const std::string& type, const std::string& reason,
                         const std::string& message) {
  cluster.change(controller::jobs(), "llm", job, [&](Json& changed) {
    changed["status"]["conditions"] = {{{"type", type},
                                        {"status", "True"},
                                        {"reason", reason},
                                        {"message", message},
                                        {"lastTransitionTime", kube::to_time(now)}}};
    if (type == "Complete") {
      changed["status"]["completionTime"] = kube::to_time(now);
    }
  });
}

void ClaimWorld::complete(const std::string& job, const std::string& pod) {
  run_pod(job, pod);
  now += std::chrono::seconds(538);
  end_pod(pod, 0, R"({"result":"done","files":17,"bytes":65527000000,"verified":true})", "Completed");
  end_job(job, "Complete");
}

void ClaimWorld::make_ready(const std::string& name, const std::string& job) {
  settle();
  complete(job, job + "-worker");
  settle();
  EXPECT_EQ(condition("Ready", name), "True Ready") << message("Ready", name);
}

controller::ObservedClaim ClaimWorld::observe() const {
  controller::ObservedClaim seen;
  seen.ns = "llm";
  seen.claim_name = "model-cache";
  if (exists(controller::claims(), seen.claim_name)) {
    seen.claim = kube::Object(document::Document(object(controller::claims(), seen.claim_name)));
    const std::string volume = seen.claim->root()["spec"]["volumeName"].text();
    if (const std::optional<Json> found = cluster.find(kVolumes, "", volume)) {
      seen.volume = kube::Object(document::Document(*found));
    }
  }
  seen.caches = objects_of(cluster, controller::model_caches());
  seen.jobs = objects_of(cluster, controller::jobs());
  seen.pods = objects_of(cluster, controller::pods());
  seen.classes = objects_of(cluster, kClasses);
  seen.nodes = objects_of(cluster, kNodes);
  seen.progress = progress;
  seen.job_events = job_events;
  return seen;
}

void ClaimWorld::carry_out(const Plan& plan) {
  for (const controller::Note& note : plan.notes) {
    const std::string type = note.type == controller::Note::Type::kWarning ? "Warning " : "Normal ";
    const std::string event = type + note.reason + " " + note.regarding.kind + "/" + note.regarding.name;
    if (told_.insert(event + note.uid + note.message + note.occasion).second) {
      events.push_back(event);
    }
  }
  for (const Write& write : plan.writes) {
    if (!carried_out(cluster, write)) {
      return;
    }
  }
}

std::vector<std::string> ClaimWorld::settle() {
  constexpr int kMost = 20;
  const std::size_t before = cluster.writes().size();
  for (int i = 0; i < kMost; ++i) {
    const Plan next = plan();
    carry_out(next);
    if (next.writes.empty()) {
      const std::vector<std::string> all = cluster.writes();
      return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
    }
  }
  ADD_FAILURE() << "it does not come to rest: " << ::testing::PrintToString(cluster.writes());
  return {};
}

Json ClaimWorld::object(const cluster::Resource& resource, const std::string& name) const {
  return cluster.find(resource, resource.namespaced ? "llm" : "", name).value_or(Json::object());
}

Json ClaimWorld::status(const std::string& cache) const {
  return object(controller::model_caches(), cache).value("status", Json::object());
}

std::string ClaimWorld::condition(const std::string& type, const std::string& cache) const {
  const Json now_told = status(cache);
  for (const View& view : View(now_told)["conditions"].items()) {
    if (view["type"].text() == type) {
      return view["status"].text() + " " + view["reason"].text();
    }
  }
  return "";
}

std::string ClaimWorld::message(const std::string& type, const std::string& cache) const {
  const Json now_told = status(cache);
  for (const View& view : View(now_told)["conditions"].items()) {
    if (view["type"].text() == type) {
      return view["message"].text();
    }
  }
  return "";
}

bool ClaimWorld::exists(const cluster::Resource& resource, const std::string& name) const {
  return cluster.find(resource, resource.namespaced ? "llm" : "", name).has_value();
}

}  // namespace warmgate::testing
