#include "warmgate/kube/secrets.h"

#include <algorithm>
#include <array>
#include <utility>

#include "warmgate/base/text.h"

namespace warmgate::kube {

bool is_token_variable(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames = {
      "HF_TOKEN",     "HUGGING_FACE_HUB_TOKEN",   "HUGGINGFACE_HUB_TOKEN", "HUGGINGFACE_TOKEN",
      "HF_API_TOKEN", "HUGGINGFACEHUB_API_TOKEN", "HUGGING_FACE_TOKEN"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

namespace {

using document::View;

void add_token(const std::string& name, const std::string& value, std::vector<std::string>& values) {
  // "$(TOKEN)" names another variable; it is no secret itself.
  if (is_token_variable(name) && !value.starts_with("$(")) {
    values.push_back(value);
  }
}

// Wherever variables stand, in kinds that nobody knows too: {name: HF_TOKEN, value: …}, or {HF_TOKEN: …}. Documents are
// no deeper than document::Limits lets them be.
void add_token_variables(const View& at, std::vector<std::string>& values) {
  for (const View& item : at.items()) {
    add_token_variables(item, values);
  }
  for (const auto& [name, member] : at.members()) {
    if (name == "value") {
      add_token(at["name"].text(), member.text(), values);
    } else if (member.is_string()) {
      add_token(name, member.text(), values);
    } else {
      add_token_variables(member, values);
    }
  }
}

}  // namespace

std::vector<std::string> secret_values(const Object& object) {
  std::vector<std::string> values;
  if (object.is("", "Secret")) {
    for (const auto& [name, value] : object.root()["stringData"].members()) {
      values.push_back(value.text());
    }
    for (const auto& [name, value] : object.root()["data"].members()) {
      std::string text = value.text();
      values.push_back(text);
      // Go's decoder, which the API server uses, skips line breaks (encoding/base64).
      std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
      if (std::optional<std::string> decoded = base::base64_decode(text)) {
        values.push_back(std::move(*decoded));
      }
    }
  }
  add_token_variables(object.root(), values);
  return values;
}

}  // namespace warmgate::kube
