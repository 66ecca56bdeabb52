#include "warmgate/base/embedded.h"

namespace warmgate::base {

std::optional<std::string_view> embedded_file(std::string_view path) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.path == path) {
      return file.content;
    }
  }
  return std::nullopt;
}

}  // namespace warmgate::base
