// Data files of policies/ and the scripts of Jobs, compiled into the binary: it needs nothing beside itself. Immutable.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace warmgate::base {

struct EmbeddedFile {
  std::string_view path;  // relative to the source folder, e.g. "policies/default.yaml"
  std::string_view content;
};

std::span<const EmbeddedFile> embedded_files();
std::optional<std::string_view> embedded_file(std::string_view path);

}  // namespace warmgate::base
