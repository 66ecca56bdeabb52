#include "code_points.h"

#include <algorithm>

namespace warmgate::document {
namespace {
// One checkpoint per 128 code points: 6% of the text in memory, at most 127 steps per look-up.
constexpr std::size_t kStride = 128;

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }
}  // namespace

CodePointOffsets::CodePointOffsets(std::string_view text) : text_(text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return;
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (starts_code_point(text[i]) && count++ % kStride == 0) {
      checkpoints_.push_back(i);
    }
  }
}

std::size_t CodePointOffsets::byte_offset(std::size_t index) const {
  if (checkpoints_.empty()) {
    return std::min(index, text_.size());
  }
  if (index / kStride >= checkpoints_.size()) {
    return text_.size();
  }
  std::size_t at = checkpoints_[index / kStride];
  for (std::size_t left = index % kStride; left > 0 && at < text_.size(); --left) {
    ++at;
    while (at < text_.size() && !starts_code_point(text_[at])) {
      ++at;
    }
  }
  return at;
}

}  // namespace warmgate::document
