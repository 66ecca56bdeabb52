#include "scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "warmgate/base/text.h"

namespace warmgate::document {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The words of goyaml's resolveMap.
std::optional<Json> named_value(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (one_of(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) {
    return Json(true);
  }
  if (one_of(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return Json(false);
  }
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) {
    return Json(nullptr);
  }
  if (one_of(text, {".nan", ".NaN", ".NAN"})) {
    return Json(std::numeric_limits<double>::quiet_NaN());
  }
  if (one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) {
    return Json(kInfinity);
  }
  if (one_of(text, {"-.inf", "-.Inf", "-.INF"})) {
    return Json(-kInfinity);
  }
  return std::nullopt;
}

template <class Integer>
std::optional<Integer> whole(std::string_view text, int base) {
  Integer value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && stop == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// Go's strconv.ParseInt and ParseUint with base 0: 0b, 0o, 0x or a leading 0 give the base.
std::optional<Json> integer(std::string_view text) {
  const bool sign = !text.empty() && (text[0] == '+' || text[0] == '-');
  const bool negative = sign && text[0] == '-';
  std::string_view digits = text.substr(sign ? 1 : 0);
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char letter = static_cast<char>(digits[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    digits.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  }
  const std::optional<std::uint64_t> magnitude = whole<std::uint64_t>(digits, base);
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (!magnitude || *magnitude > (negative ? kMax + 1 : sign ? kMax : std::numeric_limits<std::uint64_t>::max())) {
    return std::nullopt;
  }
  if (negative) {
    return Json(static_cast<std::int64_t>(0 - *magnitude));
  }
  return *magnitude <= kMax ? Json(static_cast<std::int64_t>(*magnitude)) : Json(*magnitude);
}

// A decimal float; too large a one is not a float (Go's ErrRange), too small a one is 0.
std::optional<Json> decimal(std::string_view text) {
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
  }
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (stop != text.data() + text.size() || error == std::errc::invalid_argument) {
    return std::nullopt;
  }
  if (error == std::errc::result_out_of_range) {
    const std::size_t exponent = text.find_first_of("eE");
    const std::size_t first = text.find_first_not_of('-');
    const bool tiny =
        exponent != std::string_view::npos ? text[exponent + 1] == '-' : text[first] == '0' || text[first] == '.';
    return tiny ? std::optional(Json(0.0)) : std::nullopt;
  }
  return Json(value);
}

// ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$, goyaml's yamlStyleFloat.
bool looks_like_float(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i])) {
      ++i;
    }
    return i - start;
  };
  const auto sign = [&] { i += i < text.size() && (text[i] == '+' || text[i] == '-') ? 1 : 0; };
  sign();
  const std::size_t before = digits();
  std::size_t after = 0;
  if (i < text.size() && text[i] == '.') {
    ++i;
    after = digits();
  }
  if (before + after == 0) {
    return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    sign();
    if (digits() == 0) {
      return false;
    }
  }
  return i == text.size();
}

// Go's rule for "_" in a number: only between digits.
bool underscores_between_digits(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' && (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1]))) {
      return false;
    }
  }
  return true;
}

std::optional<Json> number(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  if (text[0] == '.') {  // by Go's ParseFloat on the text as it is
    return looks_like_float(plain) && underscores_between_digits(text) ? decimal(plain) : std::nullopt;
  }
  if (std::optional<Json> found = integer(plain)) {
    return found;
  }
  if (looks_like_float(plain)) {
    return decimal(plain);
  }
  if (plain.starts_with("0b") && plain.size() > 3 && (plain[2] == '-' || plain[2] == '+')) {
    const std::optional<std::int64_t> value = whole<std::int64_t>(std::string_view(plain).substr(3), 2);
    return value ? std::optional(Json(plain[2] == '-' ? -*value : *value)) : std::nullopt;
  }
  return std::nullopt;
}

Json implicit_value(std::string_view text) {
  if (std::optional<Json> named = named_value(text)) {
    return *std::move(named);
  }
  if (is_digit(text[0]) || text[0] == '+' || text[0] == '-' || text[0] == '.') {
    if (std::optional<Json> found = number(text)) {
      return *std::move(found);
    }
  }
  return Json(text);
}

base::Error cannot_be(std::string_view text, std::string_view type) {
  return {"the value '" + base::one_line(text, 40) + "' has the tag !!" + std::string(type) + " but is none"};
}

base::Result<Json> tagged_value(std::string_view text, std::string_view type) {
  if (type == "binary") {
    std::string compact(text);  // Go's decoder skips line breaks
    std::erase_if(compact, [](char c) { return c == '\n' || c == '\r'; });
    const std::optional<std::string> bytes = base::base64_decode(compact);
    if (!bytes) {
      return base::Error{"a !!binary value is not base64"};
    }
    return Json(base::to_valid_utf8(*bytes));
  }
  if (!one_of(type, {"bool", "int", "float", "null"})) {
    return Json(text);  // !!str, !!timestamp and tags that nobody knows
  }
  Json value = implicit_value(text);
  if (type == "float" && value.is_number() && !value.is_number_unsigned()) {
    return Json(value.get<double>());
  }
  const bool fits = (type == "bool" && value.is_boolean()) || (type == "int" && value.is_number_integer()) ||
                    (type == "null" && value.is_null());
  return fits ? base::Result<Json>(std::move(value)) : cannot_be(text, type);
}

}  // namespace

base::Result<Json> resolve_scalar(const Scalar& scalar) {
  if (scalar.tag.empty()) {
    return scalar.implicit ? implicit_value(scalar.text) : Json(scalar.text);
  }
  if (!scalar.tag.starts_with(kTagPrefix)) {
    return Json(scalar.text);
  }
  return tagged_value(scalar.text, scalar.tag.substr(kTagPrefix.size()));
}

base::Result<Json> json_number(double value) {
  if (!std::isfinite(value)) {
    return base::Error{"infinity and NaN cannot be sent to Kubernetes: JSON has no such numbers"};
  }
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::trunc(value) == value && value >= -kTwoTo63 && value < kTwoTo63) {
    return Json(static_cast<std::int64_t>(value));
  }
  return Json(value);
}

base::Result<std::string> key_name(const Json& key) {
  if (key.is_string()) {
    return key.get<std::string>();
  }
  if (key.is_boolean()) {
    return std::string(key.get<bool>() ? "true" : "false");
  }
  if (key.is_number_float()) {
    const double value = key.get<double>();
    if (!std::isfinite(value)) {
      return std::string(std::isnan(value) ? ".nan" : value > 0 ? ".inf" : "-.inf");
    }
    // Go's FormatFloat(value, 'g', -1, 32): scientific when the exponent is below -4 or above 5.
    if (std::fabs(value) > static_cast<double>(std::numeric_limits<float>::max())) {
      return std::string(value > 0 ? ".inf" : "-.inf");
    }
    std::array<char, 64> buffer{};
    const auto narrow = static_cast<float>(value);
    const float size = std::fabs(narrow);
    const bool scientific = size != 0 && (size < 1e-4F || size >= 1e6F);
    const auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), narrow, format);
    return std::string(buffer.data(), error == std::errc{} ? end : buffer.data());
  }
  if (key.is_number_integer() &&
      !(key.is_number_unsigned() && key.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())) {
    return std::to_string(key.get<std::int64_t>());
  }
  return base::Error{key.is_null() ? "a key is empty or null; JSON keys are strings"
                                   : "a key is a number too large for Kubernetes; put it in quotes"};
}

}  // namespace warmgate::document
