#include "claim_contents.h"
#include "rules.h"
#include "warmgate/api/hugging_face.h"
#include "warmgate/api/model_cache.h"
#include "wording.h"

namespace warmgate::rules {
namespace {

// The commit that this model has elsewhere in the facts, when there is exactly one: "9216… (Job/model-download)".
struct KnownCommit {
  std::string revision;
  std::string by;
};

std::optional<KnownCommit> known_commit(const RuleContext& context, const models::ModelUse& use) {
  std::optional<KnownCommit> found;
  const auto add = [&](const std::string& repo, const std::string& revision, const std::string& by) {
    const bool contradicts = repo == use.repo && found && found->revision != revision;
    if (repo == use.repo) {
      found = KnownCommit{revision, by};
    }
    return !contradicts;
  };
  if (use.cache.on_claim()) {
    for (const Fetched& fetched : fetched_to_claim(context, use.cache.volume->claim)) {
      if (fetched.pinned && !add(fetched.repo, fetched.revision, fetched.by)) {
        return std::nullopt;
      }
    }
  }
  for (const api::ModelCache& cache : context.known.model_caches(context.object.key().ns)) {
    if (!add(cache.repo, cache.revision, "ModelCache/" + cache.name)) {
      return std::nullopt;
    }
  }
  return found;
}

std::string what_is_wrong(const models::ModelUse& use) {
  const std::string model = std::string(verb_label(use)) + " " + use.repo;
  if (use.by_default) {
    return " names no model, so " + use.engine + " " + model + ", its default, from the branch main";
  }
  if (!use.revision_given) {
    const std::string without = use.revision_flag.empty() || use.by_field ? "a revision" : use.revision_flag;
    return " " + model + " without " + without + ": whatever the branch main is that day";
  }
  return " " + model + " at \"" + use.revision + "\", " + api::describe_revision(use.revision);
}

std::string how_to_mend(const RuleContext& context, const models::ModelUse& use) {
  if (use.revision_flag.empty()) {
    return use.engine + " cannot pin: serve the snapshot's path from the cache instead of the repository's name";
  }
  if (use.by_default) {
    return "name the model and its commit (" + use.revision_flag + ")";
  }
  const std::optional<KnownCommit> known = known_commit(context, use);
  const std::string commit = known ? known->revision : "<commit>";
  if (use.by_field) {
    const std::string help =
        use.revision_given ? "give the full commit SHA: " : "add the commit " + use.revision_flag + ": ";
    return help + (known ? commit + " (that of " + known->by + ")"
                         : commit + "; get the commit with: " + api::commit_command(use.repo));
  }
  std::string help = use.revision_given ? "give the full commit SHA: " : "add ";
  help += use.revision_flag + " " + commit;
  if (!use.script_line.empty() && !use.revision_given) {
    help = "write: " + as_one_line(use.script_line) + " " + use.revision_flag + " " + commit;
  }
  return known ? help + " (the commit of " + known->by + ")"
               : help + "; get the commit with: " + api::commit_command(use.repo);
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const models::ModelUse& use : reading.uses) {
      if (use.role != models::Role::kWeights || use.local || !use.verifiable() || use.pinned()) {
        continue;
      }
      findings.push_back({.rule = "WG101",
                          .message = container_label(use) + what_is_wrong(use),
                          .help = how_to_mend(context, use),
                          .container = use.container,
                          .subject = use.repo,
                          .location = use.revision_location.value_or(use.source),
                          .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG101_UnpinnedRevision = {
    .info = {.id = "WG101",
             .slug = "unpinned-revision",
             .default_action = api::Action::kDeny,
             .summary = "weights are loaded or downloaded without a full commit SHA",
             .why =
                 "A branch or tag moves. The same manifest then serves another model after the next restart, replicas "
                 "of one Deployment can serve different weights, and a cache that was filled yesterday is downloaded "
                 "again on GPU time. Only a commit of 40 hex digits makes the cache a lockfile.",
             .bad = "args: [--model, Qwen/Qwen3-32B]\n",
             .good = "args: [--model, Qwen/Qwen3-32B, --revision, 9216db5781bf21249d130ec9da846c4624c16137]\n",
             .misses = "Models whose name or revision is not in the manifest (a ConfigMap that is not in the "
                       "input, a configuration file of the engine), models named by a path, and whether the commit "
                       "exists on the Hub: Warmgate does not ask "
                       "the Hub."},
    .check = check,
};

}  // namespace warmgate::rules
