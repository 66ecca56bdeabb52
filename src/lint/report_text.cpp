#include <algorithm>
#include <map>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/lint/report.h"

namespace warmgate::lint {
namespace {

// A manifest line that is longer (a JSON file on one line) is cut around the place.
constexpr std::size_t kMaxExcerpt = 160;
// File names and values of manifests stand in messages: no line break or escape sequence of theirs reaches a terminal.
constexpr std::size_t kMaxLine = 2000;

std::string clean(const std::string& text, const base::Redactor& redact) {
  return base::one_line(redact(text), kMaxLine);
}

std::string place(const Diagnostic& diagnostic) {
  return diagnostic.file + ":" + std::to_string(diagnostic.begin.line) + ":" + std::to_string(diagnostic.begin.column) +
         ": ";
}

// The byte offset of the n-th code point of `line` (from 0), or its end.
std::size_t offset_of(std::string_view line, std::size_t code_points) {
  std::size_t offset = 0;
  while (offset < line.size() && code_points > 0) {
    ++offset;
    while (offset < line.size() && (static_cast<unsigned char>(line[offset]) & 0xC0U) == 0x80U) {
      ++offset;
    }
    --code_points;
  }
  return offset;
}

// Thousands of findings can stand in one line of JSON. A line that holds no secret has none in its parts either.
class RedactedLines {
 public:
  explicit RedactedLines(const base::Redactor& redact) : redact_(redact) {}

  const std::string& of(const Diagnostic& diagnostic, std::string_view line) {
    const std::pair key(diagnostic.source.get(), diagnostic.begin.line);
    auto found = known_.find(key);
    if (found == known_.end()) {
      found = known_.emplace(key, redact_(line)).first;
    }
    return found->second;
  }

 private:
  const base::Redactor& redact_;
  std::map<std::pair<const document::SourceText*, std::size_t>, std::string> known_;
};

// The line with a caret under the place. What comes before the place is redacted on its own, so that the caret stays
// under it.
std::string excerpt(const Diagnostic& diagnostic, const base::Redactor& redact, RedactedLines& lines) {
  if (!diagnostic.source) {
    return "";
  }
  const std::string_view line = diagnostic.source->line(diagnostic.begin.line);
  const std::size_t begin = offset_of(line, diagnostic.begin.column - 1);
  const bool one_line = diagnostic.begin.line == diagnostic.end.line;
  const std::size_t end = one_line ? offset_of(line, diagnostic.end.column - 1) : line.size();
  std::string before(line.substr(0, begin));
  std::string marked(line.substr(begin, end - begin));
  std::string after(line.substr(end));
  const std::string& whole = lines.of(diagnostic, line);
  if (whole != line) {
    before = redact(before);
    marked = redact(marked);
    after = redact(after);
    // A secret can begin before the place or end after it: then only the whole line hides it.
    if (before + marked + after != whole) {
      before.clear();
      marked = whole;
      after.clear();
    }
  }
  if (base::count_code_points(before) > kMaxExcerpt / 2) {
    const std::size_t skip = base::count_code_points(before) - kMaxExcerpt / 2;
    before = "..." + before.substr(offset_of(before, skip));
  }
  before = base::one_line(before, kMaxExcerpt);
  marked = base::one_line(marked, kMaxExcerpt);
  const std::string rest = base::one_line(after, kMaxExcerpt / 2);
  const std::string number = std::to_string(diagnostic.begin.line);
  const std::string margin(number.size(), ' ');
  const std::size_t width = std::max<std::size_t>(1, base::count_code_points(marked));
  return margin + " |\n" + number + " | " + before + marked + rest + "\n" + margin + " | " +
         std::string(base::count_code_points(before), ' ') + std::string(width, '^') + "\n";
}

std::string plural(std::size_t count, const std::string& word) {
  return std::to_string(count) + " " + word + (count == 1 ? "" : "s");
}

}  // namespace

std::string place_and_message(const Diagnostic& diagnostic, const base::Redactor& redact) {
  const std::string help = diagnostic.help.empty() ? "" : "; " + diagnostic.help;
  return clean(place(diagnostic) + diagnostic.message + help, redact);
}

std::string format_text(const Report& report, const base::Redactor& redact) {
  std::string out;
  RedactedLines lines(redact);
  for (const Diagnostic& diagnostic : report.diagnostics) {
    out += clean(place(diagnostic) + std::string(to_string(diagnostic.severity)) + "[" + diagnostic.rule +
                     "]: " + diagnostic.message,
                 redact) +
           "\n";
    out += excerpt(diagnostic, redact, lines);
    if (!diagnostic.object.empty()) {
      out += "  = in: " + clean(diagnostic.object + " " + diagnostic.pointer, redact) + "\n";
    }
    if (!diagnostic.help.empty()) {
      out += "  = help: " + clean(diagnostic.help, redact) + "\n";
    }
    out += "  = more: warmgate explain " + diagnostic.rule + "\n\n";
  }
  out += plural(report.count(Severity::kError), "error") + ", " + plural(report.count(Severity::kWarning), "warning") +
         ", " + std::to_string(report.count(Severity::kInfo)) + " info; checked " + plural(report.checked, "object") +
         " with " + plural(report.model_uses, "model use") + " in " + plural(report.files, "file") + "\n";
  return out;
}

}  // namespace warmgate::lint
