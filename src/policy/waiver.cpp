#include "warmgate/policy/waiver.h"

#include <algorithm>
#include <set>
#include <utility>

#include "warmgate/base/redact.h"
#include "warmgate/base/text.h"

namespace warmgate::policy {
namespace {

using document::View;
using models::Location;

// kube-apiserver shows 256 characters of a warning (apiserver endpoints/filters/warning.go): the finding must fit
// behind the reason.
constexpr std::size_t kMaxReason = 120;
// More rules than there are; annotations may have 256 KiB.
constexpr std::size_t kMaxEntries = 64;
constexpr std::size_t kMaxShown = 60;

// What the author wrote, for a message. Cutting comes last: half a token is no longer recognised as one.
std::string shown(std::string_view text) { return base::one_line(base::Redactor()(text), kMaxShown); }

class Reader {
 public:
  Reader(std::string ns, const Policy& policy) : ns_(std::move(ns)), policy_(policy) {}

  void add(const View& annotation) {
    if (!annotation.is_string()) {
      return;
    }
    const std::string text = annotation.text();
    rules_here_.clear();
    std::size_t count = 0;
    // A block scalar with a waiver on each line is what many would write.
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find_first_of(";\n", begin), text.size());
      const std::string_view entry = base::trim(std::string_view(text).substr(begin, end - begin));
      const Location place{annotation.pointer(), static_cast<std::size_t>(entry.data() - text.data()), entry.size(),
                           false};
      begin = end + 1;
      if (entry.empty()) {
        continue;
      }
      if (++count > kMaxEntries) {
        mistake(place, "", "more than " + std::to_string(kMaxEntries) + " waivers; the rest is not read", "");
        return;
      }
      add_entry(entry, place);
    }
    if (count == 0) {
      mistake({annotation.pointer(), 0, 0, false}, "", "it waives nothing", kForm);
    }
  }

  Waivers result() && { return std::move(waivers_); }

 private:
  static constexpr std::string_view kForm = "write \"WG205=why it is all right here\"; a ; separates several";

  void mistake(const Location& place, const std::string& subject, const std::string& what, std::string_view help) {
    waivers_.mistakes.push_back({.rule = "WG008",
                                 .message = "annotation " + std::string(kWaiveAnnotation) + ": " + what,
                                 .help = std::string(help),
                                 .container = "",
                                 .subject = subject,
                                 .location = place,
                                 .at_most = std::nullopt});
  }

  void add_entry(std::string_view entry, const Location& place) {
    const std::size_t equals = entry.find('=');
    const std::string name = shown(base::trim(entry.substr(0, equals)));
    const std::string_view reason =
        equals == std::string_view::npos ? std::string_view() : base::trim(entry.substr(equals + 1));
    const rules::Rule* rule = rules::find_rule(name);
    if (rule == nullptr) {
      mistake(place, name, "there is no rule \"" + name + "\"",
              equals == std::string_view::npos ? std::string(kForm) : rules::hint_for_unknown_rule(name));
      return;
    }
    const std::string id(rule->info.id);
    if (rules::is_input_rule(id)) {
      mistake(place, id, id + " is about the input itself and cannot be waived", "mend what it finds");
    } else if (reason.empty()) {
      mistake(place, id, "the waiver of " + id + " has no reason", kForm);
    } else if (const std::size_t length = base::count_code_points(base::to_valid_utf8(reason)); length > kMaxReason) {
      mistake(place, id,
              "the reason for " + id + " has " + std::to_string(length) + " characters; at most " +
                  std::to_string(kMaxReason) + " are allowed",
              "shorten it, or point to where the rest is written");
    } else if (!rules_here_.insert(id).second) {
      mistake(place, id, "a second waiver of " + id + "; the first one counts", "remove one");
    } else if (!policy_.may_waive(id, ns_)) {
      mistake(place, id, "the policy lets nobody waive " + id + (ns_.empty() ? " here" : " in namespace " + shown(ns_)),
              "mend what it finds, or ask those who keep the policy to list " + id + " in spec.waivers.allowed");
    } else {
      grant({rule->info.id, base::one_line(reason, kMaxReason), place});
    }
  }

  // The object and its template may both say it.
  void grant(Waiver waiver) {
    const bool known = std::any_of(waivers_.granted.begin(), waivers_.granted.end(),
                                   [&](const Waiver& other) { return other.rule == waiver.rule; });
    if (!known) {
      waivers_.granted.push_back(std::move(waiver));
    }
  }

  const std::string ns_;
  const Policy& policy_;
  std::set<std::string> rules_here_;
  Waivers waivers_;
};

}  // namespace

Waivers read_waivers(const kube::Object& object, const Policy& policy, const kube::WorkloadKinds& kinds) {
  Reader reader(object.key().ns, policy);
  const View own = object.root()["metadata"]["annotations"][kWaiveAnnotation];
  reader.add(own);
  for (const kube::PodTemplate& pod : kinds.pod_templates(object)) {
    const View annotation = pod.metadata["annotations"][kWaiveAnnotation];
    if (annotation.pointer() != own.pointer()) {
      reader.add(annotation);
    }
  }
  return std::move(reader).result();
}

rules::Finding unused(const Waiver& waiver) {
  const std::string id(waiver.rule);
  return {.rule = "WG008",
          .message = "annotation " + std::string(kWaiveAnnotation) + ": nothing here needs the waiver of " + id,
          .help = "remove it, so that it does not waive what comes later",
          .container = "",
          .subject = id,
          .location = waiver.location,
          .at_most = api::Action::kAudit};
}

}  // namespace warmgate::policy
