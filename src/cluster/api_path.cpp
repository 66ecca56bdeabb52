#include "api_path.h"

#include <algorithm>
#include <array>

#include "warmgate/base/text.h"

namespace warmgate::cluster {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// The rule of apimachinery's IsValidPathSegmentName, and no control characters.
bool is_segment(std::string_view text) {
  return text != "." && text != ".." && std::none_of(text.begin(), text.end(), [](char c) {
           return c == '/' || c == '%' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

}  // namespace

std::string api_version(const Resource& resource) {
  return resource.group.empty() ? resource.version : resource.group + "/" + resource.version;
}

base::Result<std::string> api_path(const Resource& resource, const PathParts& parts) {
  for (const std::string* part : {&parts.ns, &parts.name, &parts.sub_resource}) {
    if (!is_segment(*part)) {
      return base::Error{"\"" + base::one_line(*part, 100) + "\" cannot be the name of a Kubernetes object"};
    }
  }
  std::string path = (resource.group.empty() ? "/api/" : "/apis/") + api_version(resource);
  if (resource.namespaced && !parts.ns.empty()) {
    path += "/namespaces/" + percent_encoded(parts.ns);
  }
  path += "/" + resource.plural;
  if (!parts.name.empty()) {
    path += "/" + percent_encoded(parts.name);
  }
  if (!parts.sub_resource.empty()) {
    path += "/" + percent_encoded(parts.sub_resource);
  }
  return path;
}

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return encoded;
}

Query& Query::add(std::string_view name, std::string_view value) {
  if (!value.empty()) {
    text_ += text_.empty() ? '?' : '&';
    text_ += name;
    text_ += '=';
    text_ += percent_encoded(value);
  }
  return *this;
}

}  // namespace warmgate::cluster
