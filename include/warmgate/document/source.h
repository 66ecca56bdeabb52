// SourceText: the text a document was read from, with places in it. Immutable once made, shared by const pointer, so
// thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace warmgate::document {

// A half-open range of bytes in a SourceText.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

// Line and column for people and for SARIF: both from 1, columns in Unicode code points.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
  friend bool operator==(const Position&, const Position&) = default;
};

class SourceText {
 public:
  // `name` is what people see: a path, or "<stdin>". `text` must be valid UTF-8 for columns to be right.
  SourceText(std::string name, std::string text);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string_view text() const { return text_; }

  // Lines end at \n, \r\n or \r. `offset` may be up to text().size(). Both ways take the time of one look-up and a
  // short count, however long the line: thousands of places can stand in one line of JSON.
  [[nodiscard]] Position position(std::size_t offset) const;
  // The byte that `position` names, at most the end of its line; the end of the text when there is no such line.
  [[nodiscard]] std::size_t offset(const Position& position) const;
  // The text of a line (from 1) without its line break; empty when there is no such line.
  [[nodiscard]] std::string_view line(std::size_t number) const;
  [[nodiscard]] std::size_t line_count() const { return line_starts_.size(); }

 private:
  // Code points that begin before byte `offset`.
  [[nodiscard]] std::size_t code_points_before(std::size_t offset) const;
  // Where the columns of a line (from 1) begin, and where its text ends.
  [[nodiscard]] Span columns(std::size_t number) const;

  std::string name_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
  std::vector<std::size_t> counts_;  // code_points_before() of every kStride-th byte; empty for ASCII, where they agree
};

}  // namespace warmgate::document
