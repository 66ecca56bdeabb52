#include "warmgate/kube/secrets.h"

#include <algorithm>
#include <array>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/kube/workload.h"

namespace warmgate::kube {

bool is_token_variable(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames = {
      "HF_TOKEN",     "HUGGING_FACE_HUB_TOKEN",   "HUGGINGFACE_HUB_TOKEN", "HUGGINGFACE_TOKEN",
      "HF_API_TOKEN", "HUGGINGFACEHUB_API_TOKEN", "HUGGING_FACE_TOKEN"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

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
  for (const PodTemplate& pod : pod_templates(object)) {
    for (const Container& container : containers(pod.spec)) {
      for (const View& entry : container.view["env"].items()) {
        const std::string value = entry["value"].text();
        // "$(TOKEN)" names another variable; it is no secret itself.
        if (is_token_variable(entry["name"].text()) && !value.starts_with("$(")) {
          values.push_back(value);
        }
      }
    }
  }
  return values;
}

}  // namespace warmgate::kube
