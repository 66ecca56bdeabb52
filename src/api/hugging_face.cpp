#include "warmgate/api/hugging_face.h"

#include <algorithm>

#include "warmgate/base/text.h"

namespace warmgate::api {
namespace {

constexpr std::size_t kCommitLength = 40;
constexpr std::size_t kMinShortCommit = 7;

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || byte >= 0x80;
}

// `[\w\-.]+` between word boundaries: neither the first nor the last character is "-" or ".".
bool is_name(std::string_view name) {
  return !name.empty() && is_word(name.front()) && is_word(name.back()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '-' || c == '.'; });
}

// The revision of "<revision>/<path>". Two kinds of refs hold slashes themselves (_SPECIAL_REFS_REVISION_REGEX of
// huggingface_hub).
std::string_view revision_before_path(std::string_view text) {
  std::size_t from = 0;
  for (const std::string_view special : {"refs/pr/", "refs/convert/"}) {
    from = text.starts_with(special) ? special.size() : from;
  }
  return text.substr(0, text.find('/', from));
}

}  // namespace

bool is_commit(std::string_view revision) {
  return revision.size() == kCommitLength && std::all_of(revision.begin(), revision.end(), is_lower_hex);
}

bool is_repo_id(std::string_view text) {
  constexpr std::size_t kMaxName = 96;
  const std::size_t slash = text.find('/');
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const bool good_namespace = slash == std::string_view::npos || is_name(text.substr(0, slash));
  return good_namespace && is_name(name) && name.size() <= kMaxName && text.find("--") == std::string_view::npos &&
         text.find("..") == std::string_view::npos && !text.ends_with(".git");
}

bool is_endpoint(std::string_view text) {
  constexpr std::size_t kMaxEndpoint = 2048;
  const bool https = text.starts_with("https://");
  if ((!https && !text.starts_with("http://")) || text.size() > kMaxEndpoint) {
    return false;
  }
  text.remove_prefix(std::string_view(https ? "https://" : "http://").size());
  return !text.empty() && text.front() != '/' && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c <= '~' && c != '@' && c != '?' && c != '#' && c != '\\';
  });
}

std::string describe_revision(std::string_view revision) {
  const std::string lower = base::to_lower(revision);
  const bool hex = std::all_of(lower.begin(), lower.end(), is_lower_hex);
  if (hex && revision.size() == kCommitLength) {
    return "a commit SHA in upper case, which huggingface_hub does not take for a commit";
  }
  if (hex && revision.size() >= kMinShortCommit && revision.size() < kCommitLength) {
    return "a short SHA, which huggingface_hub does not take for a commit";
  }
  if (revision.starts_with("refs/pr/")) {
    return "a pull request, which can change";
  }
  if (revision == "main") {
    return "the branch main, which moves";
  }
  return "a branch or tag, which can move";
}

std::string commit_command(std::string_view repo) {
  return "git ls-remote https://huggingface.co/" + std::string(repo) + " HEAD";
}

std::optional<HubUri> parse_hub_uri(std::string_view text) {
  constexpr std::string_view kScheme = "hf://";
  if (!text.starts_with(kScheme)) {
    return std::nullopt;
  }
  text.remove_prefix(kScheme.size());
  if (text.starts_with("models/")) {
    text.remove_prefix(std::string_view("models/").size());
  }
  for (const std::string_view other : {"datasets/", "spaces/", "kernels/", "buckets/"}) {
    if (text.starts_with(other)) {
      return std::nullopt;
    }
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t name_end = std::min(text.find_first_of("@/", slash + 1), text.size());
  HubUri uri{std::string(text.substr(0, name_end)), ""};
  if (name_end < text.size() && text[name_end] == '@') {
    uri.revision = std::string(revision_before_path(text.substr(name_end + 1)));
  }
  return is_repo_id(uri.repo) ? std::optional(uri) : std::nullopt;
}

}  // namespace warmgate::api
