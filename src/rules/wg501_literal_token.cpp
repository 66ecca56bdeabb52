#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "rules.h"
#include "warmgate/base/redact.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/secrets.h"

namespace warmgate::rules {
namespace {

using document::View;

// What documentation writes where the reader's token belongs.
bool is_placeholder(const std::string& value) {
  constexpr std::array<std::string_view, 12> kMarks = {"<",      ">",       "your", "replace", "change", "xxx",
                                                       "insert", "example", "...",  "token",   "dummy",  "{{"};
  const std::string lower = base::to_lower(value);
  return value.empty() || std::any_of(kMarks.begin(), kMarks.end(),
                                      [&](std::string_view mark) { return lower.find(mark) != std::string::npos; });
}

Finding finding(std::string container, std::string subject, const std::string& message, models::Location at) {
  return {.rule = "WG501",
          .message = message,
          .help =
              "put the token in a Secret and refer to it (envFrom or secretKeyRef); then revoke this one at "
              "https://huggingface.co/settings/tokens, for it has been seen",
          .container = std::move(container),
          .subject = std::move(subject),
          .location = std::move(at),
          .at_most = std::nullopt};
}

// Token-shaped text in any string below `value`. The depth of JSON is bounded where it is read.
void find_tokens(const View& value, std::vector<models::Location>& found) {
  if (const std::optional<base::TokenPlace> place = base::find_hf_token(value.text())) {
    found.push_back({value.pointer(), place->begin, place->length, false});
  }
  for (const View& item : value.items()) {
    find_tokens(item, found);
  }
  for (const auto& [name, member] : value.members()) {
    find_tokens(member, found);
  }
}

// A finding's identity has no index in it: "/spec/containers/0/env/2/value" is about "spec.containers.env.value".
std::string subject_of(const std::string& pointer) {
  std::string subject;
  for (const std::string_view token : base::split(pointer, '/')) {
    if (!token.empty() && token.find_first_not_of("0123456789") != std::string_view::npos) {
      subject += subject.empty() ? "" : ".";
      subject += token;
    }
  }
  return subject;
}

// The names of the containers by where they stand: "/spec/containers/0/".
std::map<std::string, std::string> container_places(const RuleContext& context) {
  std::map<std::string, std::string> places;
  for (const models::TemplateReading& reading : context.readings) {
    for (const kube::Container& container : kube::containers(reading.pod.spec)) {
      places.emplace(container.view.pointer() + "/", container.name());
    }
  }
  return places;
}

// None of the places begins another one, so only the last before `pointer` can be the beginning of it.
std::string container_at(const std::map<std::string, std::string>& places, const std::string& pointer) {
  const auto after = places.upper_bound(pointer);
  const bool inside = after != places.begin() && pointer.starts_with(std::prev(after)->first);
  return inside ? std::prev(after)->second : "";
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  std::vector<models::Location> tokens;
  find_tokens(context.object.root(), tokens);
  for (const models::TemplateReading& reading : context.readings) {
    for (const kube::Container& container : kube::containers(reading.pod.spec)) {
      for (const View& entry : container.view["env"].items()) {
        const std::string value = entry["value"].text();
        const bool reference = value.find("$(") != std::string::npos;
        if (kube::is_token_variable(entry["name"].text()) && !is_placeholder(value) && !reference &&
            !base::find_hf_token(value)) {
          tokens.push_back({entry["value"].pointer(), 0, 0, false});
        }
      }
    }
  }
  const std::map<std::string, std::string> places = container_places(context);
  for (const models::Location& token : tokens) {
    const std::string container = container_at(places, token.pointer);
    const std::string where = container.empty() ? token.pointer : "container \"" + container + "\"";
    findings.push_back(finding(container, subject_of(token.pointer),
                               where + " carries a Hugging Face token as plain text in the manifest", token));
  }
}

}  // namespace

const Rule kWG501_LiteralToken = {
    .info = {.id = "WG501",
             .slug = "literal-token",
             .default_action = api::Action::kDeny,
             .summary = "a Hugging Face token stands in the manifest",
             .why = "Whoever can read the manifest, the Pod or the audit log has the token, and git keeps it for ever. "
                    "Warmgate never prints it.",
             .bad = "env:\n  - name: HF_TOKEN\n    value: hf_...        # the token itself\n",
             .good = "envFrom:\n  - secretRef: {name: hf-token-secret}\n",
             .misses =
                 "Tokens in Secrets and ConfigMaps, tokens of other services, and placeholders such as <your-token>."},
    .check = check,
};

}  // namespace warmgate::rules
