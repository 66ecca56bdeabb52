#include "claim_storage.h"

#include <utility>

namespace warmgate::rules {
namespace {

// A volume for the claim is there already, or named.
bool has_volume(const RuleContext& context, const kube::Object& claim) {
  const document::View spec = claim.root()["spec"];
  return !spec["volumeName"].text().empty() || spec["selector"].is_object() ||
         claim.root()["status"]["phase"].text() == "Bound" || context.facts.persistent_volume(claim).has_value();
}

}  // namespace

std::string ClaimClass::label() const {
  return "class \"" + name + "\" (" + provisioner + (by_name ? ", by its name" : "") + ")";
}

std::vector<ClaimSpec> claims_to_provision(const RuleContext& context) {
  std::vector<ClaimSpec> out;
  if (context.object.is("", "PersistentVolumeClaim") && !has_volume(context, context.object)) {
    const std::string& name = context.object.key().name;
    out.push_back({"claim \"" + name + "\"", name, context.object.root()["spec"]});
  }
  for (const models::TemplateReading& reading : context.readings) {
    for (const document::View& claim : reading.pod.claim_templates.items()) {
      const std::string name = claim["metadata"]["name"].text();
      out.push_back({"volumeClaimTemplate \"" + name + "\"", name, claim["spec"]});
    }
    for (const document::View& volume : reading.pod.spec["volumes"].items()) {
      if (const document::View spec = volume["ephemeral"]["volumeClaimTemplate"]["spec"]) {
        const std::string name = volume["name"].text();
        out.push_back({"ephemeral volume \"" + name + "\"", name, spec});
      }
    }
  }
  return out;
}

std::optional<ClaimClass> class_of(const RuleContext& context, const document::View& claim_spec) {
  ClaimClass out;
  out.name = claim_spec["storageClassName"].text();
  if (out.name.empty()) {
    return std::nullopt;
  }
  if (const std::optional<kube::Object> known = context.facts.storage_class(out.name)) {
    out.provisioner = known->root()["provisioner"].text();
    for (const auto& [name, value] : known->root()["parameters"].members()) {
      out.parameters[name] = value.text();
    }
    return out;
  }
  const kube::WellKnownClass* named = context.knowledge.storage.well_known_class(out.name);
  if (named == nullptr || context.facts.complete()) {
    return std::nullopt;
  }
  out.provisioner = named->provisioner;
  out.parameters = named->parameters;
  out.by_name = true;
  return out;
}

document::View requested_storage(const document::View& claim_spec) {
  return claim_spec["resources"]["requests"]["storage"];
}

}  // namespace warmgate::rules
