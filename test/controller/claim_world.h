// ClaimWorld: one claim and all about it in a FakeCluster, planned for step by step: no threads, a clock that stands
// until it is moved, and the cluster's own controllers played by hand.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "controller/fake_cluster.h"
#include "warmgate/controller/observed.h"

namespace warmgate::testing {

inline const std::string kJobName = "qwen-9216db57";
inline const cluster::Resource kClasses{"storage.k8s.io", "v1", "storageclasses", "StorageClass", false};
inline const cluster::Resource kVolumes{"", "v1", "persistentvolumes", "PersistentVolume", false};
inline const cluster::Resource kNodes{"", "v1", "nodes", "Node", false};

struct ClaimWorld {
  // Class "standard-rwx" of Filestore; nothing else.
  ClaimWorld();

  // A ModelCache of Qwen/Qwen3-32B at kCommit on claim "model-cache" with our finalizer; `patch` (JSON) is merged into
  // it. Each is a second younger than the one before.
  void add_cache(const std::string& name = "qwen", const std::string& patch = "{}");
  // Bound and ReadWriteMany, in class "standard-rwx".
  void add_claim(const std::string& patch = "{}");
  void add_class(const std::string& name, const std::string& provisioner, const std::string& patch = "{}");
  void add_node(const std::string& name, const std::string& zone, bool gpu);
  // On the claim, read-only, with a GPU; `patch` is merged into it.
  void add_pod(const std::string& name, const std::string& patch = "{}");
  // Not ours: the pattern's own download Job of that model, on the claim, active.
  void add_foreign_job(const std::string& name, const std::string& commit, const std::string& patch = "{}");
  void edit(const cluster::Resource& resource, const std::string& name, const std::string& patch);

  // The Job controller and the kubelet. A Pod that runs; one that ended with an exit code and a termination message;
  // the end of a Job: "Complete", or "Failed" with a reason.
  void run_pod(const std::string& job, const std::string& pod, const std::string& status = R"({"phase": "Running"})");
  void end_pod(const std::string& pod, int exit_code, const std::string& message, const std::string& reason = "Error");
  void end_job(const std::string& job, const std::string& type, const std::string& reason = "",
               const std::string& message = "");
  // The download of `job` done and verified: its Pod and the Job.
  void complete(const std::string& job, const std::string& pod = "worker");
  // The cache as it is Ready, by way of its Job.
  void make_ready(const std::string& name = "qwen", const std::string& job = kJobName);

  [[nodiscard]] controller::ObservedClaim observe() const;
  [[nodiscard]] controller::Plan plan() const { return controller::plan_claim(observe(), settings, now); }
  // Carries the plan out, to the first write that fails.
  void carry_out(const controller::Plan& plan);
  // Plans until nothing is left to be written; what was written, as "apply modelcaches/status llm/qwen". A test fails
  // that does not come to rest.
  std::vector<std::string> settle();

  [[nodiscard]] Json object(const cluster::Resource& resource, const std::string& name) const;
  [[nodiscard]] Json status(const std::string& cache = "qwen") const;
  // "True Ready", "False ClaimNotFound".
  [[nodiscard]] std::string condition(const std::string& type, const std::string& cache = "qwen") const;
  [[nodiscard]] std::string message(const std::string& type = "Ready", const std::string& cache = "qwen") const;
  [[nodiscard]] std::string phase(const std::string& cache = "qwen") const { return status(cache).value("phase", ""); }
  [[nodiscard]] bool exists(const cluster::Resource& resource, const std::string& name) const;

  FakeCluster cluster;
  controller::Settings settings;
  controller::WallTime now;
  std::map<std::string, controller::Progress> progress;
  std::map<std::string, std::string> job_events;
  std::vector<std::string> events;  // "Warning ClaimNotFound ModelCache/qwen", each once

 private:
  int caches_ = 0;
  std::set<std::string> told_;
};

}  // namespace warmgate::testing
