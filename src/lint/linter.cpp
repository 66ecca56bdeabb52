#include "warmgate/lint/linter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "warmgate/api/cache_policy.h"
#include "warmgate/api/model_cache.h"
#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/engine/judge.h"
#include "warmgate/engine/scaling.h"
#include "warmgate/kube/layered_facts.h"
#include "warmgate/kube/secrets.h"
#include "warmgate/kube/workload.h"
#include "warmgate/rules/rule.h"

namespace warmgate::lint {
namespace {

using document::Document;
using document::Span;

std::string_view rule_of(document::ProblemKind kind) {
  switch (kind) {
    case document::ProblemKind::kUnparsable:
      return "WG001";
    case document::ProblemKind::kNeedsRendering:
      return "WG002";
    case document::ProblemKind::kOverLimit:
      return "WG004";
    case document::ProblemKind::kDuplicateKey:
      return "WG005";
  }
  return "WG001";
}

Diagnostic new_diagnostic(std::string_view rule) {
  Diagnostic diagnostic;
  diagnostic.rule = rule;
  diagnostic.slug = rules::find_rule(rule)->info.slug;
  return diagnostic;
}

void place(Diagnostic& diagnostic, const std::shared_ptr<const document::SourceText>& source, const Span& span) {
  diagnostic.file = source->name();
  diagnostic.source = source;
  diagnostic.begin = source->position(span.begin);
  diagnostic.end = source->position(span.end);
}

Diagnostic from_problem(const document::Problem& problem, const std::shared_ptr<const document::SourceText>& source) {
  Diagnostic diagnostic = new_diagnostic(rule_of(problem.kind));
  diagnostic.message = problem.message;
  diagnostic.help = problem.help;
  place(diagnostic, source, problem.span);
  return diagnostic;
}

std::optional<Span> span_of(const Document& document, const models::Location& location) {
  if (location.length > 0) {
    return document.substring_span(location.pointer, location.offset, location.length);
  }
  return location.at_key ? document.key_span(location.pointer) : document.value_span(location.pointer);
}

// A collection is shown by its key, or its first line: a whole container underlined tells nobody where to look.
Span narrowed(const Document& document, const models::Location& location, Span span) {
  const document::SourceText& source = *document.source();
  if (source.position(span.begin).line == source.position(span.end).line) {
    return span;
  }
  const std::string_view text = source.text().substr(span.begin, span.end - span.begin);
  const std::optional<Span> key = document.key_span(location.pointer);
  if (key && *key != *document.value_span(location.pointer) && location.length == 0) {
    return *key;
  }
  return {span.begin, span.begin + base::trim(text.substr(0, text.find('\n'))).size()};
}

// Names hold no NUL, so two identities are never the same text by accident.
std::string identity_of(const rules::Finding& finding, const kube::Object& object) {
  std::string out;
  for (const std::string& part :
       {object.key().group, object.key().ns, object.display_name(), finding.container, finding.subject}) {
    out += part + '\0';
  }
  return out;
}

Diagnostic from_finding(const engine::JudgedFinding& judged, const kube::Object& object) {
  const rules::Finding& finding = judged.finding;
  Diagnostic diagnostic = new_diagnostic(finding.rule);
  diagnostic.severity = judged.action == api::Action::kDeny   ? Severity::kError
                        : judged.action == api::Action::kWarn ? Severity::kWarning
                                                              : Severity::kInfo;
  diagnostic.message = finding.message;
  diagnostic.help = finding.help;
  diagnostic.object = object.display_name();
  diagnostic.pointer = finding.location.pointer;
  diagnostic.identity = identity_of(finding, object);
  diagnostic.waived = judged.waived;
  const Document& document = (finding.location.object ? *finding.location.object : object).document();
  if (const std::optional<Span> span = span_of(document, finding.location)) {
    place(diagnostic, document.shared_source(), narrowed(document, finding.location, *span));
  }
  return diagnostic;
}

void remember_secrets(const kube::Object& object, base::Redactor& redactor) {
  for (const std::string& secret : kube::secret_values(object)) {
    redactor.add_secret(secret);
    // Excerpts show single lines of a longer secret.
    for (const std::string_view line : base::split(secret, '\n')) {
      redactor.add_secret(base::trim(line));
    }
  }
}

std::vector<kube::Object> read_objects(const Inputs& inputs, const Options& options, Bundle& bundle) {
  std::vector<kube::Object> objects;
  bundle.problems.insert(bundle.problems.end(), inputs.problems.begin(), inputs.problems.end());
  for (const auto& source : inputs.texts) {
    document::ReadResult read = document::read_documents(source, {});
    for (const document::Problem& problem : read.problems) {
      bundle.problems.push_back(from_problem(problem, source));
    }
    for (Document& document : read.documents) {
      kube::Object object(std::move(document));
      if (object.key().ns.empty() && !options.ns.empty()) {
        object = kube::Object(object.document(), options.ns);
      }
      remember_secrets(object, bundle.redactor);
      objects.push_back(std::move(object));
    }
  }
  return objects;
}

// Facts are not judged. But one of Warmgate's own kinds that it cannot read would be no fact, without a word.
void check_settings(Bundle& bundle) {
  for (const kube::Object& object : bundle.extra) {
    const bool own = api::is_model_cache(object) || api::is_cache_policy(object);
    if (!own || bundle.checks(object.key())) {
      continue;
    }
    for (rules::Finding& finding : engine::check_schema(object, {})) {
      bundle.problems.push_back(from_finding({std::move(finding), api::Action::kDeny, ""}, object));
    }
  }
}

void sort_by_place(std::vector<Diagnostic>& diagnostics, const Inputs& inputs) {
  std::map<std::string, std::size_t> order;
  for (const auto& source : inputs.texts) {
    order.emplace(source->name(), order.size());
  }
  const auto place_of = [&](const Diagnostic& diagnostic) {
    const auto found = order.find(diagnostic.file);
    return std::tuple(found == order.end() ? order.size() : found->second, diagnostic.begin.line,
                      diagnostic.begin.column);
  };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return place_of(a) < place_of(b); });
}

