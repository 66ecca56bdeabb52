// Engine files (policies/engines/*.yaml) into Engine values.
#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

#include "warmgate/base/embedded.h"
#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/document/view.h"
#include "warmgate/models/engine.h"

namespace warmgate::models {
namespace {

using base::Error;
using document::View;

// Collects the first mistake of a file, so that the reading code stays straight.
class Reader {
 public:
  explicit Reader(const document::Document& document) : document_(document) {}

  void fail(const View& at, const std::string& message) {
    if (!error_.empty()) {
      return;
    }
    if (const document::SourceText* source = document_.source()) {
      const document::Position position = source->position(document_.value_span(at.pointer())->begin);
      error_ = source->name() + ":" + std::to_string(position.line) + ":" + std::to_string(position.column) + ": ";
    }
    error_ += (at.pointer().empty() ? "" : at.pointer() + ": ") + message;
  }

  void known_members(const View& object, std::span<const std::string> names) {
    if (object && !object.is_object()) {
      fail(object, "must be a mapping");
    }
    for (const auto& [name, value] : object.members()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        const std::optional<std::string> meant = base::closest_match(name, names);
        fail(value, "an engine file has no such field" + (meant ? "; did you mean " + *meant + "?" : std::string()));
      }
    }
  }

  std::vector<std::string> strings(const View& list) {
    std::vector<std::string> out = list.strings();
    if (list && (!list.is_array() || out.size() != list.size())) {
      fail(list, "must be a list of strings");
    }
    return out;
  }

