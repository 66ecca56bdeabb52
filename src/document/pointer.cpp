#include "warmgate/document/pointer.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace warmgate::document {
namespace {

// Reads the token at the front of `rest` (which begins behind its "/") and removes it. nullopt for a bad escape.
std::optional<std::string> take_token(std::string_view& rest) {
  std::string token;
  std::size_t i = 0;
  for (; i < rest.size() && rest[i] != '/'; ++i) {
    if (rest[i] != '~') {
      token += rest[i];
      continue;
    }
    ++i;
    if (i == rest.size() || (rest[i] != '0' && rest[i] != '1')) {
      return std::nullopt;
    }
    token += rest[i] == '0' ? '~' : '/';
  }
  rest.remove_prefix(i);
  return token;
}

const Json* member(const Json& parent, const std::string& token) {
  if (parent.is_object()) {
    const auto found = parent.find(token);
    return found == parent.end() ? nullptr : &*found;
  }
  if (!parent.is_array() || token.empty() || (token.size() > 1 && token[0] == '0')) {
    return nullptr;
  }
  std::size_t index = 0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, index);
  return error == std::errc{} && stop == end && index < parent.size() ? &parent[index] : nullptr;
}

}  // namespace

std::string escape_token(std::string_view token) {
  std::string out;
  out.reserve(token.size());
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

std::string child_pointer(std::string_view parent, std::string_view token) {
  std::string out(parent);
  out += '/';
  out += escape_token(token);
  return out;
}

std::string child_pointer(std::string_view parent, std::size_t index) {
  std::string out(parent);
  out += '/';
  out += std::to_string(index);
  return out;
}

std::optional<std::vector<std::string>> parse_pointer(std::string_view pointer) {
  std::vector<std::string> tokens;
  while (!pointer.empty()) {
    if (pointer.front() != '/') {
      return std::nullopt;
    }
    pointer.remove_prefix(1);
    std::optional<std::string> token = take_token(pointer);
    if (!token) {
      return std::nullopt;
    }
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

const Json* resolve(const Json& root, std::string_view pointer) {
  const std::optional<std::vector<std::string>> tokens = parse_pointer(pointer);
  if (!tokens) {
    return nullptr;
  }
  const Json* value = &root;
  for (const std::string& token : *tokens) {
    value = member(*value, token);
    if (value == nullptr) {
      return nullptr;
    }
  }
  return value;
}

}  // namespace warmgate::document
