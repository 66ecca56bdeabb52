// CodePointOffsets: from the code-point counts of libyaml's marks to byte offsets. Immutable, thread-safe.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace warmgate::document {

class CodePointOffsets {
 public:
  // `text` is valid UTF-8 and outlives this.
  explicit CodePointOffsets(std::string_view text);

  // The byte offset of code point `index`, at most the size of the text.
  [[nodiscard]] std::size_t byte_offset(std::size_t index) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> checkpoints_;  // byte offset of every kStride-th code point; empty for ASCII text
};

}  // namespace warmgate::document