Diagnostic nothing_checked(const Report& report, const Inputs& inputs) {
  Diagnostic diagnostic = new_diagnostic("WG003");
  diagnostic.file = inputs.texts.empty() ? "<input>" : inputs.texts.front()->name();
  diagnostic.message = report.objects == 0 ? "nothing was checked: the input holds no Kubernetes object"
                                           : "nothing was checked: none of the " + std::to_string(report.objects) +
                                                 " objects is of a kind that Warmgate judges";
  diagnostic.help = "give the manifests of workloads, claims or ModelCaches; `warmgate lint --help` lists the kinds";
  return diagnostic;
}

// The one whose pod template an autoscaler multiplies.
std::optional<kube::Object> scaled_workload(const kube::Object& autoscaler, const engine::World& world) {
  std::optional<kube::Object> workload = world.facts.workload(kube::scale_target(autoscaler));
  if (!workload) {
    return std::nullopt;
  }
  const std::optional<kube::BorrowedTemplate> borrowed = world.knowledge.kinds.borrowed_template(*workload);
  return borrowed ? world.facts.workload(borrowed->owner) : std::move(workload);
}

// nullopt for kinds that are not judged. An autoscaler is judged with its workload where that is checked too: one
// mistake, one finding. It answers itself for a workload that is only known.
std::optional<engine::Judgement> judge_object(const kube::Object& object, const Bundle& bundle,
                                              const engine::World& world) {
  if (engine::is_judged(object, world.knowledge.kinds)) {
    return engine::judge(object, world, engine::Stage::kBeforeInjection);
  }
  const std::optional<kube::Object> workload =
      kube::is_autoscaler(object) ? scaled_workload(object, world) : std::optional<kube::Object>();
  if (!workload || bundle.checks(workload->key())) {
    return std::nullopt;
  }
  return engine::judge_autoscaler(object, std::nullopt, *workload, world);
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "";
}

kube::BundleFacts Bundle::facts(bool complete, const kube::WorkloadKinds& kinds) const {
  std::vector<kube::Object> all = objects;
  all.insert(all.end(), extra.begin(), extra.end());
  return {std::move(all), complete, kinds};
}

bool Bundle::checks(const kube::ObjectKey& key) const {
  return std::any_of(objects.begin(), objects.end(),
                     [&](const kube::Object& object) { return kube::same_object(object.key(), key); });
}

Bundle read_bundle(const Inputs& inputs, const Inputs& facts, const Options& options) {
  Bundle bundle;
  bundle.objects = read_objects(inputs, options, bundle);
  bundle.extra = read_objects(facts, options, bundle);
  check_settings(bundle);
  return bundle;
}

std::shared_ptr<const kube::ClusterFacts> all_facts(const Bundle& bundle, const Options& options,
                                                    const kube::WorkloadKinds& kinds) {
  auto given = std::make_shared<const kube::BundleFacts>(bundle.facts(options.facts_complete, kinds));
  return options.cluster ? kube::layered(std::move(given), options.cluster) : std::move(given);
}

std::size_t Report::count(Severity severity) const {
  return static_cast<std::size_t>(std::count_if(diagnostics.begin(), diagnostics.end(),
                                                [&](const Diagnostic& d) { return d.severity == severity; }));
}

Report lint(const Inputs& inputs, const Bundle& bundle, const models::Knowledge& knowledge,
            const policy::Policy& policy, const Options& options) {
  Report report;
  report.files = inputs.texts.size();
  report.diagnostics = bundle.problems;
  const std::shared_ptr<const kube::ClusterFacts> facts = all_facts(bundle, options, knowledge.kinds);
  const models::FactReadings readings(*facts, knowledge);
  const engine::World world{*facts, knowledge, policy, &readings};
  for (const kube::Object& object : bundle.objects) {
    report.objects += object.has_type() ? 1 : 0;
    const std::optional<engine::Judgement> judgement = judge_object(object, bundle, world);
    if (!judgement) {
      continue;
    }
    ++report.checked;
    for (const models::TemplateReading& reading : readings.of(object)) {
      report.model_uses += reading.uses.size();
    }
    for (const engine::JudgedFinding& judged : judgement->findings) {
      report.diagnostics.push_back(from_finding(judged, object));
    }
  }
  sort_by_place(report.diagnostics, inputs);
  if (report.checked == 0 && bundle.problems.empty()) {
    report.diagnostics.push_back(nothing_checked(report, inputs));
  }
  return report;
}

}  // namespace warmgate::lint
