#include <algorithm>

#include "claim_contents.h"
#include "rules.h"
#include "warmgate/api/hugging_face.h"

namespace warmgate::rules {
namespace {

using models::Ignored;
using models::IgnoredKind;
using models::ModelUse;

// Whether what is written there would have changed what is loaded.
bool misleads(const Ignored& ignored, const ModelUse& use) {
  switch (ignored.kind) {
    case IgnoredKind::kRevision:
      return !use.local && !use.pinned();
    case IgnoredKind::kModel:
      return use.by_default || (use.repo_known && ignored.value != use.repo && ignored.written != use.repo);
    case IgnoredKind::kConfig:
      return use.by_default || (!use.local && !use.pinned());
  }
  return false;
}

std::string what_is_loaded(const ModelUse& use) {
  const std::string loads = std::string(verb_label(use)) + " ";
  if (use.local || use.pinned()) {
    return loads + use.repo;
  }
  return loads + use.repo + " from " + (use.revision_given ? "\"" + use.revision + "\"" : "the branch main");
}

std::string what_is_ignored(const Ignored& ignored) {
  const std::string value = ignored.value.empty() ? "" : " " + ignored.value;
  switch (ignored.kind) {
    case IgnoredKind::kRevision:
      return "looks pinned by " + ignored.written + value;
    case IgnoredKind::kModel:
      return "names a model with " + ignored.written + value;
    case IgnoredKind::kConfig:
      return "takes settings from " + ignored.written;
  }
  return "";
}

std::string how_to_mend(const Ignored& ignored, const ModelUse& use) {
  if (ignored.kind == IgnoredKind::kModel) {
    return "name the model where " + use.engine + " looks for it, with its commit" +
           (use.revision_flag.empty() ? std::string() : " (" + use.revision_flag + " <commit>)");
  }
  if (ignored.kind == IgnoredKind::kConfig && !ignored.value.empty()) {
    return "write two words: " + ignored.written.substr(0, ignored.written.find('=')) + " " + ignored.value +
           "; or give model and commit as flags, where they can be checked";
  }
  if (use.revision_flag.empty()) {
    return use.engine + " takes no commit here: serve the path of a snapshot in the cache instead";
  }
  if (use.revision_flag == ignored.written) {
    return "give the revision where it is followed, for " + ignored.reason;
  }
  if (ignored.kind == IgnoredKind::kRevision && api::is_commit(ignored.value)) {
    return "write " + use.revision_flag + " " + ignored.value;
  }
  return "write " + use.revision_flag + " <commit>; get the commit with: " + api::commit_command(use.repo);
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const ModelUse& use : reading.uses) {
      const auto found = std::find_if(use.ignored.begin(), use.ignored.end(),
                                      [&](const Ignored& ignored) { return misleads(ignored, use); });
      if (found == use.ignored.end() || !use.verifiable()) {
        continue;
      }
      findings.push_back({.rule = "WG105",
                          .message = container_label(use) + " " + what_is_ignored(*found) + ", but " + found->reason +
                                     ": it " + what_is_loaded(use),
                          .help = how_to_mend(*found, use),
                          .container = use.container,
                          .subject = use.repo,
                          .location = found->location,
                          .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG105_RevisionIgnored = {
    .info = {.id = "WG105",
             .slug = "revision-ignored",
             .default_action = api::Action::kDeny,
             .summary = "a revision or model is given in a way that the engine drops or overrides",
             .why =
                 "It looks pinned to whoever reviews it and is not: the engine loads the branch main, or another model "
                 "altogether, and says nothing.",
             .bad = "# KServe's Hugging Face server knows --model_revision and drops what it does not know:\n"
                    "args: [--model_id=Qwen/Qwen3-32B, --model-revision=9216db5781bf21249d130ec9da846c4624c16137]\n",
             .good = "args: [--model_id=Qwen/Qwen3-32B, --model_revision=9216db5781bf21249d130ec9da846c4624c16137]\n",
             .misses =
                 "What the files of policies/engines do not tell of an engine, and requests that an engine makes for "
                 "main besides the commit it serves."},
    .check = check,
};

}  // namespace warmgate::rules
