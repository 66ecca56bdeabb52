#include <algorithm>

#include "claim_contents.h"
#include "rules.h"

namespace warmgate::rules {
namespace {

// The download that should have been of the worker's commit: one of the same repository, else any.
const Fetched* disagreeing(const std::vector<Fetched>& fetched, const models::ModelUse& use, bool claim_known) {
  const Fetched* other_commit = nullptr;
  const Fetched* other_repo = nullptr;
  for (const Fetched& download : fetched) {
    if (!download.verifiable ||
        (download.repo == use.repo && (!download.pinned || download.revision == use.revision))) {
      return nullptr;  // it has what is needed, or may have
    }
    (download.repo == use.repo ? other_commit : other_repo) = &download;
  }
  if (other_commit != nullptr) {
    return other_commit;
  }
  // Without the claim in sight its other downloads may be out of sight as well.
  return claim_known ? other_repo : nullptr;
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const models::ModelUse& use : reading.uses) {
      const bool hub_worker = use.verb == models::Verb::kServe && use.role == models::Role::kWeights && !use.local;
      if (!hub_worker || !use.pinned() || !use.repo_known || !use.cache.on_claim()) {
        continue;
      }
      const std::string& claim = use.cache.volume->claim;
      const bool claim_known = context.facts.claim(context.object.key().ns, claim).has_value();
      const std::vector<Fetched>& fetched = fetched_to_claim(context, claim);
      const Fetched* other = disagreeing(fetched, use, claim_known);
      if (other == nullptr) {
        continue;
      }
      const bool same_repo = other->repo == use.repo;
      findings.push_back({.rule = "WG102",
                          .message = container_label(use) + " serves " + use.repo + " at " + use.revision + ", but " +
                                     other->by + " fills claim \"" + claim + "\" with " +
                                     (same_repo ? other->revision : other->repo + " at " + other->revision),
                          .help = same_repo
                                      ? "give both the same commit, or add a download of this commit"
                                      : "add a download of " + use.repo + " at this commit, or serve " + other->repo,
                          .container = use.container,
                          .subject = use.repo,
                          .location = same_repo ? use.revision_location.value_or(use.source) : use.source,
                          .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG102_RevisionMismatch = {
    .info = {.id = "WG102",
             .slug = "revision-mismatch",
             .default_action = api::Action::kDeny,
             .summary = "the worker and the download (or ModelCache) of its claim disagree on repository or commit",
             .why =
                 "The worker looks for a snapshot that nobody put there. On a read-only cache it dies; on a writable "
                 "one it downloads the whole model while it holds the GPU.",
             .bad = "# Job:        hf download Qwen/Qwen3-32B --revision 9216db5781bf21249d130ec9da846c4624c16137\n"
                    "# Deployment:\n"
                    "args: [--model, Qwen/Qwen3-32B, --revision, d47b0d4ae4b48fde975756bf360a63a9cca8d470]\n",
             .good = "# Deployment, the same commit as the Job:\n"
                     "args: [--model, Qwen/Qwen3-32B, --revision, 9216db5781bf21249d130ec9da846c4624c16137]\n",
             .misses =
                 "Downloads that are not among the facts: a Job that was deleted, a claim filled by hand. Another "
                 "repository is reported only when the claim itself is known and every download on it can be read."},
    .check = check,
};

}  // namespace warmgate::rules
