#include "warmgate/document/source.h"

#include <algorithm>
#include <utility>

#include "warmgate/base/text.h"

namespace warmgate::document {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// One count per KiB: less than 1% of the text in memory, at most 1,023 bytes to count per look-up.
constexpr std::size_t kStride = 1024;

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

std::vector<std::size_t> counts_of(std::string_view text) {
  std::vector<std::size_t> counts;
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return counts;
  }
  std::size_t count = 0;
  for (std::size_t begin = 0; begin <= text.size(); begin += kStride) {
    counts.push_back(count);
    count += base::count_code_points(text.substr(begin, kStride));
  }
  return counts;
}

}  // namespace

SourceText::SourceText(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)), counts_(counts_of(text_)) {
  line_starts_.push_back(0);
  for (std::size_t at = text_.find_first_of("\r\n"); at != std::string::npos; at = text_.find_first_of("\r\n", at)) {
    at += text_.compare(at, 2, "\r\n") == 0 ? 2 : 1;
    line_starts_.push_back(at);
  }
}

std::size_t SourceText::code_points_before(std::size_t offset) const {
  if (counts_.empty()) {
    return offset;
  }
  const std::size_t begin = offset - offset % kStride;
  return counts_[offset / kStride] + base::count_code_points(text().substr(begin, offset - begin));
}

Span SourceText::columns(std::size_t number) const {
  Span span{line_starts_[number - 1], number < line_starts_.size() ? line_starts_[number] : text_.size()};
  if (number == 1 && text_.starts_with(kByteOrderMark)) {
    span.begin = kByteOrderMark.size();  // editors do not count it
  }
  while (span.end > span.begin && (text_[span.end - 1] == '\n' || text_[span.end - 1] == '\r')) {
    --span.end;
  }
  return span;
}

Position SourceText::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next_line = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto number = static_cast<std::size_t>(std::distance(line_starts_.begin(), next_line));
  const std::size_t start = std::min(offset, columns(number).begin);
  return {number, code_points_before(offset) - code_points_before(start) + 1};
}

std::size_t SourceText::offset(const Position& position) const {
  if (position.line == 0 || position.line > line_starts_.size()) {
    return text_.size();
  }
  const Span line = columns(position.line);
  const std::size_t wanted = code_points_before(line.begin) + std::max<std::size_t>(position.column, 1) - 1;
  if (counts_.empty()) {
    return std::min(wanted, line.end);
  }
  // The last count that is not too large; from there a code point at a time.
  const auto after = std::upper_bound(counts_.begin(), counts_.end(), wanted);
  std::size_t at = static_cast<std::size_t>(std::distance(counts_.begin(), after) - 1) * kStride;
  std::size_t left = wanted - *std::prev(after);
  while (at < line.end && (left > 0 || !starts_code_point(text_[at]))) {
    left -= starts_code_point(text_[at]) ? 1 : 0;
    ++at;
  }
  return std::clamp(at, line.begin, line.end);
}

std::string_view SourceText::line(std::size_t number) const {
  if (number == 0 || number > line_starts_.size()) {
    return {};
  }
  const std::size_t start = line_starts_[number - 1];
  return text().substr(start, columns(number).end - start);
}

}  // namespace warmgate::document
