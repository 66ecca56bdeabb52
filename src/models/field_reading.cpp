#include "field_reading.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "warmgate/api/hugging_face.h"
#include "warmgate/document/read.h"

namespace warmgate::models {
namespace {

using document::View;
using kube::FieldPlace;

// A string somewhere, with its place.
struct Said {
  std::string text;
  Location location;
};

std::optional<Said> said_at(const View& view) {
  const std::optional<std::string> text = view.string();
  return text && !text->empty() ? std::optional(Said{*text, {view.pointer(), 0, 0, false}}) : std::nullopt;
}

// Other things of the Hub: "datasets/org/name", "hf://spaces/org/name".
bool is_no_model(const Said& said) {
  std::string_view text = said.text;
  text.remove_prefix(text.starts_with("hf://") ? 5 : 0);
  constexpr std::array<std::string_view, 4> kOthers = {"datasets/", "spaces/", "kernels/", "buckets/"};
  return std::any_of(kOthers.begin(), kOthers.end(), [&](std::string_view other) { return text.starts_with(other); });
}

// What the value says: a repository, another place, or nothing that can be known.
void fill_repo(const ModelField& field, const Said& model, const std::string& owner, ModelUse& use) {
  use.source = model.location;
  if (!field.unknown.empty()) {
    use.repo_known = false;
    use.unknown_reason = field.unknown;
    return;
  }
  std::string text = model.text;
  const bool hub = !field.scheme.empty() && text.starts_with(field.scheme);
  if (hub) {
    text.erase(0, field.scheme.size());
  }
  const bool path = text.starts_with('/') || text.starts_with("./") || text.find("://") != std::string::npos;
  if (!hub && (path || !field.plain)) {
    use.local = true;
    use.repo = model.text;
    return;
  }
  text.resize(std::min(text.find('?'), text.size()));  // NIM: hf://org/model?file=…
  const std::size_t at = field.separator.empty() ? std::string::npos : text.find(field.separator);
  if (at != std::string::npos) {
    use.revision = text.substr(at + field.separator.size());
    use.revision_given = !use.revision.empty();
    use.revision_location = model.location;
    text.resize(at);
  }
  use.repo = owner.empty() ? text : owner + "/" + text;
  if (!api::is_repo_id(use.repo)) {
    use.repo.clear();
    use.revision.clear();
    use.revision_given = false;
    use.repo_known = false;
    use.unknown_reason = "\"" + model.text + "\" is no repository; it may be a placeholder";
  }
}

void set_revision(const Said& revision, ModelUse& use) {
  use.revision = revision.text;
  use.revision_given = true;
  use.revision_location = revision.location;
}

// "--revision=x" or "--revision", "x"; the last wins.
std::optional<Said> word_behind(const View& words, const std::vector<std::string>& flags) {
  std::optional<Said> found;
  const std::vector<View> items = words.items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string word = items[i].text();
    for (const std::string& flag : flags) {
      if (word == flag && i + 1 < items.size()) {
        found = said_at(items[i + 1]);
      } else if (word.starts_with(flag + "=")) {
        found = Said{word.substr(flag.size() + 1), {items[i].pointer(), flag.size() + 1, 0, false}};
        found->location.length = found->text.size();
      }
    }
  }
  return found;
}

// Reads the fields of one object, or of one PodSpec.
class FieldsReader {
 public:
  FieldsReader(const View& root, const Knowledge& knowledge) : root_(root), knowledge_(knowledge) {}

  // `place` is the template's; `reading` its reading, when there is one.
  std::vector<ModelUse> read(const ModelField& field, const FieldPlace& place, const TemplateReading* reading) {
    std::vector<ModelUse> uses;
    for (const FieldPlace& found : field.field.places(root_, place)) {
      const bool counts = found.view && std::all_of(field.where.begin(), field.where.end(), [&](const auto& condition) {
                            return condition.first.find(root_, found).text() == condition.second;
                          });
      if (!counts) {
        continue;
      }
      if (!field.inside.empty()) {
        read_inside(field, found, reading, uses);
      } else if (const std::optional<Said> model = said_at(found.view)) {
        ModelUse use = new_use(field, found, reading);
        if (is_no_model(*model)) {
          continue;
        }
        fill_repo(field, *model, field.owner.find(root_, found).text(), use);
        std::optional<Said> revision = said_at(field.revision.find(root_, found));
        if (!field.words.empty()) {
          revision = word_behind(field.words.find(root_, found), field.flags);
        }
        finish(field, revision, use);
        uses.push_back(std::move(use));
      }
    }
    return uses;
  }

