#include <algorithm>
#include <set>

#include "claim_contents.h"
#include "rules.h"
#include "use_commands.h"
#include "warmgate/base/text.h"
#include "warmgate/document/pointer.h"
#include "warmgate/kube/workload.h"

namespace warmgate::rules {
namespace {

using document::View;
using models::ModelUse;

// The JobSpec around the pod template; nothing for other workloads.
View job_spec(const RuleContext& context, const models::TemplateReading& reading) {
  constexpr std::string_view kBelow = "/template/spec";
  const std::string& pointer = reading.pod.spec.pointer();
  if (context.object.key().group != "batch" || !pointer.ends_with(kBelow)) {
    return {};
  }
  const std::string above = pointer.substr(0, pointer.size() - kBelow.size());
  const document::Json* value = document::resolve(context.object.document().value(), above);
  return value != nullptr ? View(*value, above) : View();
}

const ModelUse* first_download(const models::TemplateReading& reading) {
  const auto found = std::find_if(reading.uses.begin(), reading.uses.end(),
                                  [](const ModelUse& use) { return use.verb == models::Verb::kDownload; });
  return found == reading.uses.end() ? nullptr : &*found;
}

Finding finding(std::string container, std::string subject, std::string message, std::string help,
                models::Location at) {
  return {.rule = "WG403",
          .message = std::move(message),
          .help = std::move(help),
          .container = std::move(container),
          .subject = std::move(subject),
          .location = std::move(at),
          .at_most = std::nullopt};
}

// A script that tries again by itself.
bool retries_itself(const kube::Container& container) {
  for (const char* list : {"command", "args"}) {
    for (const std::string& text : container.view[list].strings()) {
      const bool loops = text.find("until ") != std::string::npos || text.find("while ") != std::string::npos ||
                         text.find("for ") != std::string::npos || text.find("retry") != std::string::npos;
      if (loops) {
        return true;
      }
    }
  }
  return false;
}

void check_retries(const RuleContext& context, const models::TemplateReading& reading, const ModelUse& use,
                   std::vector<Finding>& findings) {
  const kube::Container* container = reading.containers.find(use.container);
  if (container == nullptr || retries_itself(*container)) {
    return;
  }
  const View limit = job_spec(context, reading)["backoffLimit"];
  const View policy = reading.pod.spec["restartPolicy"];
  const std::string what = container_label(use) + " downloads " + (use.repo.empty() ? "a model" : use.repo);
  if (limit.integer() == 0 && !job_spec(context, reading)["backoffLimitPerIndex"] && policy.text() != "OnFailure") {
    findings.push_back(finding("", "backoffLimit",
                               what + " in a Job with backoffLimit: 0: one lost connection and the Job has failed",
                               "set backoffLimit: 3; what has arrived is kept, so a retry does not start from zero",
                               {limit.pointer(), 0, 0, false}));
  } else if (context.object.is("", "Pod") && !context.object.controller() && policy.text() == "Never") {
    findings.push_back(finding("", "backoffLimit",
                               what + " in a bare Pod with restartPolicy: Never: nothing tries again when it fails",
                               "make it a Job with backoffLimit: 3", {policy.pointer(), 0, 0, false}));
  }
}

void check_restart_policy(const models::TemplateReading& reading, const View& job, std::vector<Finding>& findings) {
  const View policy = reading.pod.spec["restartPolicy"];
  if (!job || policy.text() != "OnFailure") {
    return;
  }
  findings.push_back(finding(
      "", "restartPolicy",
      "the download Job has restartPolicy: OnFailure: after the last attempt its Pod is deleted, and the logs that say "
      "why the download failed with it",
      "set restartPolicy: Never; each attempt is then a Pod of its own, whose logs stay",
      {policy.pointer(), 0, 0, false}));
}

void check_resources(const models::TemplateReading& reading, std::vector<Finding>& findings) {
  if (reading.pod.spec["resources"].size() > 0) {
    return;  // of the whole Pod (KEP-2837)
  }
  std::set<std::string> done;
  for (const ModelUse& use : reading.uses) {
    const kube::Container* container = reading.containers.find(use.container);
    if (use.verb != models::Verb::kDownload || container == nullptr || !done.insert(use.container).second) {
      continue;
    }
    const View resources = container->view["resources"];
    if (resources["requests"].size() + resources["limits"].size() > 0) {
      continue;
    }
    findings.push_back(finding(use.container, "resources",
                               container_label(use) + " downloads " + (use.repo.empty() ? "a model" : use.repo) +
                                   " without requests or limits: it is the first to be evicted, and nothing keeps it "
                                   "from starving its neighbours",
                               "request CPU and memory, for example cpu: \"2\", memory: 8Gi (64Gi with "
                               "HF_XET_HIGH_PERFORMANCE=1)",
                               {container->view["name"].pointer(), 0, 0, false}));
  }
}

void check_deadline(const models::TemplateReading& reading, const View& job, std::vector<Finding>& findings) {
  if (!job || job["activeDeadlineSeconds"] || reading.pod.spec["activeDeadlineSeconds"]) {
    return;
  }
  Finding missing = finding("", "activeDeadlineSeconds",
                            "the download Job has no activeDeadlineSeconds: a download that hangs runs for ever",
                            "set activeDeadlineSeconds to a few times what the download takes, for example 7200",
                            {job.pointer(), 0, 0, true});
  missing.at_most = api::Action::kAudit;
  findings.push_back(std::move(missing));
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  // Of Kubernetes' own kinds: where others keep these fields is not known.
  const std::string& group = context.object.key().group;
  if (!group.empty() && group != "batch") {
    return;
  }
  for (const models::TemplateReading& reading : context.readings) {
    const ModelUse* use = reading.pod.completes ? first_download(reading) : nullptr;
    if (use == nullptr) {
      continue;
    }
    const View job = job_spec(context, reading);
    check_retries(context, reading, *use, findings);
    check_restart_policy(reading, job, findings);
    check_resources(reading, findings);
    check_deadline(reading, job, findings);
  }
}

}  // namespace

const Rule kWG403_FragileDownload = {
    .info = {.id = "WG403",
             .slug = "fragile-download",
             .default_action = api::Action::kWarn,
             .summary = "a download Job without retries, resources or a deadline, or one that loses its logs",
             .why =
                 "A download of 65 GB has a lot of surface: the Hub limits rates, networks blip, nodes run out of "
                 "memory. A Job that tries again, keeps the logs of what failed, has its memory reserved and ends some "
                 "day needs nobody at night. Kubernetes itself advises restartPolicy Never for Jobs that are to be "
                 "debugged.",
             .bad = "kind: Job\nspec:\n  backoffLimit: 0\n  template:\n    spec:\n      restartPolicy: OnFailure\n"
                    "      containers: [{name: download, command: [hf, download, Qwen/Qwen3-32B]}]\n",
             .good = "kind: Job\nspec:\n  backoffLimit: 3\n  activeDeadlineSeconds: 7200\n  template:\n    spec:\n"
                     "      restartPolicy: Never\n      containers:\n        - name: download\n"
                     "          command: [hf, download, Qwen/Qwen3-32B]\n"
                     "          resources: {requests: {cpu: \"2\", memory: 8Gi}}\n",
             .misses =
                 "Whether the numbers are enough, and defaults that a LimitRange sets. A script with a loop is taken "
                 "to try again by itself. A missing deadline is information only."},
    .check = check,
};

}  // namespace warmgate::rules
