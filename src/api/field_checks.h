// FieldChecks: checks the fields of one of Warmgate's own kinds against what its CRD's schema says of them, and
// collects what is wrong. A field that is not there, or null, is never wrong. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "warmgate/api/field_error.h"
#include "warmgate/document/view.h"

namespace warmgate::api {

class FieldChecks {
 public:
  using View = document::View;

  void add(FieldError error) { errors_.push_back(std::move(error)); }
  // "<pointer> must be …"
  void fail(const View& at, const std::string& what, std::string help = "");

  void flag(const View& value);
  void integer(const View& value, std::int64_t least, std::int64_t most);
  // Of `least` to `most` code points.
  void text(const View& value, std::size_t least, std::size_t most);
  void one_of(const View& value, std::span<const std::string_view> words);
  // A string ("64Gi") or a whole number.
  void quantity(const View& value, std::int64_t least);
  void object(const View& value);
  // A mapping to strings.
  void text_map(const View& value);
  // A list of mappings; returns those.
  std::vector<View> objects(const View& value, std::size_t most);
  // A list of strings of 1 to `most_length` code points, in one line each.
  void lines(const View& value, std::size_t most, std::size_t most_length);

  [[nodiscard]] std::vector<FieldError> take() { return std::move(errors_); }

 private:
  bool list(const View& value, std::size_t most);
  std::vector<FieldError> errors_;
};

}  // namespace warmgate::api
