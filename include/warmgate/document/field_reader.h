// FieldReader: reads a data file (engines, workload kinds, storage facts) field by field and keeps its first mistake,
// with the place, so that the reading code stays straight. Refers to the document, which must outlive it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/document/document.h"
#include "warmgate/document/view.h"

namespace warmgate::document {

class FieldReader {
 public:
  explicit FieldReader(const Document& document) : document_(document) {}

  [[nodiscard]] View root() const { return View(document_.value()); }

  // Only the first mistake is kept: "kinds.yaml:7:5: /spec/kinds/0/kind: must be a string".
  void fail(const View& at, const std::string& message);
  // `object` has no other members than `names` (and is an object, where it is there at all). `refusal` is what is said
  // of another: "a claim has no such field".
  void known_members(const View& object, const std::vector<std::string>& names, std::string_view refusal);

  // Each "" or none where the field is not there; another type is a mistake.
  std::string text(const View& value);
  std::string required_text(const View& value);
  bool flag(const View& value);
  std::int64_t integer(const View& value, std::int64_t otherwise);
  std::vector<std::string> strings(const View& value);
  std::vector<View> items(const View& value);
  // Of a list of objects its items.
  std::vector<View> objects(const View& value);

  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  const Document& document_;
  std::string error_;
};

}  // namespace warmgate::document
