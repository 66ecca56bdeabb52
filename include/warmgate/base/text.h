// Small text helpers that more than one room needs. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace warmgate::base {

// The byte offset of the first byte that is not part of valid UTF-8 (RFC 3629: no surrogates, nothing above U+10FFFF,
// no overlong forms), or nullopt when all of `text` is valid.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

// `text` with every invalid byte replaced by U+FFFD, so that it can be written as JSON.
std::string to_valid_utf8(std::string_view text);

// One line that is safe in a terminal, a log and an HTTP header: control characters and those that turn the
// direction of writing become spaces, invalid UTF-8 becomes U+FFFD, and at most `max_code_points` remain (the last one
// is then an ellipsis).
std::string one_line(std::string_view text, std::size_t max_code_points);

// Number of code points in valid UTF-8.
std::size_t count_code_points(std::string_view text);

std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);  // ASCII only
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);

// True when `text` matches `pattern`, in which `*` stands for any characters (none included). Linear in practice: no
// backtracking beyond the last star, so hostile input cannot make it exponential.
bool glob_match(std::string_view pattern, std::string_view text);
bool matches_any_glob(std::span<const std::string> patterns, std::string_view text);

// The candidate that is most like `word` (edit distance of at most 2), for "did you mean" hints.
std::optional<std::string> closest_match(std::string_view word, std::span<const std::string> candidates);

// The bytes behind standard base64 (RFC 4648 section 4, padding required), and the reverse.
std::optional<std::string> base64_decode(std::string_view text);
std::string base64_encode(std::string_view bytes);

}  // namespace warmgate::base
