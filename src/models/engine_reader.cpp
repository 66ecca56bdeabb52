// Engine files (policies/engines/*.yaml) into Engine values, and the table of them.
#include <algorithm>
#include <memory>
#include <utility>

#include "command_syntax_reader.h"
#include "engine_document.h"
#include "warmgate/base/text.h"
#include "warmgate/document/embedded.h"
#include "warmgate/models/engine.h"

namespace warmgate::models {
namespace {

using base::Error;
using View = EngineDocument::View;
using Names = EngineDocument::Names;

ImageRange read_range(EngineDocument& document, const View& view) {
  return {document.strings(view["images"]), document.strings(view["tags"]), document.version(view["before"])};
}

Retired read_retired(EngineDocument& document, const View& view) {
  document.known_members(view, {"package", "since", "instead"});
  return {document.needed_text(view["package"]), document.version(view["since"]), document.text(view["instead"])};
}

Launcher read_launcher(EngineDocument& document, const View& view) {
  document.known_members(view, {"argv", "model", "verb", "tags", "loads", "flagsOf", "defaultModel", "elsewhere",
                                "positionalIgnored", "argumentsIgnored", "revisionIgnored", "environment", "retired"});
  Launcher launcher;
  launcher.argv = document.strings(view["argv"]);
  if (launcher.argv.empty()) {
    document.fail(view["argv"], "must name a program");
  }
  launcher.model = static_cast<Launcher::Model>(
      document.one_of(view["model"], {"positional", "positionals", "pairs", "flag", "elsewhere", "none"}));
  launcher.tags = document.strings(view["tags"]);
  if (const View verb = view["verb"]) {
    launcher.verb = static_cast<Verb>(document.one_of(verb, {"serve", "download"}));
  }
  if (const View role = view["loads"]) {
    launcher.role = static_cast<Role>(document.one_of(role, role_names()));
  }
  launcher.flags_of = document.text(view["flagsOf"]);
  launcher.default_model = document.text(view["defaultModel"]);
  launcher.elsewhere = document.text(view["elsewhere"]);
  launcher.positional_ignored = document.text(view["positionalIgnored"]);
  launcher.arguments_ignored = document.text(view["argumentsIgnored"]);
  launcher.revision_ignored = document.text(view["revisionIgnored"]);
  const View environment = view["environment"];
  document.known_members(environment, {"prefix", "names"});
  launcher.env_prefix = document.text(environment["prefix"]);
  launcher.env = document.texts(environment["names"]);
  if (const View retired = view["retired"]) {
    launcher.retired = read_retired(document, retired);
  }
  return launcher;
}

// A name, or a list of names with the images they hold for.
void read_default_models(EngineDocument& document, const View& view, Engine& engine) {
  if (view && !view.is_array()) {
    if (view.text().empty()) {
      document.fail(view, "must be a repository, or a list of {before, model}");
    }
    engine.default_models.push_back({{}, view.text()});
    return;
  }
  for (const View& model : view.items()) {
    document.known_members(model, {"images", "tags", "before", "model"});
    engine.default_models.push_back({read_range(document, model), document.needed_text(model["model"])});
  }
}

void read_recognition(EngineDocument& document, const View& spec, Engine& engine) {
  engine.images = document.strings(spec["images"]);
  for (const View& view : document.items(spec["entrypoints"])) {
    document.known_members(view, {"images", "tags", "before", "argv"});
    engine.entrypoints.push_back({read_range(document, view), document.strings(view["argv"])});
  }
  for (const View& view : document.items(spec["imageEnvironment"])) {
    document.known_members(view, {"images", "tags", "before", "env"});
    engine.image_environments.push_back({read_range(document, view), document.texts(view["env"])});
  }
  for (const View& view : document.items(spec["launchers"])) {
    engine.launchers.push_back(read_launcher(document, view));
  }
  read_default_models(document, spec["defaultModel"], engine);
}

InjectRules read_inject(EngineDocument& document, const View& view) {
  document.known_members(view, {"revisionFlag", "revisionEnv", "offline", "servedNameFlag", "never", "byPath"});
  return {document.text(view["revisionFlag"]),   document.text(view["revisionEnv"]), document.strings(view["offline"]),
          document.text(view["servedNameFlag"]), document.text(view["never"]),       document.text(view["byPath"])};
}

void check_kind(EngineDocument& document, const View& root) {
  const std::string kind = root["kind"].text();
  if (kind != "Engine") {
    constexpr std::size_t kMaxKind = 60;
    document.fail(root, "this is " +
                            (kind.empty() ? "an object without a kind" : "a " + base::one_line(kind, kMaxKind)) +
                            ", not an Engine; engine files have kind: Engine");
  } else if (root["metadata"]["name"].text().empty()) {
    document.fail(root, "an Engine needs metadata.name");
  }
  document.known_members(root, {"apiVersion", "kind", "metadata", "spec"});
}

Engine read_engine(EngineDocument& document) {
  const View root = document.root();
  const View spec = root["spec"];
  check_kind(document, root);
  Names members = {"verb", "images", "entrypoints", "imageEnvironment", "launchers", "defaultModel", "inject"};
  members.insert(members.end(), command_syntax_members().begin(), command_syntax_members().end());
  document.known_members(spec, members);
  Engine engine;
  engine.name = root["metadata"]["name"].text();
  engine.verb = static_cast<Verb>(document.one_of(spec["verb"], {"serve", "download"}));
  read_recognition(document, spec, engine);
  engine.syntax = read_command_syntax(document, spec);
  engine.inject = read_inject(document, spec["inject"]);
  return engine;
}

// Every `flagsOf` names an engine that is there.
void check_references(EngineDocument& document, const Engine& engine, const Names& known) {
  for (std::size_t i = 0; i < engine.launchers.size(); ++i) {
    const std::string& name = engine.launchers[i].flags_of;
    if (!name.empty() && std::find(known.begin(), known.end(), name) == known.end()) {
      const std::optional<std::string> meant = base::closest_match(name, known);
      document.fail(document.root()["spec"]["launchers"].at(i)["flagsOf"],
                    "names no engine" + (meant ? "; did you mean " + *meant + "?" : std::string()));
    }
  }
}

}  // namespace

const Engine* EngineTable::find(std::string_view name) const {
  const auto found =
      std::find_if(engines_.begin(), engines_.end(), [&](const Engine& engine) { return engine.name == name; });
  return found == engines_.end() ? nullptr : &*found;
}

base::Status EngineTable::add(const document::Document& document) { return add_all({&document, 1}); }

base::Status EngineTable::add_all(std::span<const document::Document> documents) {
  std::vector<Engine> added;
  Names known;
  for (const Engine& engine : engines_) {
    known.push_back(engine.name);
  }
  for (const document::Document& document : documents) {
    EngineDocument reader(document);
    added.push_back(read_engine(reader));
    known.push_back(added.back().name);
    if (!reader.error().empty()) {
      return Error{reader.error()};
    }
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    EngineDocument reader(documents[i]);
    check_references(reader, added[i], known);
    if (!reader.error().empty()) {
      return Error{reader.error()};
    }
  }
  for (Engine& engine : added) {
    const auto same =
        std::find_if(engines_.begin(), engines_.end(), [&](const Engine& old) { return old.name == engine.name; });
    if (same == engines_.end()) {
      engines_.push_back(std::move(engine));
    } else {
      *same = std::move(engine);
    }
  }
  for (Engine& engine : engines_) {
    for (Launcher& launcher : engine.launchers) {
      const Engine* base = launcher.flags_of.empty() ? nullptr : find(launcher.flags_of);
      launcher.syntax =
          std::make_shared<const CommandSyntax>(base == nullptr ? engine.syntax : merged(engine.syntax, base->syntax));
    }
  }
  return base::ok_status();
}

base::Result<EngineTable> EngineTable::built_in() {
  const base::Result<std::vector<document::Document>> documents = document::embedded_documents("policies/engines/");
  if (!documents) {
    return documents.error();
  }
  EngineTable table;
  if (const base::Status added = table.add_all(*documents); !added) {
    return added.error();
  }
  return table;
}

}  // namespace warmgate::models
