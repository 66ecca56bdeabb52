// A ModelCache as the commands make it: from what a person gives, or from a Job that downloaded it. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "warmgate/api/model_cache_spec.h"
#include "warmgate/base/result.h"
#include "warmgate/document/json.h"

namespace warmgate::cli {

struct PinnedModel {
  std::string repo;
  std::string revision;
  friend bool operator==(const PinnedModel&, const PinnedModel&) = default;
};

// "org/name@<full commit>"; the error says how to get the commit.
base::Result<PinnedModel> parse_pinned_model(std::string_view text);

struct CacheManifest {
  std::string name;  // "": a function of repository and commit
  std::string ns;    // "": whichever it is applied in
  PinnedModel model;
  std::string claim;          // a claim that is there; "": one is made
  std::string storage_class;  // of one that is made; "": the cluster's default
  std::string size;           // "": from the model's size
  std::string mount_path;     // "": the usual one
  std::optional<api::SecretKey> token;
  std::optional<std::int64_t> run_as_user;
  std::optional<std::int64_t> fs_group;
};

// "NAME" or "NAME:KEY"; the key is HF_TOKEN unless it is given.
base::Result<api::SecretKey> parse_secret(std::string_view text);

// An error where the API server would refuse it.
base::Result<document::Json> to_model_cache(const CacheManifest& manifest);

// The object as YAML, with comments on what it means.
std::string manifest_text(const document::Json& model_cache);

}  // namespace warmgate::cli
