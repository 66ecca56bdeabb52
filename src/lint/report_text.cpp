#include <algorithm>
#include <map>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/lint/report.h"

namespace warmgate::lint {
namespace {

// A manifest line that is longer (a JSON file on one line) is cut around the place.
constexpr std::size_t kMaxExcerpt = 160;                   // code points
constexpr std::size_t kMaxExcerptBytes = 4 * kMaxExcerpt;  // a code point has at most 4 bytes
// File names and values of manifests stand in messages: no line break or escape sequence of theirs reaches a terminal.
constexpr std::size_t kMaxLine = 2000;

std::string clean(const std::string& text, const base::Redactor& redact) {
  return base::one_line(redact(text), kMaxLine);
}

std::string place(const Diagnostic& diagnostic) {
  return diagnostic.file + ":" + std::to_string(diagnostic.begin.line) + ":" + std::to_string(diagnostic.begin.column) +
         ": ";
}

// The secrets of a line are looked for once: thousands of findings can stand in one line of JSON.
class LineSecrets {
 public:
  explicit LineSecrets(const base::Redactor& redact) : redact_(redact) {}

  const std::vector<base::TokenPlace>& of(const document::SourceText& source, std::size_t line) {
    const std::pair key(&source, line);
    auto found = known_.find(key);
    if (found == known_.end()) {
      found = known_.emplace(key, redact_.places(source.line(line))).first;
    }
    return found->second;
  }

 private:
  const base::Redactor& redact_;
  std::map<std::pair<const document::SourceText*, std::size_t>, std::vector<base::TokenPlace>> known_;
};

// A line of which parts are shown, its secrets hidden. Places are bytes of the line.
class HiddenLine {
 public:
  HiddenLine(std::string_view line, const std::vector<base::TokenPlace>& secrets) : line_(line), secrets_(secrets) {}

  // The place before `at` (or at it) from which on a part can be shown: of no secret only the end is.
  [[nodiscard]] std::size_t begin_of_part(std::size_t at) const {
    while (at > 0 && at < line_.size() && (static_cast<unsigned char>(line_[at]) & 0xC0U) == 0x80U) {
      --at;
    }
    const auto secret = first_ending_after(at);
    return secret != secrets_.end() && secret->begin < at ? secret->begin : at;
  }
  // The place behind `at` (or at it) up to which a part can be shown.
  [[nodiscard]] std::size_t end_of_part(std::size_t at) const {
    at = std::min(at, line_.size());
    while (at < line_.size() && (static_cast<unsigned char>(line_[at]) & 0xC0U) == 0x80U) {
      ++at;
    }
    const auto secret = first_ending_after(at);
    return secret != secrets_.end() && secret->begin < at ? secret->begin + secret->length : at;
  }

  // The part [begin, end), which no secret crosses.
  [[nodiscard]] std::string part(std::size_t begin, std::size_t end) const {
    std::string out;
    for (auto secret = first_ending_after(begin); secret != secrets_.end() && secret->begin < end; ++secret) {
      out += line_.substr(begin, secret->begin - begin);
      out += base::Redactor::kHidden;
      begin = secret->begin + secret->length;
    }
    return out += line_.substr(begin, end - begin);
  }

 private:
  [[nodiscard]] std::vector<base::TokenPlace>::const_iterator first_ending_after(std::size_t at) const {
    return std::partition_point(secrets_.begin(), secrets_.end(),
                                [&](const base::TokenPlace& secret) { return secret.begin + secret.length <= at; });
  }

  std::string_view line_;
  const std::vector<base::TokenPlace>& secrets_;
};

// The last `count` code points of `text`.
std::string last_code_points(const std::string& text, std::size_t count) {
  std::size_t at = text.size();
  while (at > 0 && count > 0) {
    --at;
    count -= (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U ? 1 : 0;
  }
  return text.substr(at);
}

// The line with a caret under the place. Only what is shown of it is looked at, and a secret that the place cuts is
// shown as a whole.
std::string excerpt(const Diagnostic& diagnostic, LineSecrets& secrets) {
  if (!diagnostic.source) {
    return "";
  }
  const document::SourceText& source = *diagnostic.source;
  const std::string_view text = source.line(diagnostic.begin.line);
  const auto line_start = static_cast<std::size_t>(text.data() - source.text().data());
  const HiddenLine line(text, secrets.of(source, diagnostic.begin.line));
  const std::size_t from = source.offset(diagnostic.begin) - line_start;
  const bool one_line = diagnostic.end.line == diagnostic.begin.line;
  const std::size_t to = one_line ? source.offset(diagnostic.end) - line_start : text.size();

  const std::size_t begin = line.begin_of_part(from);
  const std::size_t end = line.end_of_part(std::clamp(to, begin, begin + kMaxExcerptBytes));
  const std::size_t first = line.begin_of_part(begin - std::min(begin, kMaxExcerptBytes));
  const std::size_t last = line.end_of_part(end + kMaxExcerptBytes);
  std::string before = line.part(first, begin);
  if (first > 0 || base::count_code_points(before) > kMaxExcerpt / 2) {
    before = "..." + last_code_points(before, kMaxExcerpt / 2);
  }
  before = base::one_line(before, kMaxExcerpt);
  const std::string marked = base::one_line(line.part(begin, end), kMaxExcerpt);
  const std::string rest = base::one_line(line.part(end, last), kMaxExcerpt / 2);
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

std::string summary(const Report& report) {
  return plural(report.count(Severity::kError), "error") + ", " + plural(report.count(Severity::kWarning), "warning") +
         ", " + std::to_string(report.count(Severity::kInfo)) + " info; checked " + plural(report.checked, "object") +
         " with " + plural(report.model_uses, "model use") + " in " + plural(report.files, "file");
}

std::string format_text(const Report& report, const base::Redactor& redact) {
  std::string out;
  LineSecrets secrets(redact);
  for (const Diagnostic& diagnostic : report.diagnostics) {
    out += clean(place(diagnostic) + std::string(to_string(diagnostic.severity)) + "[" + diagnostic.rule +
                     "]: " + diagnostic.message,
                 redact) +
           "\n";
    out += excerpt(diagnostic, secrets);
    if (!diagnostic.object.empty()) {
      out += "  = in: " + clean(diagnostic.object + " " + diagnostic.pointer, redact) + "\n";
    }
    if (!diagnostic.help.empty()) {
      out += "  = help: " + clean(diagnostic.help, redact) + "\n";
    }
    out += "  = more: warmgate explain " + diagnostic.rule + "\n\n";
  }
  return out + summary(report) + "\n";
}

}  // namespace warmgate::lint
