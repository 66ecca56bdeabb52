#include "server_url.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace warmgate::cluster {
namespace {

constexpr std::string_view kScheme = "https://";

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == ':';
}

bool is_path_character(char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; }

}  // namespace

base::Result<ServerUrl> parse_server_url(const std::string& text) {
  if (text.rfind("http://", 0) == 0) {
    return base::Error{
        "the server must be an https:// address: over http:// anybody on the way could read the "
        "credentials and change the answers"};
  }
  if (text.rfind(kScheme, 0) != 0) {
    return base::Error{"the server must be an address such as https://10.0.0.1:6443"};
  }
  std::string_view rest = std::string_view(text).substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  if (authority.find('@') != std::string_view::npos) {
    return base::Error{"the server's address must not hold a user name or password"};
  }
  ServerUrl url;
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    url.host = authority.substr(1, end == std::string_view::npos ? 0 : end - 1);
    authority.remove_prefix(end == std::string_view::npos ? authority.size() : end + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    authority.remove_prefix(colon);
  }
  bool valid = !url.host.empty() && std::all_of(url.host.begin(), url.host.end(), is_host_character) &&
               std::all_of(path.begin(), path.end(), is_path_character);
  if (!authority.empty()) {
    const char* end = authority.data() + authority.size();
    const auto [rest_of_port, error] = std::from_chars(authority.data() + 1, end, url.port);
    valid = valid && authority.front() == ':' && error == std::errc{} && rest_of_port == end && url.port > 0 &&
            url.port <= 65535;
  }
  if (!valid) {
    return base::Error{"the server must be an address such as https://10.0.0.1:6443"};
  }
  while (!path.empty() && path.back() == '/') {
    path.remove_suffix(1);
  }
  url.path = path;
  return url;
}

}  // namespace warmgate::cluster
