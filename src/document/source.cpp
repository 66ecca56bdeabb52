#include "warmgate/document/source.h"

#include <algorithm>
#include <utility>

#include "warmgate/base/text.h"

namespace warmgate::document {
namespace {
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
}  // namespace

SourceText::SourceText(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
  line_starts_.push_back(0);
  for (std::size_t at = text_.find_first_of("\r\n"); at != std::string::npos; at = text_.find_first_of("\r\n", at)) {
    at += text_.compare(at, 2, "\r\n") == 0 ? 2 : 1;
    line_starts_.push_back(at);
  }
}

Position SourceText::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next_line = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  std::size_t start = *std::prev(next_line);
  const auto number = static_cast<std::size_t>(std::distance(line_starts_.begin(), next_line));
  if (number == 1 && text_.starts_with(kByteOrderMark)) {
    start = std::min(offset, kByteOrderMark.size());  // editors do not count it
  }
  return {number, base::count_code_points(text().substr(start, offset - start)) + 1};
}

std::string_view SourceText::line(std::size_t number) const {
  if (number == 0 || number > line_starts_.size()) {
    return {};
  }
  const std::size_t start = line_starts_[number - 1];
  const std::string_view rest = text().substr(start);
  return rest.substr(0, rest.find_first_of("\r\n"));
}

}  // namespace warmgate::document
