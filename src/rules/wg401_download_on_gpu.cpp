#include <algorithm>

#include "claim_contents.h"
#include "rules.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

bool serves(const models::TemplateReading& reading) {
  return std::any_of(reading.uses.begin(), reading.uses.end(),
                     [](const ModelUse& use) { return use.verb == models::Verb::kServe; });
}

// A selector or a required affinity that only accelerator nodes satisfy; its pointer.
std::optional<document::View> forced_to_accelerator_node(const RuleContext& context, const document::View& pod_spec) {
  for (const auto& [label, value] : pod_spec["nodeSelector"].members()) {
    if (context.knowledge.accelerators.is_accelerator_node_label(label) && value.text() != "false") {
      return value;
    }
  }
  const document::View terms =
      pod_spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"];
  for (const document::View& term : terms.items()) {
    for (const document::View& expression : term["matchExpressions"].items()) {
      const std::string op = expression["operator"].text();
      const std::vector<std::string> values = expression["values"].strings();
      const bool wants = op == "Exists" || (op == "In" && values != std::vector<std::string>{"false"});
      if (wants && context.knowledge.accelerators.is_accelerator_node_label(expression["key"].text())) {
        return expression["key"];
      }
    }
  }
  return std::nullopt;
}

Finding finding(const ModelUse& use, const std::string& what, const document::View& at) {
  return {.rule = "WG401",
          .message = container_label(use) + " downloads " + (use.repo.empty() ? "a model" : use.repo) + " and " + what +
                     ": the accelerator idles during the download",
          .help = "download on CPU nodes: remove it; weights need network and disk, no accelerator",
          .container = use.container,
          .subject = use.repo,
          .location = {at.pointer(), 0, 0, false},
          .at_most = std::nullopt};
}

document::View request_of(const models::TemplateReading& reading, const ModelUse& use, const std::string& resource) {
  const kube::Container* container = reading.containers.find(use.container);
  const document::View resources = container != nullptr ? container->view["resources"] : document::View();
  return resources["limits"][resource] ? resources["limits"][resource] : resources["requests"][resource];
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    if (serves(reading)) {
      continue;  // a download inside a GPU server's Pod is another mistake
    }
    const std::optional<document::View> node = forced_to_accelerator_node(context, reading.pod.spec);
    for (const ModelUse& use : reading.uses) {
      if (!use.accelerators.empty()) {
        const std::string& resource = use.accelerators.begin()->first;
        findings.push_back(finding(use, "requests " + resource, request_of(reading, use, resource)));
      } else if (node) {
        findings.push_back(finding(use, "is forced onto accelerator nodes", *node));
      }
    }
  }
}

}  // namespace

const Rule kWG401_DownloadOnGpu = {
    .info =
        {.id = "WG401",
         .slug = "download-on-gpu",
         .default_action = api::Action::kDeny,
         .summary = "a downloader requests an accelerator or is forced onto accelerator nodes",
         .why =
             "Downloading is network and disk. On a GPU node it bills the GPU for the length of the download and may "
             "make the autoscaler buy one.",
         .bad = "kind: Job\n# ...\nresources: {limits: {nvidia.com/gpu: \"1\"}}\n",
         .good = "kind: Job\n# ...\nresources: {limits: {cpu: \"8\", memory: 64Gi}}\n",
         .misses = "Tolerations (they allow a GPU node, they do not force one), node labels it does not know, and Pods "
                   "that serve as well as download."},
    .check = check,
};

}  // namespace warmgate::rules
