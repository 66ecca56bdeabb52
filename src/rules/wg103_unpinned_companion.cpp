#include <map>
#include <utility>

#include "claim_contents.h"
#include "rules.h"
#include "warmgate/api/hugging_face.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

std::string role_label(models::Role role) {
  switch (role) {
    case models::Role::kTokenizer:
      return "the tokenizer";
    case models::Role::kCode:
      return "the code";
    case models::Role::kDraft:
      return "the draft model";
    case models::Role::kAdapter:
      return "the adapter";
    case models::Role::kWeights:
      break;
  }
  return "the weights";
}

// The weights of each command: by container and line.
using WeightsByCommand = std::map<std::pair<std::string_view, std::string_view>, const ModelUse*>;

WeightsByCommand weights_in(const models::TemplateReading& reading) {
  WeightsByCommand out;
  for (const ModelUse& use : reading.uses) {
    if (use.role == models::Role::kWeights) {
      out.emplace(std::pair<std::string_view, std::string_view>(use.container, use.script_line), &use);
    }
  }
  return out;
}

const ModelUse* weights_of(const WeightsByCommand& weights, const ModelUse& companion) {
  const auto found = weights.find({companion.container, companion.script_line});
  return found == weights.end() ? nullptr : found->second;
}

// Pinned, but to a commit of another repository: that of the weights, which the engine takes when none is given.
bool has_foreign_commit(const ModelUse& companion, const ModelUse* weights) {
  return weights != nullptr && !weights->local && companion.pinned() && companion.repo != weights->repo &&
         companion.revision == weights->revision;
}

std::string what_is_wrong(const ModelUse& use, const ModelUse* weights) {
  const std::string loads = " loads " + role_label(use.role) + " " + use.repo;
  if (has_foreign_commit(use, weights)) {
    return loads + " at " + use.revision + ", which is the commit of the weights (" + weights->repo +
           "), another repository: it is not found there";
  }
  if (!use.revision_given) {
    return loads + " without a revision: whatever the branch main is that day";
  }
  return loads + " at \"" + use.revision + "\", " + api::describe_revision(use.revision);
}

std::string how_to_mend(const ModelUse& use, bool foreign) {
  const std::string get = "; get the commit with: " + api::commit_command(use.repo);
  if (use.revision_flag.empty()) {
    return (use.cannot_pin.empty() ? use.engine + " takes no commit here; give the path of a downloaded one"
                                   : use.cannot_pin) +
           ": hf download " + use.repo + " --revision <commit>" + get;
  }
  if (use.revision_flag.starts_with('"')) {
    return "give the commit as " + use.revision_flag + get;
  }
  const bool own = use.revision_given && !foreign;
  return (own ? "give the full commit SHA: " : "add ") + use.revision_flag + " <commit>" + get;
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    const WeightsByCommand all_weights = weights_in(reading);
    for (const ModelUse& use : reading.uses) {
      if (use.role == models::Role::kWeights || use.local || !use.verifiable() || !api::is_repo_id(use.repo) ||
          use.repo.find('/') == std::string::npos) {
        continue;  // "ngram", an alias, a file
      }
      const ModelUse* weights = weights_of(all_weights, use);
      const bool foreign = has_foreign_commit(use, weights);
      if (use.pinned() && !foreign) {
        continue;
      }
      findings.push_back({.rule = "WG103",
                          .message = container_label(use) + what_is_wrong(use, weights),
                          .help = how_to_mend(use, foreign),
                          .container = use.container,
                          .subject = use.repo,
                          .location = foreign ? use.source : use.revision_location.value_or(use.source),
                          .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG103_UnpinnedCompanion = {
    .info =
        {.id = "WG103",
         .slug = "unpinned-companion",
         .default_action = api::Action::kWarn,
         .summary = "a tokenizer, code, draft model or adapter is loaded without a full commit SHA of its own",
         .why = "Weights at a commit with a tokenizer or adapter from main are not reproducible: the answers change "
                "when somebody pushes to the other repository, and code from a branch runs in your Pod. Read at the "
                "commit of the weights, another repository is not found at all.",
         .bad = "args: [--model, Qwen/Qwen3-32B, --revision, 9216db5781bf21249d130ec9da846c4624c16137,\n"
                "       --tokenizer, my-org/qwen3-tokenizer]\n",
         .good = "args: [--model, Qwen/Qwen3-32B, --revision, 9216db5781bf21249d130ec9da846c4624c16137,\n"
                 "       --tokenizer, my-org/qwen3-tokenizer,\n"
                 "       --tokenizer-revision, d47b0d4ae4b48fde975756bf360a63a9cca8d470]\n",
         .misses =
             "Repositories that a model's own configuration names (auto_map, base models of adapters, speculators), "
             "adapters loaded by requests at run time, and names that cannot be read."},
    .check = check,
};

}  // namespace warmgate::rules
