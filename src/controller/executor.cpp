#include "warmgate/controller/executor.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/api/names.h"
#include "warmgate/controller/fenced_api.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using base::LogLevel;
using cluster::ApiError;
using cluster::ApiResult;
using cluster::JsonPtr;
using document::Json;
using document::View;

constexpr int kConflict = 409;
constexpr int kTooMany = 429;
constexpr int kInvalid = 422;  // of a JSON patch: one of its tests failed

const char* verb_of(Write::Verb verb) {
  switch (verb) {
    case Write::Verb::kCreate:
    case Write::Verb::kCreateJob:
      return "create";
    case Write::Verb::kApply:
      return "apply";
    case Write::Verb::kApplyStatus:
      return "apply status";
    case Write::Verb::kJsonPatch:
      return "patch";
    case Write::Verb::kDelete:
      return "delete";
  }
  return "";
}

bool is_active_pod(const View& pod) {
  const std::string phase = pod["status"]["phase"].text();
  return phase != "Succeeded" && phase != "Failed";
}

// Seconds from one time of an object to another; nullopt when one of them is not there.
std::optional<double> between(const View& begin, const View& end) {
  const std::optional<kube::WallTime> from = kube::read_time(begin.text());
  const std::optional<kube::WallTime> to = kube::read_time(end.text());
  return from && to ? std::optional(std::chrono::duration<double>(*to - *from).count()) : std::nullopt;
}

}  // namespace

bool is_active_job(const View& job) {
  const std::vector<View> conditions = job["status"]["conditions"].items();
  return std::none_of(conditions.begin(), conditions.end(), [](const View& condition) {
    const std::string type = condition["type"].text();
    return (type == "Complete" || type == "Failed") && condition["status"].text() == "True";
  });
}

Outcome Executor::carry_out(const Plan& plan, const std::stop_token& stop) {
  for (const Note& note : plan.notes) {
    events_.tell(note);
  }
  Outcome whole;
  for (const Write& one : plan.writes) {
    if (stop.stop_requested()) {
      return {Outcome::Kind::kStopped, "", {}, false};
    }
    Outcome outcome = write(one, stop);
    if (outcome.kind != Outcome::Kind::kDone) {
      return outcome;
    }
    if (!outcome.error.empty()) {
      whole = {Outcome::Kind::kStale, std::move(outcome.error), {}, false};
    }
  }
  return whole;
}

// kDone with an error: the rest may be written, but the plan did not know all.
Outcome Executor::write(const Write& write, const std::stop_token& stop) {
  switch (write.verb) {
    case Write::Verb::kCreate:
      return create(write);
    case Write::Verb::kCreateJob:
      return create_job(write, stop);
    case Write::Verb::kApply:
    case Write::Verb::kApplyStatus:
    case Write::Verb::kJsonPatch:
      return patch(write);
    case Write::Verb::kDelete:
      return remove(write);
  }
  return {};
}

Outcome Executor::create(const Write& write) {
  const ApiResult<JsonPtr> made = api_.create(write.resource, write.ns, *write.body);
  if (made) {
    stores_.learn(write.resource, **made);
    log_.write(LogLevel::kInfo, "created",
               {{"kind", write.resource.kind}, {"namespace", write.ns}, {"name", write.name}, {"why", write.why}});
    return {};
  }
  if (made.error().reason == "AlreadyExists") {
    look_afresh(write);
    return {Outcome::Kind::kDone, made.error().message, {}, false};
  }
  return failed(write, made.error());
}

Outcome Executor::create_job(const Write& write, const std::stop_token& stop) {
  bool exists = false;
  const ApiResult<std::string> other = other_writer(write, exists, stop);
  if (!other) {
    return failed(write, other.error());
  }
  if (exists) {
    return {Outcome::Kind::kStale, "the Job exists already", {}, false};
  }
  if (!other->empty()) {
    log_.write(LogLevel::kInfo, "a Job is not made yet: another one may still write to its claim",
               {{"namespace", write.ns}, {"name", write.name}, {"writer", *other}});
    return {Outcome::Kind::kStale, *other + " may still write to the claim", {}, false};
  }
  return create(write);
}

// Asks the API server, not the watches: who else may write to the claim of this Job; "" when nobody does. Three small
// questions: a namespace may hold hundreds of our Jobs, each with its script.
ApiResult<std::string> Executor::other_writer(const Write& write, bool& exists, const std::stop_token& stop) {
  const std::string label(api::kClaimUidLabel);
  const std::string ours = label + "=" + View(*write.body)["metadata"]["labels"][api::kClaimUidLabel].text();
  std::string writer;
  const auto ask = [&](const cluster::Resource& resource, const std::string& selector, const auto& look) {
    cluster::ListOptions asked;
    asked.ns = write.ns;
    asked.label_selector = selector;
    return api_.list(
        resource, asked,
        [&](Json&& item) {
          look(View(item));
          stores_.learn(resource, item);
        },
        stop);
  };
  const auto our_job = [&](const View& job) {
    const std::string name = job["metadata"]["name"].text();
    exists = exists || name == write.name;
    if (name != write.name && is_active_job(job)) {
      writer = "Job/" + name;
    }
  };
  // One that the planner did not know of counts as a writer: it may have downloaded all that is wanted.
  const std::vector<std::string> claims = claims_of_job(View(*write.body));
  const auto job_of_others = [&](const View& job) {
    const std::vector<std::string> mounted = claims_of_job(job);
    const bool same_claim =
        std::find_first_of(mounted.begin(), mounted.end(), claims.begin(), claims.end()) != mounted.end();
    const std::string uid = job["metadata"]["uid"].text();
    if (same_claim && std::find(write.known_jobs.begin(), write.known_jobs.end(), uid) == write.known_jobs.end()) {
      writer = "Job/" + job["metadata"]["name"].text();
    }
  };
  // A Job that is gone is followed by its Pods, which the garbage collector ends later.
  const auto our_pod = [&](const View& pod) {
    if (is_active_pod(pod)) {
      writer = "Pod/" + pod["metadata"]["name"].text();
    }
  };
  auto answer = ask(jobs(), ours, our_job);
  if (answer && !exists && writer.empty()) {
    answer = ask(jobs(), "!" + label, job_of_others);
  }
  if (answer && !exists && writer.empty()) {
    answer = ask(pods(), ours, our_pod);
  }
  return answer ? ApiResult<std::string>(writer) : answer;
}