 private:
  ModelUse new_use(const ModelField& field, const FieldPlace& place, const TemplateReading* reading) const {
    ModelUse use;
    use.by_field = true;
    use.engine = field.engine;
    if (const auto named = field.engines.find(field.engine_field.find(root_, place).text());
        named != field.engines.end()) {
      use.engine = named->second;
    }
    use.verb = field.verb;
    use.role = field.role;
    use.revision_flag = field.pin;
    use.cache.known = false;
    use.cache.unknown_reason = "the object does not say where " + use.engine + " keeps it";
    const kube::Container* container = reading != nullptr ? reading->containers.find(field.container) : nullptr;
    if (container != nullptr && !field.container.empty()) {
      use.accelerators = knowledge_.accelerators.requested(*container);
    }
    return use;
  }

  static void finish(const ModelField& field, const std::optional<Said>& revision, ModelUse& use) {
    if (revision && !use.local && use.repo_known) {
      set_revision(*revision, use);
    }
    if (!field.unknown_revision.empty() && !use.local && !use.revision_given) {
      use.revision_known = false;
      use.unknown_reason = use.unknown_reason.empty() ? field.unknown_revision : use.unknown_reason;
    }
    // A placeholder that something fills before the controller reads it.
    if (use.revision.find_first_of("${") != std::string::npos) {
      use.revision.clear();
      use.revision_known = false;
      use.unknown_reason = use.unknown_reason.empty() ? "the revision holds a placeholder" : use.unknown_reason;
    }
  }

  // YAML in a string (RayService.spec.serveConfigV2), read with the bounds of a manifest.
  void read_inside(const ModelField& field, const FieldPlace& found, const TemplateReading* reading,
                   std::vector<ModelUse>& uses) {
    const std::optional<std::string> text = found.view.string();
    if (!text) {
      return;
    }
    for (const document::Document& document : parsed(found.view.pointer(), *text)) {
      const View inner(document.value());
      const auto said = [&](const View& view) {
        std::optional<Said> value = said_at(view);
        if (const std::optional<document::Span> span = document.value_span(view.pointer()); value && span) {
          value->location = {found.view.pointer(), span->begin, span->end - span->begin, false};
        }
        return value;
      };
      const auto add = [&](const FieldPlace& place) {
        if (const std::optional<Said> model = said(place.view); model && !is_no_model(*model)) {
          ModelUse use = new_use(field, found, reading);
          fill_repo(field, *model, "", use);
          finish(field, said(field.revision.find(inner, place)), use);
          uses.push_back(std::move(use));
        }
      };
      for (const FieldPlace& place : field.inside.places(inner, {})) {
        const bool other = !place.view && !field.otherwise.empty();
        if (!other) {
          add(place);
          continue;
        }
        for (const FieldPlace& instead : field.otherwise.places(inner, place)) {
          add(instead);
        }
      }
    }
  }

  // Several fields may ask for the same text.
  const std::vector<document::Document>& parsed(const std::string& pointer, const std::string& text) {
    const auto [known, is_new] = texts_.try_emplace(pointer);
    if (is_new) {
      known->second = document::read_documents(std::make_shared<document::SourceText>(pointer, text), {}).documents;
    }
    return known->second;
  }

  const View root_;
  const Knowledge& knowledge_;
  std::map<std::string, std::vector<document::Document>> texts_;
};

void append(std::vector<ModelUse> from, std::vector<ModelUse>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

}  // namespace

void read_model_fields(const kube::Object& object, const Knowledge& knowledge, std::vector<TemplateReading>& readings) {
  for (TemplateReading& reading : readings) {
    FieldsReader reader(reading.pod.spec, knowledge);
    for (const ModelField& field : knowledge.model_fields.of_pod_specs()) {
      append(reader.read(field, {}, &reading), reading.uses);
    }
  }
  FieldsReader reader(object.root(), knowledge);
  TemplateReading without_pods;
  for (const ModelField& field : knowledge.model_fields.of_kind(object.key().group, object.key().kind)) {
    bool placed = false;
    for (TemplateReading& reading : readings) {
      if (!field.of.empty() && reading.pod.place.path.text() == field.of.text()) {
        append(reader.read(field, reading.pod.place, &reading), reading.uses);
        placed = true;
      }
    }
    if (!placed) {
      append(reader.read(field, {}, nullptr), without_pods.uses);
    }
  }
  if (!without_pods.uses.empty()) {
    readings.push_back(std::move(without_pods));
  }
}

}  // namespace warmgate::models
