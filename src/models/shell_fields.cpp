#include "shell_fields.h"

#include <algorithm>
#include <utility>

namespace warmgate::models {
namespace {

// The default IFS; a script that sets another one has its unquoted expansions reported as unknown.
constexpr std::string_view kSeparators = " \t\n";

}  // namespace

void ShellFields::append(std::string_view text) {
  if (current_.text.size() + text.size() > budget_.limits().max_expanded_bytes) {
    budget_.exhaust("a word is longer than " + std::to_string(budget_.limits().max_expanded_bytes) +
                    " bytes after expansion");
    return;
  }
  if (budget_.spend(text.size())) {
    current_.text += text;
  }
}

void ShellFields::literal(std::string_view text) {
  exists_ = true;
  append(text);
}

void ShellFields::expansion(std::string_view text) {
  if (!split_) {
    literal(text);
    return;
  }
  while (!text.empty() && !budget_.exhausted()) {
    const std::size_t end = std::min(text.find_first_of(kSeparators), text.size());
    if (end > 0) {
      literal(text.substr(0, end));
    }
    if (end < text.size()) {
      finish();
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void ShellFields::unknown(std::string_view written, const std::string& reason, bool several) {
  exists_ = true;
  current_.several = current_.several || (several && split_);
  make_unknown(written, reason);
}

void ShellFields::absent(std::string_view written, const std::string& reason) { make_unknown(written, reason); }

void ShellFields::make_unknown(std::string_view written, const std::string& reason) {
  append(written);
  if (current_.known) {
    current_.known = false;
    current_.reason = reason;
  }
}

void ShellFields::separate() {
  if (split_) {
    finish();
  } else {
    append(" ");
  }
}

void ShellFields::finish() {
  current_.absent = !exists_ && !current_.known;
  if ((exists_ || current_.absent) && budget_.spend(sizeof(ShellWord))) {
    fields_.push_back(std::move(current_));
  }
  current_ = {};
  exists_ = false;
}

std::vector<ShellValue> ShellFields::take() {
  if (!split_) {
    exists_ = true;
  }
  finish();
  return std::move(fields_);
}

}  // namespace warmgate::models
