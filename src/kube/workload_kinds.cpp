#include "warmgate/kube/workload_kinds.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <utility>

#include "warmgate/document/embedded.h"
#include "warmgate/kube/workload.h"

namespace warmgate::kube {
namespace {

// Counts are int32 in every API; what is above is nonsense, and products of two must not overflow.
constexpr std::int64_t kMostPods = 0x7fffffff;

// A number, also one in quotes: annotations hold strings only.
std::optional<std::int64_t> count_at(const View& value) {
  std::optional<std::int64_t> number = value.integer();
  if (const std::optional<std::string> text = value.string(); text && !text->empty()) {
    std::int64_t parsed = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), parsed);
    if (error == std::errc() && end == text->data() + text->size()) {
      number = parsed;
    }
  }
  return number ? std::optional(std::clamp<std::int64_t>(*number, 0, kMostPods)) : std::nullopt;
}

bool is_set(const View& value) { return value && value.boolean().value_or(true); }

std::int64_t product(std::int64_t a, std::int64_t b) { return std::min(a * b, kMostPods); }

PodCount count_pods(const View& root, const FieldPlace& place, const PodCountRule& rule) {
  PodCount out;
  out.autoscaled = rule.autoscaled;
  if (rule.every_node) {
    out.own.max = std::nullopt;
    return out;
  }
  ReplicaRange& range = out.own;
  const View count = rule.count.find(root, place);
  const std::optional<std::int64_t> given = rule.count.empty() ? std::nullopt : count_at(count);
  range.min = given.value_or(rule.otherwise);
  range.max = range.min;
  range.pointer = given ? count.pointer() : "";
  const View at_most = rule.at_most.find(root, place);
  if (const std::optional<std::int64_t> most = count_at(at_most); most && *most < *range.max) {
    range = {*most, *most, at_most.pointer(), ""};
  }
  if (rule.autoscaling.empty() || is_set(rule.autoscaling.find(root, place))) {
    const View max = rule.max.find(root, place);
    const std::optional<std::int64_t> most = count_at(max);
    if (most.value_or(rule.default_max.value_or(0)) > *range.max) {
      range.max = most.value_or(rule.default_max.value_or(0));
      range.pointer = most ? max.pointer() : "";
    }
    range.min = std::min(range.min, count_at(rule.min.find(root, place)).value_or(range.min));
  }
  range.max = std::max(*range.max, rule.at_least);
  for (const FieldPath& factor : rule.times) {
    out.per_replica = product(out.per_replica, count_at(factor.find(root, place)).value_or(1));
  }
  out.per_replica = std::max<std::int64_t>(out.per_replica - rule.less, 0);
  range.min = product(range.min, out.per_replica);
  range.max = product(*range.max, out.per_replica);
  return out;
}

// The claims that a rule finds, as volumes and mounts named after their claims.
void add_claims(const View& root, const FieldPlace& place, const ClaimRule& rule, std::vector<Volume>& volumes,
                std::vector<Mount>& mounts) {
  for (const FieldPlace& found : rule.claim.places(root, place)) {
    const std::string name = found.view.text() + rule.suffix;
    const std::string at = rule.path.empty() ? rule.at : rule.path.find(root, found).text();
    if (found.view.text().empty() || at.empty()) {
      continue;
    }
    volumes.push_back({found.view, name, VolumeType::kClaim, name, false});
    Mount mount;
    mount.view = found.view;
    mount.volume = name;
    mount.path = normalize_path(at);
    mount.sub_path = relative_path(normalize_path(rule.sub_path.find(root, found).text()), "/");
    mounts.push_back(std::move(mount));
  }
}

std::string engine_of(const View& root, const FieldPlace& place, const ContainerRule& rule) {
  for (const FieldPath& field : rule.engine_fields) {
    if (const std::string said = field.find(root, place).text(); !said.empty()) {
      const auto found = rule.engines.find(said);
      return found == rule.engines.end() ? "" : found->second;
    }
  }
  return "";
}

void add_container(const View& root, const ContainerRule& rule, const std::string& hidden, PodTemplate& pod) {
  for (const FieldPlace& found : rule.path.places(root, pod.place)) {
    if (!found.view.is_object()) {
      continue;
    }
    auto extras = std::make_shared<ContainerExtras>();
    extras->name = rule.name;
    extras->engine = engine_of(root, found, rule);
    extras->hidden = hidden;
    for (const FieldPath& env : rule.env) {
      extras->env.push_back(env.find(root, found));
    }
    for (const auto& [resource, field] : rule.amounts) {
      if (const std::optional<std::int64_t> amount = count_at(field.find(root, found))) {
        extras->amounts[resource] = std::to_string(*amount);
      }
    }
    for (const ClaimRule& claim : rule.claims) {
      add_claims(root, found, claim, pod.more_volumes, extras->mounts);
    }
    pod.more_containers.push_back({found.view, ContainerKind::kMain, std::move(extras)});
  }
}

// A number above zero, or any other value that says something.
bool says_something(const View& value) {
  return value && value.integer().value_or(1) > 0 && !value.string().value_or("set").empty();
}

void add_submission(const View& root, const SubmissionRule& rule, PodTemplate& pod) {
  const View script = rule.script.find(root, pod.place);
  if (!says_something(script) || rule.unless.find(root, pod.place)) {
    return;
  }
  Submission submission{script, rule.settings.find(root, pod.place), rule.variables, ""};
  for (const FieldPath& field : rule.moved) {
    if (submission.moved.empty() && says_something(field.find(root, pod.place))) {
      submission.moved = field.text();
    }
  }
  auto extras = std::make_shared<ContainerExtras>(pod.of_first ? *pod.of_first
                                                  : pod.of_all ? *pod.of_all
                                                               : ContainerExtras());
  extras->submissions.push_back(std::move(submission));
  pod.of_first = std::move(extras);
}

