#include "engine_document.h"

#include <algorithm>
#include <charconv>

#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

std::string hint(std::string_view written, const EngineDocument::Names& names) {
  const std::optional<std::string> meant = base::closest_match(written, names);
  return meant ? "; did you mean " + *meant + "?" : "";
}

}  // namespace

void EngineDocument::known_members(const View& object, const Names& names) {
  FieldReader::known_members(object, names, "an engine file has no such field here");
}

std::string EngineDocument::needed_text(const View& text) {
  if (text.text().empty()) {
    fail(text, "must be a string that is not empty");
  }
  return text.text();
}

std::optional<bool> EngineDocument::boolean(const View& value) {
  const std::optional<bool> out = value.boolean();
  if (value && !out) {
    fail(value, "must be true or false");
  }
  return out;
}

std::map<std::string, std::string> EngineDocument::texts(const View& mapping) {
  if (mapping && !mapping.is_object()) {
    fail(mapping, "must be a mapping");
  }
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : mapping.members()) {
    if (!value.is_string()) {
      fail(value, "must be a string");
    }
    out[name] = value.text();
  }
  return out;
}

std::vector<int> EngineDocument::version(const View& text) {
  std::vector<int> out;
  if (!text) {
    return out;
  }
  const std::string written = text.text();
  for (const std::string_view part : base::split(written, '.')) {
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

std::size_t EngineDocument::one_of(const View& text, const Names& names, std::optional<std::size_t> otherwise) {
  if (!text && otherwise) {
    return *otherwise;
  }
  const auto found = std::find(names.begin(), names.end(), text.text());
  if (found != names.end()) {
    return static_cast<std::size_t>(found - names.begin());
  }
  std::string listed;
  for (std::size_t i = 0; i < names.size(); ++i) {
    listed += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  }
  fail(text, "must be " + listed + hint(text.text(), names));
  return 0;
}

}  // namespace warmgate::models
