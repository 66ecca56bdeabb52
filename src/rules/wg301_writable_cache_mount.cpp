#include "claim_contents.h"
#include "rules.h"

namespace warmgate::rules {
namespace {

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const models::ModelUse& use : reading.uses) {
      const bool hub_worker = use.verb == models::Verb::kServe && !use.local;
      if (!hub_worker || !use.cache.on_claim() || use.cache.mount->read_only) {
        continue;
      }
      const kube::Mount& mount = *use.cache.mount;
      const bool said = static_cast<bool>(mount.view["readOnly"]);
      const std::string claim_level =
          use.cache.volume->read_only ? " (readOnly on the claim alone does not bind the mount)" : "";
      findings.push_back({.rule = "WG301",
                          .message = container_label(use) + " mounts cache claim \"" + use.cache.volume->claim +
                                     "\" at " + mount.path + " writable" + claim_level +
                                     ": a worker can change or fill the cache of all others",
                          .help = "set readOnly: true on this volumeMount; only the download Job writes",
                          .container = use.container,
                          .subject = use.cache.volume->claim,
                          .location = {mount.view.pointer() + (said ? "/readOnly" : "/mountPath"), 0, 0, false},
                          .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG301_WritableCacheMount = {
    .info =
        {.id = "WG301",
         .slug = "writable-cache-mount",
         .default_action = api::Action::kDeny,
         .summary = "a worker mounts the cache without readOnly: true",
         .why = "A worker that can write will: another commit when main has moved, lock files, half a download when it "
                "is killed. Every other replica then reads that. One writer, the download Job, is the pattern.",
         .bad = "volumeMounts:\n  - {name: model-cache, mountPath: /cache/huggingface}\n",
         .good = "volumeMounts:\n  - {name: model-cache, mountPath: /cache/huggingface, readOnly: true}\n",
         .misses = "Models named by a path, claims made by volumeClaimTemplates (each replica has its own), and other "
                   "mounts of the same claim in containers that serve nothing."},
    .check = check,
};

}  // namespace warmgate::rules