void add_templates(const View& root, const TemplateRule& rule, std::vector<PodTemplate>& out) {
  std::vector<FieldPlace> places = rule.path.places(root, {});
  if (rule.path.empty()) {
    places.push_back({{}, {}, root});  // the object is the template: a Pod
  }
  for (const FieldPlace& place : places) {
    const bool fits =
        (rule.when.empty() || rule.when.find(root, place)) && (rule.unless.empty() || !rule.unless.find(root, place));
    const View spec = rule.is_pod_spec ? place.view : place.view["spec"];
    if (!fits || (rule.is_pod ? !spec.is_object() : !place.view.is_object())) {
      continue;
    }
    PodTemplate pod;
    pod.metadata = rule.is_pod_spec ? place.view : place.view["metadata"];
    pod.spec = rule.is_pod ? spec : View();
    pod.place = place;
    pod.claim_templates = rule.claim_templates.find(root, place);
    pod.strategy = rule.strategy.find(root, place);
    pod.count = count_pods(root, place, rule.pods);
    const std::string policy = pod.spec["restartPolicy"].text();
    pod.completes = rule.completes || (rule.path.empty() && (policy == "Never" || policy == "OnFailure"));
    if (!rule.hidden.empty()) {
      auto extras = std::make_shared<ContainerExtras>();
      extras->hidden = rule.hidden;
      pod.of_all = std::move(extras);
    }
    for (const ContainerRule& container : rule.containers) {
      add_container(root, container, rule.hidden, pod);
    }
    for (const SubmissionRule& submission : rule.submitted) {
      add_submission(root, submission, pod);
    }
    out.push_back(std::move(pod));
  }
}

}  // namespace

base::Status WorkloadKinds::add(const document::Document& document) {
  base::Result<std::vector<WorkloadKind>> read = read_workload_kinds(document);
  if (!read) {
    return read.error();
  }
  for (WorkloadKind& kind : read.value()) {
    const auto [known, is_new] = by_name_.emplace(std::pair(kind.group, kind.kind), kinds_.size());
    if (is_new) {
      kinds_.push_back(std::move(kind));
    } else {
      kinds_[known->second] = std::move(kind);
    }
  }
  return base::ok_status();
}

base::Result<WorkloadKinds> WorkloadKinds::built_in() {
  WorkloadKinds kinds;
  const base::Result<std::vector<document::Document>> documents = document::embedded_documents("policies/kinds/");
  if (!documents) {
    return documents.error();
  }
  for (const document::Document& document : *documents) {
    if (const base::Status added = kinds.add(document); !added) {
      return added.error();
    }
  }
  return kinds;
}

const WorkloadKind* WorkloadKinds::find(const Object& object) const {
  const auto found = by_name_.find(std::pair(object.key().group, object.key().kind));
  return found == by_name_.end() ? nullptr : &kinds_[found->second];
}

std::vector<std::string> WorkloadKinds::names() const {
  std::vector<std::string> names;
  for (const WorkloadKind& kind : kinds_) {
    if (std::find(names.begin(), names.end(), kind.kind) == names.end()) {
      names.push_back(kind.kind);
    }
  }
  return names;
}

std::vector<PodTemplate> WorkloadKinds::pod_templates(const Object& object) const {
  std::vector<PodTemplate> out;
  if (const WorkloadKind* kind = find(object)) {
    for (const TemplateRule& rule : kind->templates) {
      add_templates(object.root(), rule, out);
    }
  }
  return out;
}

std::optional<BorrowedTemplate> WorkloadKinds::borrowed_template(const Object& object) const {
  const WorkloadKind* kind = find(object);
  const View reference = kind != nullptr && kind->borrows ? kind->borrows->object.find(object.root(), {}) : View();
  if (reference["name"].text().empty()) {
    return std::nullopt;
  }
  const BorrowRule& rule = *kind->borrows;
  const std::string said = rule.instead.find(object.root(), {}).text();
  return BorrowedTemplate{
      {group_of(reference["apiVersion"].text()), reference["kind"].text(), object.key().ns, reference["name"].text()},
      count_pods(object.root(), {}, rule.pods),
      rule.strategy.find(object.root(), {}),
      std::find(rule.instead_values.begin(), rule.instead_values.end(), said) != rule.instead_values.end()};
}

std::vector<std::string> WorkloadKinds::claims_of(const Object& object) const {
  std::vector<std::string> claims;
  std::set<std::string> known;
  for (const PodTemplate& pod : pod_templates(object)) {
    for (std::string& claim : kube::claims_of(pod)) {
      if (known.insert(claim).second) {
        claims.push_back(std::move(claim));
      }
    }
  }
  return claims;
}

bool WorkloadKinds::same_workload(const Object& object, const Object& other) const {
  const auto labelled = [this](const Object& owner, const Object& pod) {
    const WorkloadKind* kind = find(owner);
    return kind != nullptr && !kind->pod_label.empty() && !owner.key().name.empty() &&
           same_namespace(owner.key().ns, pod.key().ns) &&
           pod.root()["metadata"]["labels"][kind->pod_label].text() == owner.key().name;
  };
  return kube::same_workload(object, other) || labelled(object, other) || labelled(other, object);
}

}  // namespace warmgate::kube
