#include <algorithm>
#include <map>
#include <set>

#include "claim_contents.h"
#include "rules.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/secrets.h"

namespace warmgate::rules {
namespace {

// The Secrets that a container takes a token from, or all of: by name, with where they are named.
std::map<std::string, document::View> secrets_of(const kube::Container& container) {
  std::map<std::string, document::View> out;
  for (const document::View& entry : container.view["env"].items()) {
    const document::View name = entry["valueFrom"]["secretKeyRef"]["name"];
    if (kube::is_token_variable(entry["name"].text()) && name) {
      out.emplace(name.text(), name);
    }
  }
  for (const document::View& source : container.view["envFrom"].items()) {
    if (const document::View name = source["secretRef"]["name"]) {
      out.emplace(name.text(), name);
    }
  }
  return out;
}

Finding new_finding(const models::ModelUse& use, const std::string& secret, const std::string& elsewhere,
                    const std::string& ns) {
  return {.rule = "WG503",
          .message = container_label(use) + " takes its token from Secret \"" + secret + "\", which is in namespace " +
                     elsewhere + ", but its Pods run in " + ns + ", and a Pod sees the Secrets of its own namespace",
          .help = "create the Secret there too: kubectl create secret generic " + secret +
                  " --from-literal=HF_TOKEN=... -n " + ns,
          .container = use.container,
          .subject = secret,
          .location = {},
          .at_most = std::nullopt};
}

void check_container(const RuleContext& context, const models::ModelUse& use, const kube::Container& container,
                     std::vector<Finding>& findings) {
  const std::string& ns = context.object.key().ns;
  for (const auto& [name, at] : secrets_of(container)) {
    std::vector<std::string> elsewhere = context.facts.secret_namespaces(name);
    const bool here = std::any_of(elsewhere.begin(), elsewhere.end(),
                                  [&](const std::string& other) { return kube::same_namespace(other, ns); });
    if (elsewhere.empty() || here) {
      continue;
    }
    std::sort(elsewhere.begin(), elsewhere.end());
    elsewhere.erase(std::unique(elsewhere.begin(), elsewhere.end()), elsewhere.end());
    findings.push_back(new_finding(use, name, base::join(elsewhere, ", "), ns));
    findings.back().location = {at.pointer(), 0, 0, false};
  }
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    std::set<std::string> done;  // a finding is about the container, however many models it loads
    for (const models::ModelUse& use : reading.uses) {
      const kube::Container* container = reading.containers.find(use.container);
      if (container != nullptr && !use.local && done.insert(use.container).second) {
        check_container(context, use, *container, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG503_SecretElsewhere = {
    .info =
        {.id = "WG503",
         .slug = "secret-elsewhere",
         .default_action = api::Action::kWarn,
         .summary = "the token Secret is in another namespace than the Pods that take their token from it",
         .why = "A Pod can only use Secrets of its own namespace. With the Secret elsewhere the container never starts "
                "(CreateContainerConfigError), or, where the reference is optional, a gated model answers 401 after "
                "the node was paid for.",
         .bad = "kind: Secret\nmetadata: {name: hf-token-secret, namespace: default}\n---\n"
                "kind: Job\nmetadata: {name: model-download, namespace: models}\n",
         .good = "kind: Secret\nmetadata: {name: hf-token-secret, namespace: models}\n---\n"
                 "kind: Job\nmetadata: {name: model-download, namespace: models}\n",
         .misses = "Secrets that are not among the manifests: Warmgate never reads Secrets of a cluster. Objects that "
                   "name no namespace go wherever they are applied, so nothing is said about them."},
    .check = check,
};

}  // namespace warmgate::rules
