#include "warmgate/admission/handler.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "messages.h"
#include "owner.h"
#include "review.h"
#include "rights.h"
#include "scaling.h"
#include "warmgate/base/text.h"
#include "warmgate/engine/judge.h"
#include "warmgate/inject/restore.h"
#include "warmgate/kube/secrets.h"

namespace warmgate::admission {
namespace {

using engine::Stage;

constexpr std::size_t kMaxLogged = 253;  // of names from outside: the length of a DNS subdomain

base::Redactor redactor_for(const Request& request) {
  base::Redactor redact;
  for (const auto* object : {&request.object, &request.old_object}) {
    if (!*object) {
      continue;
    }
    for (const std::string& secret : kube::secret_values(**object)) {
      redact.add_secret(secret);
    }
  }
  return redact;
}

// Judged are the objects themselves and the two sub-resources that can change what a Pod runs.
bool wants_verdict(const Request& request) {
  const bool writes = request.operation == "CREATE" || request.operation == "UPDATE";
  const std::string& sub = request.sub_resource;
  return writes && (sub.empty() || sub == "ephemeralcontainers" || sub == "resize");
}

engine::Judgement judge_request(const Request& request, const engine::World& world, Stage stage) {
  engine::Judgement judgement = engine::judge(*request.object, world, stage);
  if (request.operation == "UPDATE" && request.old_object) {
    engine::forgive_known(judgement, engine::judge(*request.old_object, world, stage));
  }
  if (owned_by_judged_controller(*request.object, request.requester.user)) {
    engine::limit_actions(judgement, world.policy.owned_pods());
  }
  return judgement;
}

void refuse(Response& response, const kube::Object& object, const engine::Judgement& judgement,
            const base::Redactor& redact) {
  const bool invalid = judgement.findings.front().finding.rule == "WG006";
  response.allowed = false;
  response.code = invalid ? 422 : 403;
  response.reason = invalid ? "Invalid" : "Forbidden";
  response.message = denial_message(object, judgement, redact);
}

// What the policy wants of a verdict that facts are missing for. Said at the validating hook: once is enough.
void answer_for_doubts(Hook hook, const kube::Object& object, const std::string& user, const engine::World& world,
                       Response& response, Record& record) {
  const std::vector<kube::FactsDoubt> doubts = world.facts.doubts();
  if (doubts.empty() || world.policy.stale_facts() == api::StaleFacts::kIgnore) {
    return;
  }
  record.unchecked.emplace_back("stale_facts");
  const std::string text =
      base::one_line("Warmgate lacks current facts about the cluster: " + doubts_text(doubts), kMaxWarning);
  // The Pods of what runs already are not held back: neither by rules nor for want of facts.
  const bool refuses = world.policy.stale_facts() == api::StaleFacts::kDeny && response.allowed &&
                       (!owned_by_judged_controller(object, user) || world.policy.owned_pods() == api::Action::kDeny);
  if (refuses) {
    response.allowed = false;
    response.code = 503;
    response.reason = "ServiceUnavailable";
    response.message = text + ". The policy wants no verdict without them (staleFacts: deny); try again in a minute";
  } else if (hook == Hook::kValidate || !response.allowed) {
    response.warnings.insert(response.warnings.begin(), text);
  }
  response.audit_annotations.emplace_back("stale-facts", text);
}

void tell(const engine::Judgement& judgement, const base::Redactor& redact, Response& response, Record& record) {
  response.warnings = warnings(judgement, redact);
  response.audit_annotations = audit_annotations(judgement, redact);
  for (const engine::JudgedFinding& judged : judgement.findings) {
    record.rules.emplace_back(judged.finding.rule, judged.waived.empty() ? api::to_string(judged.action) : "waived");
  }
}

// That Pods wait for their ModelCache, or do not though it is not Ready.
void tell_holds(const kube::Object& object, const engine::World& world, const inject::Injection& injection,
                Response& response, Record& record) {
  std::vector<std::string> texts;
  for (const inject::Hold& hold : injection.holds) {
    const std::string whose = object.is("", "Pod") ? "this Pod is " : "its Pods are ";
    const std::string text = base::one_line("Warmgate: " + whose + inject::describe(hold), kMaxAnnotation);
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) {  // templates may wait for the same
      texts.push_back(text);
      response.warnings.push_back(text);
    }
  }
  if (!texts.empty()) {
    response.audit_annotations.emplace_back("holds", base::one_line(base::join(texts, "; "), kMaxAnnotation));
  }
  if (!injection.holds.empty() && !world.facts.controller_active()) {
    record.unchecked.emplace_back("controller");
  }
}

// What the author of a ModelCache may do himself. An allowed response becomes a refusal, also where nobody can tell.
void demand_rights(const Request& request, const AccessSource& access, Response& response, Record& record) {
  if (!access) {
    record.unchecked.emplace_back("access");
    return;
  }
  const RightsVerdict verdict = check_rights(request, access);
  if (!verdict.failure.empty()) {
    record.unchecked.emplace_back("access");
    record.error = "rights cannot be checked: " + verdict.failure;
    response.allowed = false;
    response.code = 503;
    response.reason = "ServiceUnavailable";
    response.message =
        "Warmgate could not ask the API server what you may do yourself; try again (its log says why, uid " +
        request.uid + ")";
  } else if (!verdict.missing.empty()) {
    response.allowed = false;
    response.code = 403;
    response.reason = "Forbidden";
    response.message = missing_rights(request, verdict.missing);
    response.audit_annotations.emplace_back("missing-rights", base::one_line(response.message, kMaxAnnotation));
  }
}

Response respond_to_scaling(const Request& request, const engine::World& world, const WorkloadSource& workloads,
                            Record& record) {
  Response response;
  response.uid = request.uid;
  const ScalingVerdict verdict = judge_scaling(request, world, workloads);
  if (!verdict.unchecked.empty()) {
    record.unchecked.emplace_back("scale_target");
    record.error = verdict.unchecked + ": " + verdict.reason;
    response.warnings.push_back(base::one_line("Warmgate: " + verdict.unchecked, kMaxWarning));
  }
  if (!verdict.subject) {
    return response;
  }
  const base::Redactor redact = redactor_for(request);
  if (verdict.judgement.denied()) {
    refuse(response, *verdict.subject, verdict.judgement, redact);
  }
  tell(verdict.judgement, redact, response, record);
  if (verdict.judgement.asks_cluster) {
    answer_for_doubts(Hook::kValidate, *verdict.subject, request.requester.user, world, response, record);
  }
  return response;
}

// A Pod that was injected is written again: what it was given stays. No verdict: the validating hook has that.
Response respond_to_rewriting(const Request& request, Record& record) {
  Response response;
  response.uid = request.uid;
  const inject::Restoration restoration = inject::plan_restoration(*request.old_object, *request.object);
  if (restoration.patch == nullptr) {
    return response;
  }
  const base::Redactor redact = redactor_for(request);
  response.patch = *restoration.patch;
  response.warnings = warnings(restoration, redact);
  response.audit_annotations.emplace_back("restored",
                                          base::one_line(base::join(response.warnings, "; "), kMaxAnnotation));
  record.patched = true;
  return response;
}

// The API server's side of the cluster, where there is one.
struct Sources {
  const WorkloadSource& workloads;
  const AccessSource& access;
};

Response respond(Hook hook, const Request& request, const engine::World& world, const Sources& sources,
                 Record& record) {
  Response response;
  response.uid = request.uid;
  if (hook == Hook::kValidate && is_scaling(request)) {
    return respond_to_scaling(request, world, sources.workloads, record);
  }
  const bool is_pod = request.object && request.object->is("", "Pod");
  const bool whole_pod = is_pod && request.sub_resource.empty();
  if (hook == Hook::kMutate && whole_pod && request.operation == "UPDATE" && request.old_object) {
    return respond_to_rewriting(request, record);
  }
  const bool mutable_now = whole_pod && request.operation == "CREATE";
  if (!wants_verdict(request) || (hook == Hook::kMutate && !mutable_now)) {
    return response;
  }
  // A Pod at the validating hook has been through mutation; a template's Pods have not.
  const Stage stage = hook == Hook::kValidate && is_pod ? Stage::kAsIs : Stage::kBeforeInjection;
  engine::Judgement judgement = judge_request(request, world, stage);
  const base::Redactor redact = redactor_for(request);
  if (judgement.denied()) {
    refuse(response, *request.object, judgement, redact);
  } else if (hook == Hook::kMutate && !judgement.injection.empty()) {
    response.patch = *judgement.injection.patch;
    record.patched = true;
  }
  if (hook == Hook::kMutate && response.allowed) {
    // What is left after mutation is said by the validating hook; saying it twice helps nobody.
    std::erase_if(judgement.findings, [](const engine::JudgedFinding& judged) { return !judged.finding.mended; });
  }
  tell(judgement, redact, response, record);
  if (response.allowed) {
    tell_holds(*request.object, world, judgement.injection, response, record);
  }
  if (response.allowed && hook == Hook::kValidate && asks_for_rights(request)) {
    demand_rights(request, sources.access, response, record);
  }
  if (judgement.asks_cluster) {
    answer_for_doubts(hook, *request.object, request.requester.user, world, response, record);
  }
  return response;
}

}  // namespace

