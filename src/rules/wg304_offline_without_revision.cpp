#include "cache_places.h"
#include "claim_contents.h"
#include "rules.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

std::string revision_label(const ModelUse& use) {
  if (use.revision_given) {
    return "at \"" + use.revision + "\"";
  }
  return "without " + (use.revision_flag.empty() ? "a revision" : use.revision_flag);
}

void check_use(const RuleContext& context, const ModelUse& use, std::vector<Finding>& findings) {
  const Fetched* filled = filled_by_commit(fetched_to_claim(context, use.cache.volume->claim), use);
  if (filled == nullptr) {
    return;
  }
  const std::string branch = use.revision_given ? use.revision : "main";
  const std::string help = use.revision_flag.empty()
                               ? "serve the path of the snapshot: " + snapshot_path(use, filled->revision)
                               : (use.revision_given ? "give " : "add ") + use.revision_flag + " " + filled->revision +
                                     " (the commit of " + filled->by + ")";
  findings.push_back({.rule = "WG304",
                      .message = container_label(use) + " is offline and serves " + use.repo + " " +
                                 revision_label(use) + ", but " + filled->by + " filled claim \"" +
                                 use.cache.volume->claim + "\" by commit, which leaves no refs/" + branch +
                                 ": the model is not found and the Pod dies",
                      .help = help,
                      .container = use.container,
                      .subject = use.repo,
                      .location = use.revision_location.value_or(use.source),
                      .at_most = std::nullopt});
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const ModelUse& use : reading.uses) {
      if (serves_from_hub(use) && use.offline && use.verifiable() && !use.pinned() && use.cache.on_claim()) {
        check_use(context, use, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG304_OfflineWithoutRevision = {
    .info =
        {.id = "WG304",
         .slug = "offline-without-revision",
         .default_action = api::Action::kDeny,
         .summary = "HF_HUB_OFFLINE=1 without a commit on a cache that was filled by commit",
         .why = "Without a revision a library asks for main, and offline it looks that up in refs/main of the cache. A "
                "download by commit writes no refs (huggingface_hub _snapshot_download.py:397-408), so the worker dies "
                "with LocalEntryNotFoundError although every byte is there.",
         .bad = "# Job: hf download Qwen/Qwen3-32B --revision 9216db5781bf21249d130ec9da846c4624c16137\n"
                "args: [--model, Qwen/Qwen3-32B]\nenv: [{name: HF_HUB_OFFLINE, value: \"1\"}]\n",
         .good = "args: [--model, Qwen/Qwen3-32B, --revision, 9216db5781bf21249d130ec9da846c4624c16137]\n"
                 "env: [{name: HF_HUB_OFFLINE, value: \"1\"}]\n",
         .misses = "Downloads that are not among the facts, refs that somebody wrote by hand, and variables of "
                   "a ConfigMap that is not in the input. Caches that a ModelCache has downloaded have refs."},
    .check = check,
};

}  // namespace warmgate::rules
