// EngineDocument: reads the members of an engine file and keeps the first mistake with its place, so that the reading
// code stays straight. Refers to the document, which must outlive it.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/document/document.h"
#include "warmgate/document/view.h"

namespace warmgate::models {

class EngineDocument {
 public:
  using View = document::View;
  using Names = std::vector<std::string>;

  explicit EngineDocument(const document::Document& document) : document_(document) {}

  [[nodiscard]] View root() const { return View(document_.value()); }
  // The first mistake: "engine.yaml:12:5: /spec/launchers/0/model: must be …"; "" when there is none.
  [[nodiscard]] const std::string& error() const { return error_; }

  void fail(const View& at, const std::string& message);
  // `object` is a mapping, or nothing, and has no other members.
  void known_members(const View& object, const Names& names);

  std::vector<std::string> strings(const View& list);
  std::vector<View> items(const View& list);
  std::string text(const View& text);
  std::string needed_text(const View& text);
  std::optional<bool> boolean(const View& value);
  std::map<std::string, std::string> texts(const View& mapping);
  // "0.11.0" as {0, 11, 0}.
  std::vector<int> version(const View& text);
  // The index of the text among `names`; a mistake when it is none of them, `otherwise` when there is no text.
  std::size_t one_of(const View& text, const Names& names, std::optional<std::size_t> otherwise = std::nullopt);

 private:
  const document::Document& document_;
  std::string error_;
};

}  // namespace warmgate::models
