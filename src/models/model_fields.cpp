// The `models` of WorkloadKinds files into ModelFields.
#include "warmgate/models/model_fields.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "warmgate/document/field_reader.h"

namespace warmgate::models {
namespace {

using document::FieldReader;
using document::View;
using kube::path_at;

template <class Value, std::size_t size>
Value one_of(FieldReader& reader, const View& view, const std::array<Value, size>& values, Value otherwise) {
  if (!view) {
    return otherwise;
  }
  std::string names;
  for (const Value value : values) {
    if (view.text() == to_string(value)) {
      return value;
    }
    names += (names.empty() ? "" : ", ") + std::string(to_string(value));
  }
  reader.fail(view, "must be one of " + names);
  return otherwise;
}

void read_revision(FieldReader& reader, const View& view, ModelField& field) {
  reader.known_members(view, {"separator", "field", "words", "flags", "unknown", "pin"}, "revision has no such field");
  field.separator = reader.text(view["separator"]);
  field.revision = path_at(reader, view["field"]);
  field.words = path_at(reader, view["words"]);
  field.flags = reader.strings(view["flags"]);
  field.unknown_revision = reader.text(view["unknown"]);
  field.pin = reader.text(view["pin"]);
  if (field.words.empty() != field.flags.empty()) {
    reader.fail(view, "`words` and `flags` belong together");
  }
}

void read_engine(FieldReader& reader, const View& view, ModelField& field) {
  if (!view.is_object()) {
    field.engine = reader.required_text(view);
    return;
  }
  reader.known_members(view, {"field", "names", "otherwise"}, "engine has no such field");
  field.engine_field = path_at(reader, view["field"]);
  field.engine = reader.required_text(view["otherwise"]);
  for (const auto& [said, engine] : view["names"].members()) {
    field.engines[said] = reader.required_text(engine);
  }
}

ModelField read_field(FieldReader& reader, const View& view) {
  reader.known_members(view,
                       {"of", "field", "where", "owner", "inside", "otherwise", "scheme", "plain", "revision",
                        "container", "engine", "unknown", "verb", "role"},
                       "a model field has no such field");
  constexpr std::array kVerbs = {Verb::kServe, Verb::kDownload};
  constexpr std::array kRoles = {Role::kWeights, Role::kTokenizer, Role::kCode, Role::kDraft, Role::kAdapter};
  ModelField field;
  field.of = path_at(reader, view["of"]);
  reader.required_text(view["field"]);
  field.field = path_at(reader, view["field"]);
  for (const View& condition : reader.objects(view["where"])) {
    reader.known_members(condition, {"field", "is"}, "where has no such field");
    field.where.emplace_back(path_at(reader, condition["field"]), reader.required_text(condition["is"]));
  }
  field.owner = path_at(reader, view["owner"]);
  field.inside = path_at(reader, view["inside"]);
  field.otherwise = path_at(reader, view["otherwise"]);
  field.scheme = reader.text(view["scheme"]);
  field.plain = reader.flag(view["plain"]);
  if (field.scheme.empty() && !field.plain && !view["unknown"]) {
    reader.fail(view, "must say which values name a repository: those with a `scheme`, `plain: true` ones, or both");
  }
  read_revision(reader, view["revision"], field);
  field.container = reader.text(view["container"]);
  field.unknown = reader.text(view["unknown"]);
  read_engine(reader, view["engine"], field);
  field.verb = one_of(reader, view["verb"], kVerbs, Verb::kServe);
  field.role = one_of(reader, view["role"], kRoles, Role::kWeights);
  return field;
}

std::vector<ModelField> read_fields(FieldReader& reader, const View& list) {
  std::vector<ModelField> out;
  for (const View& view : reader.objects(list)) {
    out.push_back(read_field(reader, view));
  }
  return out;
}

}  // namespace

base::Status ModelFields::add(const document::Document& document) {
  FieldReader reader(document);
  const View spec = View(document.value())["spec"];
  std::map<std::pair<std::string, std::string>, std::vector<ModelField>> fields;
  for (const View& kind : spec["kinds"].items()) {
    fields[{kind["group"].text(), kind["kind"].text()}] = read_fields(reader, kind["models"]);
  }
  std::vector<ModelField> of_pod_specs = read_fields(reader, spec["podSpecModels"]);
  if (!reader.error().empty()) {
    return base::Error{reader.error()};
  }
  for (auto& [kind, list] : fields) {
    fields_[kind] = std::move(list);
  }
  std::move(of_pod_specs.begin(), of_pod_specs.end(), std::back_inserter(of_pod_specs_));
  return base::ok_status();
}

const std::vector<ModelField>& ModelFields::of_kind(const std::string& group, const std::string& kind) const {
  static const std::vector<ModelField> kNone;
  const auto found = fields_.find({group, kind});
  return found == fields_.end() ? kNone : found->second;
}

}  // namespace warmgate::models
