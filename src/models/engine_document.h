// EngineDocument: a FieldReader with what only engine files have.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/document/field_reader.h"

namespace warmgate::models {

class EngineDocument : public document::FieldReader {
 public:
  using View = document::View;
  using Names = std::vector<std::string>;

  using FieldReader::FieldReader;

  // `object` is a mapping, or nothing, and has no other members.
  void known_members(const View& object, const Names& names);

  std::string needed_text(const View& text);
  std::optional<bool> boolean(const View& value);
  std::map<std::string, std::string> texts(const View& mapping);
  // "0.11.0" as {0, 11, 0}.
  std::vector<int> version(const View& text);
  // The index of the text among `names`; a mistake when it is none of them, `otherwise` when there is no text.
  std::size_t one_of(const View& text, const Names& names, std::optional<std::size_t> otherwise = std::nullopt);
};

}  // namespace warmgate::models
