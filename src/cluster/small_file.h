// Reading a small file that somebody else may be writing or replacing.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "warmgate/base/result.h"

namespace warmgate::cluster {

// The text of the file. The error says why not, without the path: "No such file or directory".
base::Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes);

// What changes when a file is rewritten or replaced (the kubelet swaps a symbolic link in its path).
struct FileState {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  timespec modified{};

  static FileState of(const std::string& path);
  bool operator==(const FileState& other) const;
};

// PEM files and tokens.
inline constexpr std::size_t kMaxSecretFile = 1024UL * 1024;

}  // namespace warmgate::cluster
