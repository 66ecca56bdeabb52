// WatchedDirectories: the directories in which something must happen before the content behind some paths changes, and
// the kernel's events about them. Used by one thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace warmgate::base {

class WatchedDirectories {
 public:
  // Without `events`, or where the kernel has no inotify instance left, there are none: fd() is -1 then.
  WatchedDirectories(std::vector<std::string> paths, bool events);
  ~WatchedDirectories();
  WatchedDirectories(const WatchedDirectories&) = delete;
  WatchedDirectories& operator=(const WatchedDirectories&) = delete;

  [[nodiscard]] int fd() const { return fd_; }  // readable when there are events
  void swallow_events();
  // Follows links anew and watches where they lead now.
  void refresh();

 private:
  [[nodiscard]] std::set<std::string> wanted() const;

  const std::vector<std::string> paths_;
  int fd_ = -1;
  std::map<std::string, int> watches_;  // directory -> watch descriptor
};

}  // namespace warmgate::base
