// Handler: an AdmissionReview in, an AdmissionReview out. Knows nothing of sockets. Stateless apart from what it is
// given; handle() is thread-safe and never throws.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/kube/access.h"
#include "warmgate/kube/facts.h"
#include "warmgate/models/reading.h"
#include "warmgate/policy/policy.h"

namespace warmgate::admission {

enum class Hook { kValidate, kMutate };
std::string_view to_string(Hook hook);

// What was decided, for the log and the metrics. Secrets are already hidden.
struct Record {
  std::string uid;
  std::string object;  // "Deployment/vllm"
  std::string ns;
  std::string operation;
  std::string user;
  std::string decision;                                    // "allow", "deny" or "error"
  std::vector<std::pair<std::string, std::string>> rules;  // rule id and action, or "waived"
  std::vector<std::string> unchecked;  // "stale_facts", "scale_target", "access", "controller": what the
                                       // verdict lacks
  std::string error;                   // of "error": what was wrong with the request; else why something is unchecked
  bool dry_run = false;
  bool patched = false;
};

struct Outcome {
  int http_status = 200;
  std::string body;  // an AdmissionReview as JSON
  Record record;
};

// What an administrator sets.
struct Settings {
  models::Knowledge knowledge;
  policy::Policy policy;
};

// Snapshots that stay as they are for one verdict; each verdict takes one of each, once.
using SettingsSource = std::function<std::shared_ptr<const Settings>()>;
using FactsSource = std::function<std::shared_ptr<const kube::ClusterFacts>()>;

// The workload of that name, for requests that only name it (scale, autoscalers); nullopt when there is none. It asks
// the API server, so it must be bounded by a fraction of the webhook's timeout: 2 s for scale, see deploy/webhook.
using WorkloadSource = std::function<base::Result<std::optional<kube::Object>>(const kube::ObjectKey& key)>;

// Whether somebody may do something in a namespace. It asks the API server, so it must be bounded by a second: the
// webhook's entry for ModelCaches waits 5 s for some questions.
using AccessSource =
    std::function<base::Result<bool>(const kube::Subject& subject, const std::string& ns, const kube::Access& access)>;

class Handler {
 public:
  // Without `access` the rights of who writes a ModelCache are not looked at, which the record says.
  Handler(SettingsSource settings, FactsSource facts, WorkloadSource workloads = {}, AccessSource access = {});

  // 200 with a verdict; 400 for what is no AdmissionReview request, 500 for a failure of Warmgate itself (never an
  // allow: failurePolicy decides then).
  [[nodiscard]] Outcome handle(Hook hook, std::string_view body) const;

 private:
  SettingsSource settings_;
  FactsSource facts_;
  WorkloadSource workloads_;
  AccessSource access_;
};

// An AdmissionReview that refuses, for failures before a request could be read (uid "" then).
std::string refusal(const std::string& uid, int code, std::string_view reason, const std::string& message);

}  // namespace warmgate::admission
