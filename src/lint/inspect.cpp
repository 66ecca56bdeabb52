#include <nlohmann/json.hpp>

#include "redacted.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/workload.h"
#include "warmgate/lint/report.h"

namespace warmgate::lint {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const models::CacheBinding& cache) {
  return {{"path", cache.path},
          {"backing", cache.backing()},
          {"claim", cache.volume ? cache.volume->claim : ""},
          {"readOnly", cache.mount && cache.mount->read_only}};
}

Json to_json(const kube::Object& object, const models::ModelUse& use, const kube::ReplicaRange& replicas) {
  Json accelerators = Json::object();
  for (const auto& [resource, count] : use.accelerators) {
    accelerators[resource] = count;
  }
  Json line = {{"file", object.document().source() != nullptr ? object.document().source()->name() : ""},
               {"object",
                {{"apiVersion", object.api_version()},
                 {"kind", object.key().kind},
                 {"namespace", object.key().ns},
                 {"name", object.key().name}}},
               {"container", use.container},
               {"engine", use.engine},
               {"verb", models::to_string(use.verb)},
               {"role", models::to_string(use.role)},
               {"repo", use.repo},
               {"local", use.local},
               {"revision", use.revision},
               {"pinned", use.pinned()},
               {"verifiable", use.verifiable()},
               {"source", use.source.pointer},
               {"cache", to_json(use.cache)},
               {"accelerators", std::move(accelerators)},
               {"replicas", {{"min", replicas.min}, {"max", nullptr}}}};
  if (replicas.max) {
    line["replicas"]["max"] = *replicas.max;
  }
  if (use.source.object) {
    line["sourceObject"] = use.source.object->display_name();
  }
  if (!use.verifiable()) {
    line["reason"] = use.unknown_reason;
  }
  return line;
}

// No escape sequence of a manifest reaches a terminal.
std::string clean_lines(const std::string& text) {
  constexpr std::size_t kMaxLine = 2000;
  std::string out;
  for (const std::string_view line : base::split(text, '\n')) {
    out += base::one_line(line, kMaxLine) + "\n";
  }
  return out;
}

std::string to_text(const kube::Object& object, const models::ModelUse& use, const kube::ReplicaRange& replicas) {
  std::string out = object.display_name() + ", container " + use.container + "\n";
  out += "  " + use.engine + " " + std::string(models::to_string(use.verb)) + "s " +
         (use.repo.empty() ? "(not readable)" : use.repo) + " (" + std::string(models::to_string(use.role)) + ")\n";
  const std::string revision = !use.revision_known ? "(not readable)" : use.revision.empty() ? "(none)" : use.revision;
  out += "  revision  " + revision + (use.pinned() ? ", pinned" : use.local ? ", a local path" : ", not pinned") + "\n";
  out += "  cache     " + use.cache.path + " on " + use.cache.backing() +
         (use.cache.volume && !use.cache.volume->claim.empty() ? " " + use.cache.volume->claim : "") +
         (use.cache.mount ? (use.cache.mount->read_only ? ", read-only" : ", writable") : "") + ", by " +
         use.cache.decided_by + "\n";
  for (const auto& [resource, count] : use.accelerators) {
    out += "  needs     " + std::to_string(count) + " x " + resource + "\n";
  }
  out += "  replicas  " + std::to_string(replicas.min) + " to " +
         (replicas.max ? std::to_string(*replicas.max) : "one on every node") + "\n";
  if (!use.verifiable()) {
    out += "  unknown   " + use.unknown_reason + "\n";
  }
  return out;
}

template <class Write>
std::string for_each_use(const Bundle& bundle, const models::Knowledge& knowledge, bool facts_complete, Write write) {
  const kube::BundleFacts facts = bundle.facts(facts_complete, knowledge.kinds);
  std::string out;
  for (const kube::Object& object : bundle.objects) {
    for (const models::TemplateReading& reading : models::read_workload(object, knowledge, facts)) {
      for (const models::ModelUse& use : reading.uses) {
        out += write(object, use, kube::replicas(object, reading.pod, facts));
      }
    }
  }
  return out;
}

}  // namespace

std::string format_inspection(const Bundle& bundle, const models::Knowledge& knowledge, bool facts_complete) {
  return for_each_use(bundle, knowledge, facts_complete, [&](const auto&... arguments) {
    const Json line = redacted_json(to_json(arguments...), bundle.redactor);
    return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  });
}

std::string format_inspection_text(const Bundle& bundle, const models::Knowledge& knowledge, bool facts_complete) {
  return for_each_use(bundle, knowledge, facts_complete,
                      [&](const auto&... arguments) { return clean_lines(bundle.redactor(to_text(arguments...))); });
}

}  // namespace warmgate::lint
