#include "substring.h"

#include <algorithm>

namespace warmgate::document {
namespace {

std::size_t count_before(std::string_view text, std::string_view part, std::size_t end) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at < end; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

// The same occurrence of the part in `raw`, when both texts hold it equally often.
std::optional<Span> same_occurrence(std::string_view raw, std::string_view decoded, std::size_t offset,
                                    std::size_t length) {
  const std::string_view part = decoded.substr(offset, length);
  if (count_before(raw, part, std::string_view::npos) != count_before(decoded, part, std::string_view::npos)) {
    return std::nullopt;
  }
  const std::size_t before = count_before(decoded, part, offset);
  std::size_t at = raw.find(part);
  for (std::size_t i = 0; i < before; ++i) {
    at = raw.find(part, at + 1);
  }
  return at == std::string_view::npos ? std::nullopt : std::optional(Span{at, at + length});
}

// A literal block repeats the decoded lines behind one indentation, so each offset can be computed.
class LiteralLines {
 public:
  LiteralLines(std::string_view raw, std::string_view decoded) : raw_(raw), decoded_(decoded) {
    const std::size_t text_at = decoded.find_first_not_of('\n');
    if (text_at == std::string_view::npos) {
      return;
    }
    const auto skipped = static_cast<std::size_t>(
        std::count(decoded.begin(), decoded.begin() + static_cast<std::ptrdiff_t>(text_at), '\n'));
    const std::optional<std::size_t> start = line_start(skipped);
    if (start) {
      const std::string_view raw_line = line_at(raw, *start);
      const std::string_view decoded_line = line_at(decoded, text_at);
      if (raw_line.ends_with(decoded_line)) {
        indentation_ = raw_line.size() - decoded_line.size();
      }
    }
  }

  [[nodiscard]] std::optional<std::size_t> raw_offset(std::size_t offset) const {
    if (!indentation_) {
      return std::nullopt;
    }
    const std::string_view before = decoded_.substr(0, offset);
    const std::size_t newline = before.rfind('\n');
    const std::size_t column = newline == std::string_view::npos ? offset : offset - newline - 1;
    const std::optional<std::size_t> start =
        line_start(static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')));
    return start ? std::optional(*start + *indentation_ + column) : std::nullopt;
  }

 private:
  static std::string_view line_at(std::string_view text, std::size_t start) {
    text.remove_prefix(start);
    return text.substr(0, text.find_first_of("\r\n"));
  }

  // Where content line `number` (from 0, behind the header line) starts.
  [[nodiscard]] std::optional<std::size_t> line_start(std::size_t number) const {
    std::size_t at = 0;
    for (std::size_t i = 0; i <= number; ++i) {
      at = raw_.find('\n', at);
      if (at == std::string_view::npos) {
        return std::nullopt;
      }
      ++at;
    }
    return at;
  }

  std::string_view raw_;
  std::string_view decoded_;
  std::optional<std::size_t> indentation_;
};

std::optional<Span> in_literal(std::string_view raw, std::string_view decoded, std::size_t offset, std::size_t length) {
  const LiteralLines lines(raw, decoded);
  const std::optional<std::size_t> first = lines.raw_offset(offset);
  const std::optional<std::size_t> last = lines.raw_offset(offset + length - 1);
  if (!first || !last || *last >= raw.size() || raw[*first] != decoded[offset] ||
      raw[*last] != decoded[offset + length - 1]) {
    return std::nullopt;
  }
  return Span{*first, *last + 1};
}

}  // namespace

std::optional<Span> find_decoded_part(std::string_view raw, std::string_view decoded, std::size_t offset,
                                      std::size_t length) {
  if (length == 0 || raw.empty() || offset > decoded.size() || length > decoded.size() - offset) {
    return std::nullopt;
  }
  if (raw.front() == '|') {
    return in_literal(raw, decoded, offset, length);
  }
  if (raw.front() == '*') {
    return std::nullopt;  // an alias: the words stand at its anchor
  }
  std::size_t start = 0;
  std::size_t end = raw.size();
  if (raw.front() == '"' || raw.front() == '\'') {
    start = 1;
    end = std::max(start, end - 1);
  } else if (raw.front() == '>') {
    start = std::min(end, raw.find('\n'));
  }
  std::optional<Span> found = same_occurrence(raw.substr(start, end - start), decoded, offset, length);
  if (found) {
    found->begin += start;
    found->end += start;
  }
  return found;
}

}  // namespace warmgate::document
