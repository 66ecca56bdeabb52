// A ModelCache's spec and the JobInput made of it, for the tests of what is made for a ModelCache.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/world.h"
#include "warmgate/controller/download_job.h"

namespace warmgate::testing {

// The spec of a ModelCache named `name` on claim "model-cache" in namespace "llm", `patch` merged into it (RFC 7396).
inline api::ModelCacheSpec cache_spec(const std::string& patch = "{}", const std::string& name = "qwen") {
  document::Json value = object(model_cache(name)).document().value();
  value["spec"].merge_patch(json(patch));
  const kube::Object cache{document::Document(value)};
  const std::optional<api::ModelCacheSpec> spec = api::read_model_cache_spec(cache);
  for (const api::FieldError& error : api::validate_model_cache(cache)) {
    ADD_FAILURE() << error.message << " in " << patch;
  }
  return spec.value();
}

// Refers to `spec`.
inline controller::JobInput job_input(const api::ModelCacheSpec& spec) {
  return {spec, "cache-uid", "claim-uid", false, {}, ""};
}

inline const controller::Settings& settings() {
  static const controller::Settings built_in{knowledge(), policy_with()};
  return built_in;
}

}  // namespace warmgate::testing
