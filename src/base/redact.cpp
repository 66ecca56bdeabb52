#include "warmgate/base/redact.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "warmgate/base/text.h"

namespace warmgate::base {
namespace {

constexpr std::size_t kMinSecret = 6;
constexpr std::array<std::string_view, 2> kTokenPrefixes = {"hf_", "api_org_"};
constexpr std::size_t kMinTokenTail = 20;

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool begins_word(std::string_view text, std::size_t at) {
  return at == 0 || (!is_alphanumeric(text[at - 1]) && text[at - 1] != '_');
}

enum class Where { kWordsOnly, kAnywhere };

// One pass over `text`: both prefixes end with "_", so each one is looked for at those only.
std::optional<TokenPlace> next_token(std::string_view text, std::size_t from, Where where) {
  for (std::size_t bar = text.find('_', from); bar != std::string_view::npos; bar = text.find('_', bar + 1)) {
    const std::size_t tail = bar + 1;
    for (const std::string_view prefix : kTokenPrefixes) {
      if (!text.substr(from, tail - from).ends_with(prefix)) {
        continue;
      }
      const std::size_t begin = tail - prefix.size();
      std::size_t end = tail;
      while (end < text.size() && is_alphanumeric(text[end])) {
        ++end;
      }
      if (end - tail >= kMinTokenTail && (where == Where::kAnywhere || begins_word(text, begin))) {
        return TokenPlace{begin, end - begin};
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<TokenPlace> find_hf_token(std::string_view text, std::size_t from) {
  return next_token(text, from, Where::kWordsOnly);
}

void Redactor::add_secret(std::string_view value) {
  value = trim(value);
  if (value.size() < kMinSecret) {
    return;
  }
  std::vector<std::string>& alike = secrets_[std::string(value.substr(0, kMinSecret))];
  if (std::find(alike.begin(), alike.end(), value) == alike.end()) {
    alike.emplace_back(value);
    first_bytes_.set(static_cast<unsigned char>(value.front()));
  }
}

std::vector<TokenPlace> Redactor::places(std::string_view text) const {
  // All places are found in the text as it came, then hidden together: a secret that overlaps another, or that stands
  // in "[redacted]" itself, is hidden whole and only once.
  std::vector<TokenPlace> found;
  for (auto token = next_token(text, 0, Where::kAnywhere); token;) {
    found.push_back(*token);
    token = next_token(text, token->begin + token->length, Where::kAnywhere);
  }
  for (std::size_t at = 0; !secrets_.empty() && at + kMinSecret <= text.size(); ++at) {
    if (!first_bytes_.test(static_cast<unsigned char>(text[at]))) {
      continue;
    }
    const auto alike = secrets_.find(text.substr(at, kMinSecret));
    for (std::size_t i = 0; alike != secrets_.end() && i < alike->second.size(); ++i) {
      if (text.substr(at).starts_with(alike->second[i])) {
        found.push_back({at, alike->second[i].size()});
      }
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  std::vector<TokenPlace> merged;
  for (const TokenPlace& place : found) {
    if (merged.empty() || place.begin >= merged.back().begin + merged.back().length) {
      merged.push_back(place);
    } else {
      TokenPlace& last = merged.back();
      last.length = std::max(last.length, place.begin + place.length - last.begin);
    }
  }
  return merged;
}

std::string Redactor::operator()(std::string_view text) const {
  std::string out;
  std::size_t done = 0;  // what comes before it is in `out`
  for (const TokenPlace& place : places(text)) {
    out += text.substr(done, place.begin - done);
    out += kHidden;
    done = place.begin + place.length;
  }
  return out += text.substr(done);
}

}  // namespace warmgate::base
