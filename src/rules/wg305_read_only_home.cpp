#include "claim_contents.h"
#include "rules.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;
using models::WrittenPlace;

// Why nothing can be written there; "" when it can, or when that is not known.
std::string why_read_only(const WrittenPlace& place, const kube::Container& container) {
  if (place.path.empty()) {
    return "";
  }
  if (place.mount) {
    return place.mount->read_only ? "the mount " + place.mount->path + " is read-only" : "";
  }
  const bool read_only = container.view["securityContext"]["readOnlyRootFilesystem"].boolean().value_or(false);
  return read_only ? "the container's own disk is read-only (readOnlyRootFilesystem)" : "";
}

void check_place(const ModelUse& use, const WrittenPlace& place, const kube::Container& container,
                 std::vector<Finding>& findings) {
  const std::string why = why_read_only(place, container);
  if (why.empty()) {
    return;
  }
  const bool movable = !place.variable.empty();
  findings.push_back(
      {.rule = "WG305",
       .message = container_label(use) + " writes " + place.what + " to " + place.path + ", but " + why +
                  ": it fails when it loads " + use.repo,
       .help = movable
                   ? "set " + place.variable + " to a folder that can be written, for example the mount of an emptyDir"
                   : "mount an emptyDir at " + place.path,
       .container = use.container,
       .subject = movable ? place.variable : use.repo,
       .location = place.mount ? models::Location{place.mount->view.pointer() + "/mountPath", 0, 0, false} : use.source,
       .at_most = std::nullopt});
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const ModelUse& use : reading.uses) {
      const kube::Container* container = use.writes.empty() ? nullptr : reading.containers.find(use.container);
      if (container == nullptr || use.verb != models::Verb::kServe || !use.verifiable()) {
        continue;
      }
      for (const WrittenPlace& place : use.writes) {
        check_place(use, place, *container, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG305_ReadOnlyHome = {
    .info =
        {.id = "WG305",
         .slug = "read-only-home",
         .default_action = api::Action::kWarn,
         .summary = "the engine writes next to its cache, and nothing there can be written",
         .why = "The cache belongs read-only, but code of trust_remote_code is copied to HF_HOME/modules before it "
                "runs: on a read-only HF_HOME the server dies with \"Read-only file system\". A variable moves that "
                "folder.",
         .bad =
             "args: [--model, my-org/model, --trust-remote-code]\nenv: [{name: HF_HOME, value: /cache/huggingface}]\n"
             "volumeMounts: [{name: model-cache, mountPath: /cache/huggingface, readOnly: true}]\n",
         .good = "env:\n  - {name: HF_HOME, value: /cache/huggingface}\n"
                 "  - {name: HF_MODULES_CACHE, value: /tmp/hf-modules}\n",
         .misses = "Engines whose writes are not in policies/engines, paths that a ConfigMap decides which is not in "
                   "the input, and markers that "
                   "a library tries to write and does without (.no_exist, CACHEDIR.TAG)."},
    .check = check,
};

}  // namespace warmgate::rules
