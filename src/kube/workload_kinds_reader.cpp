// WorkloadKinds files (policies/kinds/*.yaml) into rows.
#include <array>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/field_reader.h"
#include "warmgate/kube/workload_kinds.h"

namespace warmgate::kube {
namespace {

using document::FieldReader;

// One path, or a list of them.
std::vector<FieldPath> paths_at(FieldReader& reader, const View& value) {
  std::vector<FieldPath> out;
  if (!value.is_array()) {
    if (value) {
      out.push_back(path_at(reader, value));
    }
    return out;
  }
  for (const View& item : value.items()) {
    out.push_back(path_at(reader, item));
  }
  return out;
}

PodCountRule read_pods(FieldReader& reader, const View& view) {
  reader.known_members(view,
                       {"count", "default", "atMost", "min", "max", "defaultMax", "autoscaling", "times", "less",
                        "atLeast", "everyNode", "autoscaled"},
                       "pods has no such field");
  PodCountRule rule;
  rule.count = path_at(reader, view["count"]);
  rule.otherwise = reader.integer(view["default"], 1);
  rule.at_most = path_at(reader, view["atMost"]);
  rule.min = path_at(reader, view["min"]);
  rule.max = path_at(reader, view["max"]);
  if (view["defaultMax"]) {
    rule.default_max = reader.integer(view["defaultMax"], 0);
  }
  rule.autoscaling = path_at(reader, view["autoscaling"]);
  rule.times = paths_at(reader, view["times"]);
  rule.less = reader.integer(view["less"], 0);
  rule.at_least = reader.integer(view["atLeast"], 0);
  rule.every_node = reader.flag(view["everyNode"]);
  rule.autoscaled = reader.flag(view["autoscaled"]);
  return rule;
}

ClaimRule read_claim(FieldReader& reader, const View& view) {
  reader.known_members(view, {"claim", "suffix", "at", "path", "subPath"}, "a claim has no such field");
  ClaimRule rule{path_at(reader, view["claim"]), reader.text(view["suffix"]), reader.text(view["at"]),
                 path_at(reader, view["path"]), path_at(reader, view["subPath"])};
  if (rule.claim.empty()) {
    reader.fail(view, "must say in `claim` which field names the claim");
  } else if (rule.at.empty() == rule.path.empty()) {
    reader.fail(view, "must say where the claim is mounted: `at` a path, or in the field `path`");
  }
  return rule;
}

ContainerRule read_container(FieldReader& reader, const View& view) {
  reader.known_members(view, {"path", "name", "engine", "env", "amounts", "claims"}, "a container has no such field");
  ContainerRule rule;
  rule.path = path_at(reader, view["path"]);
  if (rule.path.empty()) {
    reader.fail(view, "must have a path");
  }
  rule.name = reader.required_text(view["name"]);
  reader.known_members(view["engine"], {"fields", "names"}, "engine has no such field");
  rule.engine_fields = paths_at(reader, view["engine"]["fields"]);
  for (const auto& [said, engine] : view["engine"]["names"].members()) {
    rule.engines[said] = reader.required_text(engine);
  }
  rule.env = paths_at(reader, view["env"]);
  for (const auto& [resource, field] : view["amounts"].members()) {
    rule.amounts[resource] = path_at(reader, field);
  }
  for (const View& claim : reader.objects(view["claims"])) {
    rule.claims.push_back(read_claim(reader, claim));
  }
  return rule;
}

SubmissionRule read_submission(FieldReader& reader, const View& view) {
  reader.known_members(view, {"script", "env", "unless", "movedBy"}, "what is submitted has no such field");
  reader.known_members(view["env"], {"field", "inside"}, "env has no such field");
  SubmissionRule rule{path_at(reader, view["script"]), path_at(reader, view["env"]["field"]),
                      path_at(reader, view["env"]["inside"]), path_at(reader, view["unless"]),
                      paths_at(reader, view["movedBy"])};
  if (rule.script.empty()) {
    reader.fail(view, "must say in `script` which field holds the command line");
  } else if (rule.settings.empty() != rule.variables.empty()) {
    reader.fail(view["env"], "`field` and `inside` belong together");
  }
  return rule;
}

TemplateRule read_template(FieldReader& reader, const View& view) {
  reader.known_members(view,
                       {"path", "shape", "when", "unless", "pods", "completes", "claimTemplates", "strategy", "hidden",
                        "containers", "submitted"},
                       "a template has no such field");
  TemplateRule rule;
  rule.path = path_at(reader, view["path"]);
  const std::string shape = view["shape"] ? reader.text(view["shape"]) : "template";
  if (shape != "template" && shape != "podSpec" && shape != "other") {
    reader.fail(view["shape"], "must be template (metadata and spec), podSpec, or other (containers tell everything)");
  }
  rule.is_pod_spec = shape == "podSpec";
  rule.is_pod = shape != "other";
  rule.when = path_at(reader, view["when"]);
  rule.unless = path_at(reader, view["unless"]);
  rule.pods = read_pods(reader, view["pods"]);
  rule.completes = reader.flag(view["completes"]);
  rule.claim_templates = path_at(reader, view["claimTemplates"]);
  rule.strategy = path_at(reader, view["strategy"]);
  rule.hidden = reader.text(view["hidden"]);
  for (const View& container : reader.objects(view["containers"])) {
    rule.containers.push_back(read_container(reader, container));
  }
  for (const View& submission : reader.objects(view["submitted"])) {
    rule.submitted.push_back(read_submission(reader, submission));
  }
  return rule;
}

std::optional<BorrowRule> read_borrows(FieldReader& reader, const View& view) {
  if (!view) {
    return std::nullopt;
  }
  reader.known_members(view, {"object", "pods", "strategy", "instead"}, "templateOf has no such field");
  reader.known_members(view["instead"], {"field", "is"}, "instead has no such field");
  BorrowRule rule{path_at(reader, view["object"]), read_pods(reader, view["pods"]), path_at(reader, view["strategy"]),
                  path_at(reader, view["instead"]["field"]), reader.strings(view["instead"]["is"])};
  if (rule.object.empty()) {
    reader.fail(view, "must say in `object` which field names the object that has the pod template");
  }
  return rule;
}

WorkloadKind read_kind(FieldReader& reader, const View& view) {
  reader.known_members(view, {"group", "kind", "plural", "podLabel", "templates", "templateOf", "models"},
                       "a workload kind has no such field");
  WorkloadKind kind;
  kind.group = reader.text(view["group"]);
  kind.kind = reader.required_text(view["kind"]);
  reader.text(view["plural"]);
  kind.pod_label = reader.text(view["podLabel"]);
  for (const View& row : reader.objects(view["templates"])) {
    kind.templates.push_back(read_template(reader, row));
  }
  kind.borrows = read_borrows(reader, view["templateOf"]);
  if (kind.templates.empty() && view["models"].size() == 0) {
    reader.fail(view, "must have templates (where Pods stand) or models (fields that name a model)");
  }
  return kind;
}

}  // namespace

base::Result<std::vector<WorkloadKind>> read_workload_kinds(const document::Document& document) {
  FieldReader reader(document);
  const View root(document.value());
  const std::string kind = root["kind"].text();
  if (kind != "WorkloadKinds") {
    constexpr std::size_t kMaxKind = 60;
    reader.fail(root, "this is " + (kind.empty() ? "an object without a kind" : "a " + base::one_line(kind, kMaxKind)) +
                          ", not a WorkloadKinds; files of workload kinds have kind: WorkloadKinds");
  }
  reader.known_members(root, {"apiVersion", "kind", "metadata", "spec"}, "a file of workload kinds has no such field");
  reader.known_members(root["spec"], {"kinds", "podSpecModels"}, "spec has no such field");
  std::vector<WorkloadKind> kinds;
  for (const View& view : reader.objects(root["spec"]["kinds"])) {
    kinds.push_back(read_kind(reader, view));
  }
  if (kinds.empty() && !root["spec"]["podSpecModels"]) {
    reader.fail(root["spec"]["kinds"], "must list at least one kind");
  }
  if (!reader.error().empty()) {
    return base::Error{reader.error()};
  }
  return kinds;
}

}  // namespace warmgate::kube
