#include "warmgate/api/waits_for.h"

#include <algorithm>

#include "warmgate/api/hugging_face.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/object_name.h"

namespace warmgate::api {
namespace {

// Two names of 253 and 193 characters and a commit; beyond it no entry is looked at.
constexpr std::size_t kMaxEntry = 512;

std::optional<WaitedFor> parse_entry(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  const std::size_t at = entry.rfind('@');
  if (entry.size() > kMaxEntry || equals == std::string_view::npos || at == std::string_view::npos || at < equals) {
    return std::nullopt;
  }
  WaitedFor one{std::string(entry.substr(0, equals)), std::string(entry.substr(equals + 1, at - equals - 1)),
                std::string(entry.substr(at + 1))};
  const bool valid = kube::is_object_name(one.cache) && one.repo.find('/') != std::string::npos &&
                     is_repo_id(one.repo) && is_commit(one.revision);
  return valid ? std::optional(std::move(one)) : std::nullopt;
}

}  // namespace

std::optional<std::vector<WaitedFor>> parse_waits_for(std::string_view annotation) {
  if (annotation.size() > kMaxWaitedFor * kMaxEntry) {
    return std::nullopt;
  }
  const std::vector<std::string_view> entries = base::split(annotation, ',');
  if (entries.size() > kMaxWaitedFor) {
    return std::nullopt;
  }
  std::vector<WaitedFor> all;
  for (const std::string_view entry : entries) {
    std::optional<WaitedFor> one = parse_entry(base::trim(entry));
    if (!one) {
      return std::nullopt;
    }
    if (std::find(all.begin(), all.end(), *one) == all.end()) {
      all.push_back(std::move(*one));
    }
  }
  return all;
}

std::string format_waits_for(const std::vector<WaitedFor>& all) {
  std::string text;
  for (const WaitedFor& one : all) {
    text.append(text.empty() ? "" : ",").append(one.cache).append("=").append(one.repo).append("@");
    text.append(one.revision);
  }
  return text;
}

}  // namespace warmgate::api
