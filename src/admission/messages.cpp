#include "messages.h"

#include <algorithm>
#include <map>
#include <set>

#include "warmgate/api/names.h"
#include "warmgate/base/text.h"

namespace warmgate::admission {
namespace {

using api::Action;
using engine::JudgedFinding;

constexpr std::size_t kMaxWarningsTotal = 4096;
constexpr std::size_t kMaxListed = 40;

std::string line(const JudgedFinding& judged, const base::Redactor& redact) {
  return std::string(judged.finding.rule) + " " + std::string(rules::find_rule(judged.finding.rule)->info.slug) + ": " +
         redact(judged.finding.message);
}

// What kube-apiserver would make of too many warnings, and how many it would leave out.
std::vector<std::string> cut(const std::vector<std::string>& whole) {
  // Room for the line that counts the rest.
  constexpr std::size_t kReserve = 80;
  std::vector<std::string> out;
  std::size_t total = 0;
  std::size_t left_out = 0;
  for (const std::string& warning : whole) {
    std::string text = base::one_line(warning, kMaxWarning);
    if (std::find(out.begin(), out.end(), text) != out.end()) {
      continue;
    }
    const std::size_t size = base::count_code_points(text);
    if (total + size > kMaxWarningsTotal - kReserve) {
      ++left_out;
      continue;
    }
    total += size;
    out.push_back(std::move(text));
  }
  if (left_out > 0) {
    out.push_back(std::to_string(left_out) + " more findings of Warmgate: run `warmgate lint` on the manifest");
  }
  return out;
}

}  // namespace

std::string denial_message(const kube::Object& object, const engine::Judgement& judgement,
                           const base::Redactor& redact) {
  const auto is_denial = [](const JudgedFinding& judged) { return judged.action == Action::kDeny; };
  const auto count =
      static_cast<std::size_t>(std::count_if(judgement.findings.begin(), judgement.findings.end(), is_denial));
  std::string out = "Warmgate refuses " + base::one_line(redact(object.display_name()), kMaxWarning) + ": " +
                    std::to_string(count) + (count == 1 ? " problem" : " problems");
  std::size_t number = 0;
  for (const JudgedFinding& judged : judgement.findings) {
    if (!is_denial(judged) || ++number > kMaxListed) {
      continue;
    }
    constexpr std::size_t kMaxLine = 1000;
    out += "\n" + std::to_string(number) + ". " + base::one_line(line(judged, redact), kMaxLine);
    if (!judged.finding.location.pointer.empty()) {
      const models::Location& place = judged.finding.location;
      const std::string where = place.object ? place.object->display_name() + " " + place.pointer : place.pointer;
      out += "\n   at " + base::one_line(redact(where), kMaxLine);
    }
    if (!judged.finding.help.empty()) {
      out += "\n   fix: " + base::one_line(redact(judged.finding.help), kMaxLine);
    }
    out += "\n   more: warmgate explain " + std::string(judged.finding.rule);
  }
  if (number > kMaxListed) {
    out += "\nand " + std::to_string(number - kMaxListed) + " more: run `warmgate lint` on the manifest";
  }
  return out;
}

std::vector<std::string> warnings(const engine::Judgement& judgement, const base::Redactor& redact) {
  std::vector<std::string> whole;
  std::set<std::string> seen;
  std::size_t total = 0;
  for (const JudgedFinding& judged : judgement.findings) {
    if (judged.action != Action::kWarn) {
      continue;
    }
    const std::string help = judged.finding.help.empty() ? "" : " (" + redact(judged.finding.help) + ")";
    std::string text = base::one_line(line(judged, redact) + help, kMaxWarningsTotal);
    if (seen.insert(text).second) {
      total += base::count_code_points(text);
      whole.push_back(std::move(text));
    }
  }
  return total <= kMaxWarningsTotal ? whole : cut(whole);
}

std::vector<std::string> warnings(const inject::Restoration& restoration, const base::Redactor& redact) {
  std::vector<std::string> whole;
  for (const inject::Restored& restored : restoration.restored) {
    whole.push_back(redact("Warmgate keeps \"" + base::join(restored.words, " ") + "\" in the " + restored.list +
                           " of container \"" + restored.container +
                           "\": the Pod was given it from a ModelCache when it was created"));
  }
  if (restoration.gate) {
    whole.push_back("Warmgate keeps the scheduling gate " + std::string(api::kGate) +
                    ": the Pod waits for its ModelCache; `warmgate gates release` lets it go");
  }
  return cut(whole);
}

std::string doubts_text(const std::vector<kube::FactsDoubt>& doubts) {
  std::vector<std::string> old;
  std::vector<std::string> unread;
  std::chrono::seconds oldest{0};
  for (const kube::FactsDoubt& doubt : doubts) {
    (doubt.age ? old : unread).push_back(doubt.resource);
    oldest = std::max(oldest, doubt.age.value_or(oldest));
  }
  std::vector<std::string> parts;
  if (!old.empty()) {
    parts.push_back(base::join(old, ", ") + " (not confirmed for " + std::to_string(oldest.count()) + " s)");
  }
  if (!unread.empty()) {
    parts.push_back(base::join(unread, ", ") + " (never read)");
  }
  return base::join(parts, "; ");
}

std::vector<std::pair<std::string, std::string>> audit_annotations(const engine::Judgement& judgement,
                                                                   const base::Redactor& redact) {
  std::map<std::string, std::string> by_rule;
  for (const JudgedFinding& judged : judgement.findings) {
    std::string& text = by_rule[std::string(judged.finding.rule)];
    text +=
        (text.empty() ? "" : "; ") + std::string(api::to_string(judged.action)) + ": " + redact(judged.finding.message);
  }
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(by_rule.size());
  for (const auto& [rule, text] : by_rule) {
    out.emplace_back(rule, base::one_line(text, kMaxAnnotation));
  }
  return out;
}

}  // namespace warmgate::admission