Outcome Executor::patch(const Write& write) {
  cluster::PatchOptions options;
  cluster::PatchType type = cluster::PatchType::kJson;
  Json body = *write.body;
  if (write.verb != Write::Verb::kJsonPatch) {
    type = cluster::PatchType::kApply;
    options.field_manager = api::kFieldManager;
    options.force = true;  // these fields are the controller's, whoever touched them
    options.sub_resource = write.verb == Write::Verb::kApplyStatus ? "status" : "";
    if (!write.preconditions.uid.empty()) {
      body["metadata"]["uid"] = write.preconditions.uid;
    }
    if (!write.preconditions.resource_version.empty()) {
      body["metadata"]["resourceVersion"] = write.preconditions.resource_version;
    }
  }
  const std::optional<kube::Object> before = stores_.find(write.resource, write.ns, write.name);
  const ApiResult<JsonPtr> patched = api_.patch(write.resource, write.ns, write.name, type, body, options);
  if (!patched) {
    return failed(write, patched.error());
  }
  stores_.learn(write.resource, **patched);
  log_.write(write.verb == Write::Verb::kApplyStatus ? LogLevel::kDebug : LogLevel::kInfo, verb_of(write.verb),
             {{"kind", write.resource.kind}, {"namespace", write.ns}, {"name", write.name}, {"why", write.why}});
  measure(write, before, **patched);
  return {};
}

Outcome Executor::remove(const Write& write) {
  const auto removed = api_.remove(write.resource, write.ns, write.name, write.preconditions);
  if (removed.ok()) {
    stores_.learn_deletion(write.resource, write.ns, write.name);
    log_.write(LogLevel::kInfo, "deleted",
               {{"kind", write.resource.kind}, {"namespace", write.ns}, {"name", write.name}, {"why", write.why}});
    return {};
  }
  if (removed.error().not_found()) {
    stores_.learn_absence(write.resource, write.ns, write.name);
    return {};
  }
  return failed(write, removed.error());
}

Outcome Executor::failed(const Write& write, const ApiError& error) {
  if (error.reason == kNotLeader) {
    return {Outcome::Kind::kNotLeader, error.message, {}, false};
  }
  if (error.status == kConflict || error.not_found() ||
      (error.status == kInvalid && write.verb == Write::Verb::kJsonPatch)) {
    look_afresh(write);
    return {Outcome::Kind::kStale, error.message, {}, false};
  }
  log_.write(LogLevel::kWarning, "a write failed",
             {{"verb", std::string(verb_of(write.verb))},
              {"kind", write.resource.kind},
              {"namespace", write.ns},
              {"name", write.name},
              {"why", write.why},
              {"error", error.message}});
  const bool refused = error.status >= 400 && error.status < 500 && error.status != kTooMany;
  return {Outcome::Kind::kFailed, error.message, error.retry_after, refused};
}

// So that the next look need not wait for the watch. Pods may not be got (deploy/webhook/base/controller-role.yaml):
// their next look waits.
void Executor::look_afresh(const Write& write) {
  if (write.resource.plural == pods().plural) {
    return;
  }
  const ApiResult<JsonPtr> now = api_.get(write.resource, write.ns, write.name);
  if (now) {
    stores_.learn(write.resource, **now);
  } else if (now.error().not_found()) {
    stores_.learn_absence(write.resource, write.ns, write.name);
  }
}

void Executor::measure(const Write& write, const std::optional<kube::Object>& before, const Json& after) {
  if (!before) {
    return;
  }
  const View now(after);
  if (write.resource.plural == pods().plural && has_gate(*before) &&
      !has_gate(kube::Object(document::Document(after)))) {
    const std::optional<kube::WallTime> made = kube::read_time(now["metadata"]["creationTimestamp"].text());
    telemetry_.gate_released(made ? std::chrono::duration<double>(clock_.wall_now() - *made).count() : 0);
  }
  if (write.verb == Write::Verb::kApplyStatus && !before->root()["status"]["completedAt"]) {
    if (const auto seconds = between(now["status"]["startedAt"], now["status"]["completedAt"])) {
      telemetry_.download(*seconds);
    }
  }
}

}  // namespace warmgate::controller
