#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

#include "claim_contents.h"
#include "rules.h"
#include "warmgate/base/text.h"

namespace warmgate::rules {
namespace {

constexpr std::array kRules = {
#define WARMGATE_RULE(name) &k##name,
#include "registry.inc"
#undef WARMGATE_RULE
};

// One mistake, one finding: where both are found for the same container, the first hides the second.
struct Overlap {
  std::string_view hides;
  std::string_view hidden;
};
constexpr std::array kOverlaps = {
    Overlap{"WG101", "WG102"},
    // A tokenizer that is named like its model.
    Overlap{"WG101", "WG103"},
    // What is written for a branch only.
    Overlap{"WG101", "WG305"},
    Overlap{"WG105", "WG101"},
    Overlap{"WG105", "WG304"},
    Overlap{"WG302", "WG205"},
    Overlap{"WG303", "WG102"},
    Overlap{"WG304", "WG101"},
    Overlap{"WG401", "WG404"},
};

void remove_overlaps(std::vector<Finding>& findings) {
  std::set<Finding::Identity> found;
  for (const Finding& finding : findings) {
    found.insert(finding.identity());
  }
  const auto hidden = [&](const Finding& finding) {
    return std::any_of(kOverlaps.begin(), kOverlaps.end(), [&](const Overlap& overlap) {
      return overlap.hidden == finding.rule && found.contains({overlap.hides, finding.container, finding.subject});
    });
  };
  std::vector<Finding> kept;
  std::copy_if(findings.begin(), findings.end(), std::back_inserter(kept),
               [&](const Finding& finding) { return !hidden(finding); });
  findings = std::move(kept);
}

// Two uses of one command can make the same finding (a tokenizer beside its model).
std::vector<Finding> without_repetitions(const std::vector<Finding>& findings) {
  std::set<Finding::Identity> seen;
  std::vector<Finding> unique;
  std::copy_if(findings.begin(), findings.end(), std::back_inserter(unique),
               [&](const Finding& finding) { return seen.insert(finding.identity()).second; });
  return unique;
}

// Where it stands is not in the workload, whose name goes before every finding.
void name_other_objects(std::vector<Finding>& findings) {
  for (Finding& finding : findings) {
    if (finding.location.object) {
      finding.message.append(" (written in ").append(finding.location.object->display_name()).append(")");
    }
  }
}

}  // namespace

std::span<const Rule* const> all_rules() { return kRules; }

const Rule* find_rule(std::string_view id_or_slug) {
  const std::string wanted = base::to_lower(id_or_slug);
  for (const Rule* rule : kRules) {
    if (base::to_lower(rule->info.id) == wanted || rule->info.slug == wanted) {
      return rule;
    }
  }
  return nullptr;
}

std::string hint_for_unknown_rule(std::string_view name) {
  std::vector<std::string> names;
  for (const Rule* rule : kRules) {
    names.emplace_back(rule->info.id);
    names.emplace_back(rule->info.slug);
  }
  const std::optional<std::string> meant = base::closest_match(name, names);
  return meant ? "did you mean " + *meant + "?" : "`warmgate explain` lists the rules";
}

bool is_input_rule(std::string_view id) { return id.starts_with("WG0"); }

std::vector<Finding> check_workload(const RuleContext& given) {
  const ClaimContents contents(given);
  RuleContext context = given;
  context.contents = &contents;
  std::vector<Finding> findings;
  for (const Rule* rule : kRules) {
    if (rule->check != nullptr) {
      rule->check(context, findings);
    }
  }
  remove_overlaps(findings);
  findings = without_repetitions(findings);
  name_other_objects(findings);
  return findings;
}

}  // namespace warmgate::rules