  std::vector<int> version(const View& text) {
    std::vector<int> out;
    const std::string written = text.text();
    for (const std::string_view part : text ? base::split(written, '.') : std::vector<std::string_view>()) {
      int number = 0;
      const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
      if (error != std::errc() || end != part.data() + part.size()) {
        fail(text, "must be a version in quotes, such as \"0.11.0\"");
        break;
      }
      out.push_back(number);
    }
    return out;
  }

  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  const document::Document& document_;
  std::string error_;
};

using Names = std::vector<std::string>;

std::optional<Role> parse_role(const std::string& text) {
  for (const Role role : {Role::kWeights, Role::kTokenizer, Role::kCode, Role::kDraft, Role::kAdapter}) {
    if (to_string(role) == text) {
      return role;
    }
  }
  return std::nullopt;
}

ModelSource read_model_source(Reader& reader, const View& view) {
  reader.known_members(view, Names{"role", "flags", "env", "revision", "json", "namedList"});
  ModelSource source;
  const std::optional<Role> role = parse_role(view["role"].text());
  if (!role) {
    reader.fail(view["role"], "must be weights, tokenizer, code, draft or adapter");
  }
  source.role = role.value_or(Role::kWeights);
  source.flags = reader.strings(view["flags"]);
  source.env = reader.strings(view["env"]);
  const View revision = view["revision"];
  reader.known_members(revision, Names{"flags", "env", "ofWeights"});
  source.revision_flags = reader.strings(revision["flags"]);
  source.revision_env = reader.strings(revision["env"]);
  source.revision_of_weights = revision["ofWeights"].boolean().value_or(false);
  reader.known_members(view["json"], Names{"model", "revision"});
  source.json_model = view["json"]["model"].text();
  source.json_revision = view["json"]["revision"].text();
  source.named_list = view["namedList"].boolean().value_or(false);
  return source;
}

void read_recognition(Reader& reader, const View& spec, Engine& engine) {
  engine.images = reader.strings(spec["images"]);
  for (const View& view : spec["entrypoints"].items()) {
    reader.known_members(view, Names{"before", "argv"});
    engine.entrypoints.push_back({reader.version(view["before"]), reader.strings(view["argv"])});
  }
  for (const View& view : spec["imageEnvironment"].items()) {
    reader.known_members(view, Names{"images", "before", "env"});
    ImageEnvironment environment{reader.strings(view["images"]), reader.version(view["before"]), {}};
    for (const auto& [name, value] : view["env"].members()) {
      environment.values[name] = value.text();
    }
    engine.image_environments.push_back(std::move(environment));
  }
  for (const View& view : spec["launchers"].items()) {
    reader.known_members(view, Names{"argv", "model"});
    const std::string model = view["model"].text();
    if (model != "positional" && model != "flag") {
      reader.fail(view["model"], "must be positional or flag");
    }
    engine.launchers.push_back({reader.strings(view["argv"]), model == "positional"});
    if (engine.launchers.back().argv.empty()) {
      reader.fail(view["argv"], "must name a program");
    }
  }
}

void read_parser(Reader& reader, const View& parser, Engine& engine) {
  reader.known_members(parser,
                       Names{"equals", "underscores", "abbreviations", "unknownFlags", "switches", "values", "config"});
  engine.equals_form = parser["equals"].boolean().value_or(true);
  engine.underscores = parser["underscores"].boolean().value_or(false);
  engine.abbreviations = parser["abbreviations"].boolean().value_or(false);
  const std::string unknown = parser["unknownFlags"].string().value_or("value");
  if (unknown != "value" && unknown != "switch") {
    reader.fail(parser["unknownFlags"], "must be value or switch");
  }
  engine.unknown_takes_value = unknown == "value";
  engine.switches = reader.strings(parser["switches"]);
  engine.value_flags = reader.strings(parser["values"]);
  engine.config_flags = reader.strings(parser["config"]);
}

// A name, or a list of names with the versions they hold for.
void read_default_models(Reader& reader, const View& view, Engine& engine) {
  if (view && !view.is_array()) {
    if (view.text().empty()) {
      reader.fail(view, "must be a repository, or a list of {before, model}");
    }
    engine.default_models.push_back({{}, view.text()});
    return;
  }
  for (const View& model : view.items()) {
    reader.known_members(model, Names{"before", "model"});
    engine.default_models.push_back({reader.version(model["before"]), model["model"].text()});
    if (engine.default_models.back().repo.empty()) {
      reader.fail(model["model"], "must name a repository");
    }
  }
}

Engine read_engine(Reader& reader, const View& root) {
  const View spec = root["spec"];
  Engine engine;
  engine.name = root["metadata"]["name"].text();
  const std::string kind = root["kind"].text();
  if (kind != "Engine") {
    constexpr std::size_t kMaxKind = 60;
    reader.fail(root, "this is " + (kind.empty() ? "an object without a kind" : "a " + base::one_line(kind, kMaxKind)) +
                          ", not an Engine; engine files have kind: Engine");
  } else if (engine.name.empty()) {
    reader.fail(root, "an Engine needs metadata.name");
  }
  reader.known_members(root, Names{"apiVersion", "kind", "metadata", "spec"});
  reader.known_members(
      spec, Names{"verb", "images", "entrypoints", "imageEnvironment", "launchers", "defaultModel", "parser", "models",
                  "cacheDirFlags", "localDirFlags", "repoTypeFlags", "quantizationSuffix", "inject"});
  const std::string verb = spec["verb"].text();
  if (verb != "serve" && verb != "download") {
    reader.fail(spec["verb"], "must be serve or download");
  }
  engine.verb = verb == "download" ? Verb::kDownload : Verb::kServe;
  read_recognition(reader, spec, engine);
  read_parser(reader, spec["parser"], engine);
  read_default_models(reader, spec["defaultModel"], engine);
  for (const View& view : spec["models"].items()) {
    engine.models.push_back(read_model_source(reader, view));
  }
  engine.cache_dir_flags = reader.strings(spec["cacheDirFlags"]);
  engine.local_dir_flags = reader.strings(spec["localDirFlags"]);
  engine.other_repo_type_flags = reader.strings(spec["repoTypeFlags"]);
  engine.quantization_suffix = spec["quantizationSuffix"].boolean().value_or(false);
  reader.known_members(spec["inject"], Names{"revisionFlag"});
  engine.inject_revision_flag = spec["inject"]["revisionFlag"].text();
  return engine;
}

}  // namespace

base::Status EngineTable::add(const document::Document& document) {
  Reader reader(document);
  Engine engine = read_engine(reader, View(document.value()));
  if (!reader.error().empty()) {
    return Error{reader.error()};
  }
  const auto same =
      std::find_if(engines_.begin(), engines_.end(), [&](const Engine& known) { return known.name == engine.name; });
  if (same == engines_.end()) {
    engines_.push_back(std::move(engine));
  } else {
    *same = std::move(engine);
  }
  return base::ok_status();
}

base::Result<EngineTable> EngineTable::built_in() {
  EngineTable table;
  for (const base::EmbeddedFile& file : base::embedded_files()) {
    if (!file.path.starts_with("policies/engines/")) {
      continue;
    }
    const auto source = std::make_shared<document::SourceText>(std::string(file.path), std::string(file.content));
    const base::Result<document::Document> document = document::read_single(source, {});
    if (!document) {
      return document.error();
    }
    if (const base::Status added = table.add(*document); !added) {
      return added.error();
    }
  }
  return table;
}

}  // namespace warmgate::models
