#include "published.h"

#include <openssl/evp.h>

#include <array>
#include <filesystem>
#include <string_view>

#include "warmgate/base/text.h"

namespace warmgate::lint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHexDigits = "0123456789ABCDEF";
// As in the text report. No host says how much of a message it keeps; what is cut ends in an ellipsis.
constexpr std::size_t kMaxMessage = 2000;

// RFC 3986's unreserved characters and the slash. Not the colon: in a first segment it would look like a scheme's.
constexpr std::string_view kPlainInPaths = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

std::string uri_path(std::string_view path) {
  return percent_encoded(path, [](char c) { return kPlainInPaths.find(c) == std::string_view::npos; });
}

bool leads_up(const fs::path& path) { return !path.empty() && *path.begin() == ".."; }

// The first 128 bits of SHA-256, more than enough to tell findings apart.
std::string digest(const std::string& text) {
  constexpr std::size_t kBytes = 16;
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &length, EVP_sha256(), nullptr);
  std::string out;
  for (std::size_t i = 0; i < kBytes; ++i) {
    out += {kHexDigits[bytes[i] / 16U], kHexDigits[bytes[i] % 16U]};
  }
  return base::to_lower(out);
}

}  // namespace

std::string percent_encoded(std::string_view text, bool (*special)(char)) {
  std::string out;
  for (const char c : text) {
    if (!special(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHexDigits[byte / 16U], kHexDigits[byte % 16U]};
  }
  return out;
}

std::string Artifact::uri() const {
  return (is_file && fs::path(path).is_absolute() ? "file://" : "") + uri_path(path);
}

Artifact artifact_of(const Diagnostic& diagnostic, const std::string& working_directory) {
  // A token in a file's name is hidden; other secrets are not, or the file would not be found.
  const std::string name = base::Redactor()(diagnostic.file);
  if (name.starts_with('<') && name.ends_with('>')) {
    return {name, false, false};
  }
  const fs::path root = working_directory;
  fs::path path = fs::path(name).lexically_normal();
  if (path.is_relative() && !leads_up(path)) {
    return {path.string(), true, !working_directory.empty()};
  }
  if (working_directory.empty()) {
    return {path.string(), true, false};
  }
  path = (root / path).lexically_normal();
  const fs::path relative = path.lexically_relative(root.lexically_normal());
  const bool below = !relative.empty() && !leads_up(relative);
  return {(below ? relative : path).string(), true, below};
}

std::string directory_uri(const std::string& directory) {
  return "file://" + uri_path(directory) + (directory.ends_with('/') ? "" : "/");
}

std::string published_message(const Diagnostic& diagnostic, const base::Redactor& redact) {
  const std::string help = diagnostic.help.empty() ? "" : ". Help: " + diagnostic.help;
  return base::one_line(redact(diagnostic.message + help), kMaxMessage);
}

std::string Fingerprints::next(const Diagnostic& diagnostic, const std::string& scope) {
  // Findings about the input itself have no object. A secret goes into no digest, from which it could be guessed.
  const std::string& own = diagnostic.identity.empty() ? diagnostic.message : diagnostic.identity;
  const std::string identity = redact_(diagnostic.rule + '\0' + scope + '\0' + own);
  return digest(identity + '\0' + std::to_string(++seen_[identity]));
}

}  // namespace warmgate::lint