std::string_view to_string(Hook hook) { return hook == Hook::kValidate ? "validate" : "mutate"; }

Handler::Handler(SettingsSource settings, FactsSource facts, WorkloadSource workloads, AccessSource access)
    : settings_(std::move(settings)),
      facts_(std::move(facts)),
      workloads_(std::move(workloads)),
      access_(std::move(access)) {}

Outcome Handler::handle(Hook hook, std::string_view body) const {
  Outcome outcome;
  std::string uid;
  try {
    const base::Result<Request> request = read_request(body, uid);
    outcome.record.uid = base::one_line(uid, kMaxLogged);
    if (!request) {
      outcome.http_status = 400;
      outcome.record.decision = "error";
      outcome.record.error = request.error().message;
      outcome.body = refusal(uid, 400, "BadRequest", request.error().message);
      return outcome;
    }
    Record& record = outcome.record;
    const std::optional<kube::Object>& named = request->object ? request->object : request->old_object;
    record.object = named ? base::one_line(named->display_name(), kMaxLogged) : "";
    record.ns = base::one_line(request->ns, kMaxLogged);
    record.operation = request->operation;
    record.user = base::one_line(request->requester.user, kMaxLogged);
    record.dry_run = request->dry_run;
    const std::shared_ptr<const kube::ClusterFacts> facts = facts_();
    const std::shared_ptr<const Settings> settings = settings_();
    const Response response =
        respond(hook, *request, {*facts, settings->knowledge, settings->policy}, {workloads_, access_}, record);
    record.decision = response.allowed ? "allow" : "deny";
    outcome.body = write_response(response);
  } catch (const std::exception& error) {
    // An internal error is never an allow: failurePolicy decides what the API server makes of a 500.
    outcome.http_status = 500;
    outcome.record.decision = "error";
    outcome.record.error = std::string("internal error: ") + error.what();
    outcome.body =
        refusal(uid, 500, "InternalError", "Warmgate failed on this request; its log says why (uid " + uid + ")");
  }
  return outcome;
}

std::string refusal(const std::string& uid, int code, std::string_view reason, const std::string& message) {
  Response response;
  response.uid = uid;
  response.allowed = false;
  response.code = code;
  response.reason = std::string(reason);
  response.message = message;
  return write_response(response);
}

}  // namespace warmgate::admission
