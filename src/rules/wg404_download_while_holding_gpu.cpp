#include <algorithm>
#include <map>
#include <set>

#include "cache_places.h"
#include "claim_contents.h"
#include "rules.h"
#include "warmgate/models/model_size.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

bool is_download(const ModelUse& use) { return use.verb == models::Verb::kDownload; }

// "nvidia.com/gpu: 2" of all containers; "" for none. The scheduler reserves them before the first init container runs.
std::string accelerators_of(const RuleContext& context, const models::TemplateReading& reading) {
  std::map<std::string, std::int64_t> sum;
  for (const kube::Container& container : kube::containers(reading.pod.spec)) {
    if (container.kind == kube::ContainerKind::kMain) {
      for (const auto& [resource, count] : context.knowledge.accelerators.requested(container)) {
        sum[resource] += count;
      }
    }
  }
  std::string out;
  for (const auto& [resource, count] : sum) {
    out += (out.empty() ? "" : ", ") + resource + ": " + std::to_string(count);
  }
  return out;
}

// Models of which a server in the Pod has its cache on what is gone with the Pod: that is the mistake, and WG205 says
// it.
std::set<std::string> said_of_servers(const models::TemplateReading& reading) {
  std::set<std::string> repos;
  for (const ModelUse& use : reading.uses) {
    if (serves_from_hub(use) && !use.accelerators.empty() && is_ephemeral(use.cache)) {
      repos.insert(use.repo);
    }
  }
  return repos;
}

std::string how_often(const RuleContext& context, const kube::PodTemplate& pod, const ModelUse& use) {
  if (is_ephemeral(use.cache)) {
    return every_start(context, pod) + " downloads it again while they wait";
  }
  return "whichever Pod starts first downloads it while they wait, and " + every_start(context, pod) +
         " asks the Hub again";
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    if (std::none_of(reading.uses.begin(), reading.uses.end(), is_download)) {
      continue;
    }
    const std::string accelerators = accelerators_of(context, reading);
    if (accelerators.empty()) {
      continue;
    }
    const std::set<std::string> said = said_of_servers(reading);
    for (const ModelUse& use : reading.uses) {
      if (!is_download(use) || use.role != models::Role::kWeights || said.contains(use.repo)) {
        continue;
      }
      const bool init = use.container_kind == kube::ContainerKind::kInit;
      findings.push_back({.rule = "WG404",
                          .message = container_label(use) + " downloads " +
                                     (use.repo.empty() ? "a model" : use.repo + models::size_note(use.repo)) +
                                     " in a Pod that holds " + accelerators + ": " +
                                     how_often(context, reading.pod, use),
                          .help = std::string("download once with a Job on CPU nodes to a shared claim, mount the "
                                              "claim read-only here, and remove this ") +
                                  (init ? "init container" : "command"),
                          .container = use.container,
                          .subject = use.repo,
                          .location = use.source,
                          .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG404_DownloadWhileHoldingGpu = {
    .info =
        {.id = "WG404",
         .slug = "download-while-holding-gpu",
         .default_action = api::Action::kWarn,
         .summary = "an init container or a script downloads the model inside a Pod that holds an accelerator",
         .why = "The scheduler reserves the GPU before the first init container starts, so it is billed and idle for "
                "the whole download: 65 GB take 20 to 40 minutes in practice. Several Pods that start at once download "
                "side by side, and each rollout and each step of an autoscaler pays again.",
         .bad = "initContainers:\n  - name: fetch\n    command: [hf, download, Qwen/Qwen3-32B, --local-dir, /models]\n"
                "containers:\n  - name: vllm\n    resources: {limits: {nvidia.com/gpu: \"1\"}}\n",
         .good = "# A Job on CPU nodes downloads; the server only mounts:\ncontainers:\n  - name: vllm\n"
                 "    resources: {limits: {nvidia.com/gpu: \"1\"}}\n    volumeMounts:\n"
                 "      - {name: model-cache, mountPath: /cache/huggingface, readOnly: true}\n",
         .misses = "Downloads by programs it does not know, accelerators that are asked for through resource claims "
                   "(DRA), and servers that download by themselves, which are WG205. The size is an estimate from the "
                   "repository's name."},
    .check = check,
};

}  // namespace warmgate::rules
