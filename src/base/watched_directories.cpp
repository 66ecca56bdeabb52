#include "watched_directories.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <utility>

namespace warmgate::base {
namespace {

namespace fs = std::filesystem;

// Settings are a handful of files; whoever names a whole tree is served by polling for the rest.
constexpr std::size_t kMaxDirectories = 1000;

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// The directory and those below it; names with a leading dot are left out, as whoever reads them does.
void add_tree(const fs::path& directory, std::set<std::string>& out) {
  std::error_code error;
  const fs::path real = fs::canonical(directory, error);
  if (error || out.size() >= kMaxDirectories || !out.insert(real.string()).second) {
    return;
  }
  for (fs::directory_iterator it(real, error), end; !error && it != end; it.increment(error)) {
    std::error_code unreadable;
    if (!it->path().filename().string().starts_with('.') && it->is_directory(unreadable)) {
      add_tree(it->path(), out);
    }
  }
}

fs::path parent_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

}  // namespace

WatchedDirectories::WatchedDirectories(std::vector<std::string> paths, bool events)
    : paths_(std::move(paths)), fd_(events ? ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1) {
  refresh();
}

WatchedDirectories::~WatchedDirectories() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

std::set<std::string> WatchedDirectories::wanted() const {
  std::set<std::string> out;
  for (const fs::path path : paths_) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      add_tree(path, out);
      continue;
    }
    // The link's own directory and the file's: either may be what changes.
    for (const fs::path& directory : {parent_of(path), parent_of(fs::weakly_canonical(path, error))}) {
      if (const fs::path real = fs::canonical(directory, error); !error) {
        out.insert(real.string());
      }
    }
  }
  return out;
}

void WatchedDirectories::refresh() {
  if (fd_ < 0) {
    return;
  }
  std::map<std::string, int> now;
  for (const std::string& directory : wanted()) {
    // For a directory that is watched already this gives the same descriptor again.
    if (const int watch = ::inotify_add_watch(fd_, directory.c_str(), kEvents); watch >= 0) {
      now.emplace(directory, watch);
    }
  }
  for (const auto& [directory, watch] : watches_) {
    const bool kept =
        std::any_of(now.begin(), now.end(), [watch = watch](const auto& entry) { return entry.second == watch; });
    if (!kept) {
      ::inotify_rm_watch(fd_, watch);  // an error when the directory itself is gone
    }
  }
  watches_ = std::move(now);
}

void WatchedDirectories::swallow_events() {
  std::array<char, 4096> scrap{};
  while (fd_ >= 0 && ::read(fd_, scrap.data(), scrap.size()) > 0) {
  }
}

}  // namespace warmgate::base
