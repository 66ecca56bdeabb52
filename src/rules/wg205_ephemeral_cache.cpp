#include "cache_places.h"
#include "claim_contents.h"
#include "rules.h"
#include "warmgate/models/model_size.h"

namespace warmgate::rules {
namespace {

std::string where(const models::CacheBinding& cache) {
  if (!cache.mount) {
    return "the container's own disk, which is gone with every restart";
  }
  const std::string kind = is_generic_ephemeral(cache) ? "the ephemeral volume" : "emptyDir";
  return kind + " \"" + cache.mount->volume + "\", which is gone with the Pod";
}

models::Location with_value(models::Location place) {
  place.at_key = false;
  return place;
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const models::ModelUse& use : reading.uses) {
      if (!serves_from_hub(use) || use.accelerators.empty() || !is_ephemeral(use.cache)) {
        continue;
      }
      const std::string model = use.repo.empty() ? "a model" : use.repo;
      const bool in_manifest = use.cache.by_variable() || use.cache.location.length > 0;
      findings.push_back(
          {.rule = "WG205",
           .message = container_label(use) + " serves " + model + " from " + use.cache.path + " (" +
                      use.cache.decided_by + ") on " + where(use.cache) + ": " + every_start(context, reading.pod) +
                      " downloads it again" + models::size_note(use.repo) + " on GPU time",
           .help = "mount a shared (ReadWriteMany) claim read-only and set HF_HOME to the mount; fill it once with a "
                   "download Job or a ModelCache",
           .container = use.container,
           .subject = use.repo,
           .location = in_manifest ? use.cache.location : with_value(use.source),
           .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG205_EphemeralCache = {
    .info =
        {.id = "WG205",
         .slug = "ephemeral-cache",
         .default_action = api::Action::kDeny,
         .summary =
             "a GPU server keeps its Hugging Face cache on the container's disk, an emptyDir or an ephemeral volume",
         .why = "Each restart, each replica and each rollout downloads the whole model while the GPU idles: 65 GB at "
                "500 MB/s are more than two minutes at best, and 20 to 40 in practice.",
         .bad = "containers:\n  - name: vllm\n    args: [--model, Qwen/Qwen3-32B]   # no volume at all\n",
         .good =
             "containers:\n  - name: vllm\n    env: [{name: HF_HOME, value: /cache/huggingface}]\n    volumeMounts:\n"
             "      - {name: model-cache, mountPath: /cache/huggingface, readOnly: true}\n",
         .misses = "Servers without an accelerator, models that are baked into the image, and "
                   "caches that the image itself puts elsewhere when the engine is not known."},
    .check = check,
};

}  // namespace warmgate::rules
