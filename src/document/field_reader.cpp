#include "warmgate/document/field_reader.h"

#include <algorithm>
#include <optional>

#include "warmgate/base/text.h"

namespace warmgate::document {

void FieldReader::fail(const View& at, const std::string& message) {
  if (!error_.empty()) {
    return;
  }
  const SourceText* source = document_.source();
  const std::optional<Span> span = document_.value_span(at.pointer());
  if (source != nullptr && span) {
    const Position position = source->position(span->begin);
    error_ = source->name() + ":" + std::to_string(position.line) + ":" + std::to_string(position.column) + ": ";
  }
  error_ += (at.pointer().empty() ? "" : at.pointer() + ": ") + message;
}

void FieldReader::known_members(const View& object, const std::vector<std::string>& names, std::string_view refusal) {
  if (object && !object.is_object()) {
    fail(object, "must be a mapping");
  }
  for (const auto& [name, value] : object.members()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::optional<std::string> meant = base::closest_match(name, names);
      fail(value, std::string(refusal) + (meant ? "; did you mean " + *meant + "?" : ""));
    }
  }
}

std::string FieldReader::text(const View& value) {
  if (value && !value.is_string()) {
    fail(value, "must be a string");
  }
  return value.text();
}

std::string FieldReader::required_text(const View& value) {
  std::string out = text(value);
  if (out.empty()) {
    fail(value, "must be given");
  }
  return out;
}

bool FieldReader::flag(const View& value) {
  if (value && !value.boolean()) {
    fail(value, "must be true or false");
  }
  return value.boolean().value_or(false);
}

std::int64_t FieldReader::integer(const View& value, std::int64_t otherwise) {
  constexpr std::int64_t kMost = 1'000'000;
  const std::int64_t out = value.integer().value_or(otherwise);
  if ((value && !value.integer()) || out < 0 || out > kMost) {
    fail(value, "must be a whole number from 0 to 1000000");
  }
  return out;
}

std::vector<std::string> FieldReader::strings(const View& value) {
  std::vector<std::string> out = value.strings();
  if (value && (!value.is_array() || out.size() != value.size())) {
    fail(value, "must be a list of strings");
  }
  return out;
}

std::vector<View> FieldReader::items(const View& value) {
  if (value && !value.is_array()) {
    fail(value, "must be a list");
  }
  return value.items();
}

std::vector<View> FieldReader::objects(const View& value) {
  std::vector<View> out = items(value);
  std::erase_if(out, [&](const View& item) {
    if (!item.is_object()) {
      fail(item, "must be a mapping");
    }
    return !item.is_object();
  });
  return out;
}

}  // namespace warmgate::document
