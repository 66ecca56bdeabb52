#include "claim_contents.h"
#include "rules.h"

namespace warmgate::rules {
namespace {

std::string what_is_unread(const models::ModelUse& use) {
  if (!use.repo_known) {
    return " a model that cannot be read";
  }
  return " " + use.repo + " at a revision that cannot be read";
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const models::ModelUse& use : reading.uses) {
      if (use.role != models::Role::kWeights || use.local || use.verifiable()) {
        continue;
      }
      findings.push_back({.rule = "WG104",
                          .message = container_label(use) + " " + std::string(verb_label(use)) + what_is_unread(use) +
                                     ": " + use.unknown_reason,
                          .help = "write the model and its commit into the manifest, or see to it that they are "
                                  "checked where they come from",
                          .container = use.container,
                          .subject = use.repo,
                          .location = use.repo_known ? use.revision_location.value_or(use.source) : use.source,
                          .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG104_UnverifiableModel = {
    .info =
        {.id = "WG104",
         .slug = "unverifiable-model",
         .default_action = api::Action::kWarn,
         .summary = "the model or its revision comes from a place that cannot be read",
         .why =
             "A value from a Secret or a ConfigMap, a variable that only the image could set, or a file inside the "
             "container cannot be checked, and a check that was not made must not look like a pass. The linter reads "
             "the variables and scripts of ConfigMaps that are in its input; the webhook does not watch any.",
         .bad = "args: [--model, $(MODEL)]\nenv:\n  - name: MODEL\n    valueFrom: {configMapKeyRef: {name: models, "
                "key: chat}}\n",
         .good = "args: [--model, Qwen/Qwen3-32B, --revision, 9216db5781bf21249d130ec9da846c4624c16137]\n",
         .misses = "Containers in which no known engine or downloader is recognised at all."},
    .check = check,
};

}  // namespace warmgate::rules
