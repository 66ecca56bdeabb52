#include "small_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace warmgate::cluster {
namespace {

struct FileClose {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

FileState FileState::of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return {};
  }
  return {info.st_dev, info.st_ino, info.st_size, info.st_mtim};
}

bool FileState::operator==(const FileState& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
}

base::Result<std::string> read_small_file(const std::string& path, std::size_t max_bytes) {
  const std::unique_ptr<std::FILE, FileClose> file(std::fopen(path.c_str(), "rbe"));
  if (!file) {
    return base::Error{std::strerror(errno)};
  }
  std::string text;
  std::string piece(16384, '\0');
  while (text.size() <= max_bytes) {
    const std::size_t got = std::fread(piece.data(), 1, piece.size(), file.get());
    if (got == 0) {
      break;
    }
    text.append(piece, 0, got);
  }
  if (std::ferror(file.get()) != 0) {
    return base::Error{std::strerror(errno)};
  }
  if (text.size() > max_bytes) {
    return base::Error{"it is larger than " + std::to_string(max_bytes / 1024) + " KiB"};
  }
  return text;
}

}  // namespace warmgate::cluster
