#include <algorithm>

#include "claim_storage.h"
#include "rules.h"
#include "warmgate/kube/storage.h"

namespace warmgate::rules {
namespace {

// The access mode that the driver refuses, where it stands.
std::optional<document::View> refused_mode(const document::View& claim_spec, const kube::BlockOnly& storage) {
  const std::vector<document::View> modes = claim_spec["accessModes"].items();
  const auto found = std::find_if(modes.begin(), modes.end(), [&](const document::View& view) {
    const std::optional<kube::AccessMode> mode = kube::parse_access_mode(view.text());
    return mode == kube::AccessMode::kReadWriteMany ||
           (mode == kube::AccessMode::kReadOnlyMany && !storage.read_only_many);
  });
  return found == modes.end() ? std::nullopt : std::optional(*found);
}

void check_claim(const RuleContext& context, const ClaimSpec& claim, std::vector<Finding>& findings) {
  if (claim.spec["volumeMode"].text() == "Block") {
    return;  // raw devices are another thing: some drivers share those
  }
  const std::optional<ClaimClass> storage_class = class_of(context, claim.spec);
  const kube::BlockOnly* storage =
      storage_class ? context.knowledge.storage.block_only(storage_class->provisioner) : nullptr;
  const std::optional<document::View> mode = storage != nullptr ? refused_mode(claim.spec, *storage) : std::nullopt;
  if (!mode) {
    return;
  }
  findings.push_back({.rule = "WG202",
                      .message = claim.label + " asks " + storage_class->label() + " for " + mode->text() +
                                 ", but that is block storage, which mounts on one node: the claim never binds, and "
                                 "its Pods stay Pending",
                      .help = "use a class that shares: " + storage->instead +
                              "; or ask for ReadWriteOnce when Pods on one node are all that need it",
                      .container = "",
                      .subject = claim.name,
                      .location = {mode->pointer(), 0, 0, false},
                      .at_most = storage_class->by_name ? std::optional(api::Action::kWarn) : std::nullopt});
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const ClaimSpec& claim : claims_to_provision(context)) {
    check_claim(context, claim, findings);
  }
}

}  // namespace

const Rule kWG202_ClassCannotShare = {
    .info =
        {.id = "WG202",
         .slug = "class-cannot-share",
         .default_action = api::Action::kDeny,
         .summary = "a claim asks a class of block storage for ReadWriteMany: it never binds",
         .why =
             "The driver refuses the volume (\"specified multi writer with mount access type\"), the claim stays "
             "Pending, and all that its Pods tell is that they wait for it. The reason stands in the claim's events, "
             "where few people look. It holds for every claim, whatever it is for.",
         .bad = "kind: PersistentVolumeClaim\nspec:\n  accessModes: [ReadWriteMany]\n"
                "  storageClassName: standard-rwo     # Persistent Disk\n",
         .good = "kind: PersistentVolumeClaim\nspec:\n  accessModes: [ReadWriteMany]\n"
                 "  storageClassName: standard-rwx     # Filestore\n",
         .misses =
             "Claims that name no class (the default class is filled in by the API server, so the webhook sees it), "
             "classes that are not among the facts and have no well-known name, and provisioners that are not in "
             "policies/storage.yaml. A class that is known by its name only is a warning at most. Claims that are "
             "bound or name their volume are left alone: a volume made by hand may be anything."},
    .check = check,
};

}  // namespace warmgate::rules
