// Redactor: the one filter in front of every output (messages, excerpts and their neighbouring lines, `mutate`,
// `inspect`, patches, logs). It hides what looks like a Hugging Face token, and every secret value it was told of.
// A value type: fill it with add_secret(), then share it as const. Const use is thread-safe.
#pragma once

#include <bitset>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warmgate::base {

struct TokenPlace {
  std::size_t begin = 0;
  std::size_t length = 0;
};

class Redactor {
 public:
  // Remembers one secret value, without white space around it (`echo | base64` adds a line break). Values of fewer than
  // 6 characters are ignored: they would hide ordinary words.
  void add_secret(std::string_view value);

  // `text` with each secret replaced by "[redacted]"; secrets that overlap become one. What has a token's shape is
  // hidden inside words too: in escaped text a token can follow a letter ("\\nhf_...").
  [[nodiscard]] std::string operator()(std::string_view text) const;

  // The places that are replaced, in order, none over another: for what shows parts of a long text.
  [[nodiscard]] std::vector<TokenPlace> places(std::string_view text) const;

  static constexpr std::string_view kHidden = "[redacted]";

 private:
  // By their first six bytes, so that the time for a text does not grow with the number of secrets.
  std::map<std::string, std::vector<std::string>, std::less<>> secrets_;
  std::bitset<256> first_bytes_;
};

// The first word of `text` at or after `from` that is shaped like a Hugging Face token: "hf_" and at least 20 letters
// or digits (real ones have 34), or "api_org_" and the same.
std::optional<TokenPlace> find_hf_token(std::string_view text, std::size_t from = 0);

}  // namespace warmgate::base
