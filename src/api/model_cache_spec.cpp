#include "warmgate/api/model_cache_spec.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::api {
namespace {

using document::Json;
using document::View;

std::shared_ptr<const Json> copy_of(const View& value) {
  return value ? std::make_shared<const Json>(*value.json()) : nullptr;
}

std::optional<int> small(const View& value) {
  const std::optional<std::int64_t> number = value.integer();
  return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

DownloadSpec read_download(const View& download) {
  DownloadSpec out;
  out.image = download["image"].text();
  out.high_performance = download["highPerformance"].boolean();
  out.backoff_limit = small(download["backoffLimit"]);
  out.active_deadline_seconds = download["activeDeadlineSeconds"].integer();
  out.max_workers = small(download["maxWorkers"]);
  out.run_as_user = download["runAsUser"].integer();
  out.fs_group = download["fsGroup"].integer();
  out.resources = copy_of(download["resources"]);
  out.node_selector = copy_of(download["nodeSelector"]);
  out.tolerations = copy_of(download["tolerations"]);
  out.affinity = copy_of(download["affinity"]);
  out.image_pull_secrets = copy_of(download["imagePullSecrets"]);
  out.env = copy_of(download["env"]);
  return out;
}

// Letters and digits in lower case, everything else as single dashes between them.
std::string slug(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : base::to_lower(text)) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (good && out.size() < most) {
      out += c;
    } else if (!good && !out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (out.ends_with('-')) {
    out.pop_back();
  }
  return out;
}

}  // namespace

std::string short_hash(std::string_view text) {
  constexpr std::uint64_t kOffset = 14'695'981'039'346'656'037U;  // FNV-1a, RFC 9923
  constexpr std::uint64_t kPrime = 1'099'511'628'211U;
  std::uint64_t hash = kOffset;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr unsigned kBits = 64;
  constexpr unsigned kBitsPerDigit = 4;
  std::string out;
  for (unsigned shift = kBits; shift > 0; shift -= kBitsPerDigit) {
    out += kDigits[(hash >> (shift - kBitsPerDigit)) % kDigits.size()];
  }
  return out;
}

NewClaim read_new_claim(const View& create) {
  NewClaim claim;
  claim.storage_class = create["storageClassName"].string();
  const View size = create["size"];
  claim.bytes = size.is_string() ? kube::parse_quantity(size.text()) : size.integer();
  if (std::vector<std::string> modes = create["accessModes"].strings(); !modes.empty()) {
    claim.access_modes = std::move(modes);
  }
  return claim;
}

std::optional<ModelCacheSpec> read_model_cache_spec(const kube::Object& object) {
  std::optional<ModelCache> cache = read_model_cache(object);
  if (!cache) {
    return std::nullopt;
  }
  const View spec = object.root()["spec"];
  const View source = spec["source"]["huggingFace"];
  ModelCacheSpec out;
  out.cache = std::move(*cache);
  out.endpoint = source["endpoint"].text();
  out.allow_patterns = source["allowPatterns"].strings();
  out.ignore_patterns = source["ignorePatterns"].strings();
  if (const View token = source["tokenSecretRef"]) {
    out.token = SecretKey{token["name"].text(), token["key"].text()};
  }
  if (const View create = spec["storage"]["create"]; create.is_object()) {
    out.create = read_new_claim(create);
  }
  out.download = read_download(spec["download"]);
  out.verify = spec["verify"].boolean().value_or(true);
  out.delete_files = spec["reclaimPolicy"].text() == "Delete";
  out.suspend = spec["suspend"].boolean().value_or(false);
  return out;
}

std::string created_name(std::string_view repo, std::string_view revision) {
  constexpr std::size_t kCommitDigits = 8;
  constexpr std::size_t kHashDigits = 8;
  constexpr std::size_t kMostOfRepo = 52 - kCommitDigits - kHashDigits - 2;
  // The hash tells apart what the slug makes equal: "org/a.b" and "org/a-b".
  std::string name = slug(repo, kMostOfRepo);
  name.append(name.empty() ? "model-" : "-").append(revision.substr(0, kCommitDigits));
  return name.append("-").append(short_hash(std::string(repo).append("@").append(revision)), 0, kHashDigits);
}

std::vector<std::string> used_secrets(const ModelCacheSpec& spec) {
  std::set<std::string> names;
  if (spec.token) {
    names.insert(spec.token->name);
  }
  if (spec.download.image_pull_secrets) {
    for (const View& secret : View(*spec.download.image_pull_secrets).items()) {
      names.insert(secret["name"].text());
    }
  }
  if (spec.download.env) {
    for (const View& variable : View(*spec.download.env).items()) {
      names.insert(variable["valueFrom"]["secretKeyRef"]["name"].text());
    }
  }
  names.erase("");
  return {names.begin(), names.end()};
}

}  // namespace warmgate::api
