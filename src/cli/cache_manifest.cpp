#include "cache_manifest.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "warmgate/api/hugging_face.h"
#include "warmgate/base/text.h"
#include "warmgate/document/write.h"

namespace warmgate::cli {
namespace {

using document::Json;

constexpr std::size_t kMaxShown = 80;

std::string shown(std::string_view text) { return "\"" + base::one_line(text, kMaxShown) + "\""; }

// What stands above the line that begins with `key`.
struct Comment {
  std::string_view key;
  std::string_view text;
};
constexpr std::array<Comment, 8> kComments = {{
    {"source:", "Cannot be changed: an upgrade is a second ModelCache, which may be on the same claim."},
    {"tokenSecretRef:", "For gated or private repositories. The download's container is given it; it is never read."},
    {"claimName:", "A claim that is there. It is never deleted or resized, and many ModelCaches may share it."},
    {"create:", "A claim with the name of this ModelCache is made for it."},
    {"storageClassName:", "Its volumes must be such that many nodes can mount them (ReadWriteMany)."},
    {"size:", "Of 1.5 times the model's size where it is left out."},
    {"mountPath:", "HF_HOME of the download and of the Pods that use it."},
    {"download:", "As the Job did that has filled the claim, for another download on it."},
}};

Json storage(const CacheManifest& manifest) {
  if (!manifest.claim.empty()) {
    return {{"claimName", manifest.claim}};
  }
  Json create = {{"accessModes", {"ReadWriteMany"}}};
  if (!manifest.storage_class.empty()) {
    create["storageClassName"] = manifest.storage_class;
  }
  if (!manifest.size.empty()) {
    create["size"] = manifest.size;
  }
  return {{"create", std::move(create)}};
}

Json download(const CacheManifest& manifest) {
  Json settings = Json::object();
  if (manifest.run_as_user) {
    settings["runAsUser"] = *manifest.run_as_user;
  }
  if (manifest.fs_group) {
    settings["fsGroup"] = *manifest.fs_group;
  }
  return settings;
}

}  // namespace

base::Result<PinnedModel> parse_pinned_model(std::string_view text) {
  const std::size_t at = text.find('@');
  const std::string repo(text.substr(0, at));
  if (!api::is_repo_id(repo) || repo.find('/') == std::string::npos) {
    return base::Error{shown(text) + " must be org/name@<commit>, for example Qwen/Qwen3-32B@<commit>"};
  }
  const std::string how = "; give all 40 digits of a commit: " + api::commit_command(repo);
  if (at == std::string_view::npos) {
    return base::Error{repo + " needs a commit, or the cache would hold another model tomorrow" + how};
  }
  const std::string revision(text.substr(at + 1));
  if (!api::is_commit(revision)) {
    return base::Error{shown(revision) + " pins nothing: it is " + api::describe_revision(revision) + how};
  }
  return PinnedModel{repo, revision};
}

base::Result<api::SecretKey> parse_secret(std::string_view text) {
  const std::size_t colon = text.find(':');
  api::SecretKey secret{std::string(text.substr(0, colon)),
                        colon == std::string_view::npos ? "HF_TOKEN" : std::string(text.substr(colon + 1))};
  if (secret.name.empty() || secret.key.empty()) {
    return base::Error{shown(text) + " must be the name of a Secret, or NAME:KEY"};
  }
  return secret;
}

base::Result<Json> to_model_cache(const CacheManifest& manifest) {
  const PinnedModel& model = manifest.model;
  Json source = {{"repo", model.repo}, {"revision", model.revision}};
  if (manifest.token) {
    source["tokenSecretRef"] = {{"name", manifest.token->name}, {"key", manifest.token->key}};
  }
  Json spec = {{"source", {{"huggingFace", std::move(source)}}}, {"storage", storage(manifest)}};
  if (!manifest.mount_path.empty()) {
    spec["mountPath"] = manifest.mount_path;
  }
  if (Json settings = download(manifest); !settings.empty()) {
    spec["download"] = std::move(settings);
  }
  const std::string name = manifest.name.empty() ? api::created_name(model.repo, model.revision) : manifest.name;
  Json object = {{"apiVersion", api::kApiVersion},
                 {"kind", "ModelCache"},
                 {"metadata", {{"name", name}}},
                 {"spec", std::move(spec)}};
  if (!manifest.ns.empty()) {
    object["metadata"]["namespace"] = manifest.ns;
  }
  const std::vector<api::FieldError> errors = api::validate_model_cache(kube::Object(document::Document(object)));
  if (!errors.empty()) {
    const api::FieldError& first = errors.front();
    const std::string where = first.message.starts_with(first.pointer) ? "" : first.pointer + ": ";
    return base::Error{where + first.message + (first.help.empty() ? "" : "; " + first.help)};
  }
  return object;
}

std::string manifest_text(const Json& model_cache) {
  std::string out;
  const std::string yaml = document::to_yaml(model_cache, document::Document(model_cache));
  for (const std::string_view line : base::split(yaml, '\n')) {
    const std::string_view content = base::trim(line);
    const auto comment = std::find_if(kComments.begin(), kComments.end(),
                                      [&](const Comment& one) { return content.starts_with(one.key); });
    if (comment != kComments.end()) {
      out.append(line.size() - content.size(), ' ').append("# ").append(comment->text).append("\n");
    }
    out.append(line).append(line.empty() ? "" : "\n");
  }
  return out;
}

}  // namespace warmgate::cli
