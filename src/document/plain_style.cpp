#include "plain_style.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scalar.h"

namespace warmgate::document {

bool plain_is_string(std::string_view text) {
  if (text == "<<" || text == "=") {
    return false;  // merge and value keys of YAML 1.1
  }
  const base::Result<Json> resolved = resolve_scalar({text, "", true});
  if (!resolved || !resolved->is_string()) {
    return false;
  }
  // Dates and sexagesimal numbers are strings for kubectl, but not for every YAML 1.1 reader.
  const bool starts_as_number = text[0] >= '0' && text[0] <= '9';
  return !starts_as_number || text.find_first_not_of("0123456789+-:._TtZz ") != std::string_view::npos ||
         text.find_first_of(":-") == std::string_view::npos;
}

bool fits_literal(std::string_view text) {
  const std::size_t newline = text.find('\n');
  if (newline == std::string_view::npos || newline == 0 || text[0] == ' ' || text[0] == '\t' ||
      text.ends_with("\n\n")) {
    return false;
  }
  if (text.find(" \n") != std::string_view::npos || text.find("\t\n") != std::string_view::npos || text.back() == ' ' ||
      text.back() == '\t') {
    return false;
  }
  // Beyond ASCII lie characters that YAML takes for line breaks, and ones that libyaml cannot print.
  return std::all_of(text.begin(), text.end(),
                     [](char c) {
                       return c == '\n' || c == '\t' || (c >= ' ' && c <= '~') || static_cast<unsigned char>(c) >= 0x80;
                     }) &&
         text.find("\xC2\x85") == std::string_view::npos && text.find("\xE2\x80\xA8") == std::string_view::npos &&
         text.find("\xE2\x80\xA9") == std::string_view::npos;
}

}  // namespace warmgate::document
