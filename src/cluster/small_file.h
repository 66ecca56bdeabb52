// Reading a small file that somebody else may be writing or replacing.
#pragma once

#include <cstddef>
#include <string>

#include "warmgate/base/result.h"

namespace warmgate::cluster {

// The text of the file. The error says why not, without the path: "No such file or directory".
base::Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes);

// PEM files and tokens.
inline constexpr std::size_t kMaxSecretFile = 1024UL * 1024;

}  // namespace warmgate::cluster
