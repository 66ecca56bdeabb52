// FileWatch: calls a check when files may have changed. Whether they did is for the check to find out, by their
// content: a volume of a ConfigMap or Secret changes by swapping the link `..data`, which touches no file that anybody
// named, and network file systems send no events at all. So there are three occasions: an event in a directory that
// leads to the files (Linux inotify), the time, and being asked.
//
// Owns one thread, on which every check runs, one at a time. The check must not throw. check_now() and the destructor
// may be called from any other thread; the destructor waits for a running check.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace warmgate::base {

enum class Occasion { kEvent, kPoll, kAsked };

struct FileWatchOptions {
  std::vector<std::string> paths;  // files or directories; what is not there yet is found by polling
  // The kubelet brings a changed ConfigMap to a Pod within about a minute; ten seconds more do not matter.
  std::chrono::milliseconds poll{10'000};
  // Events come in bursts; the check waits until none came for `quiet`, but not longer than `longest_burst` in all.
  std::chrono::milliseconds quiet{100};
  std::chrono::milliseconds longest_burst{1000};
  bool events = true;  // false: polling only
};

class FileWatch {
 public:
  using Check = std::function<void(Occasion)>;

  // From here on no change is missed: what happens before the first check leads to one.
  FileWatch(FileWatchOptions options, Check check);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Runs the check soon, changed or not.
  void check_now();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace warmgate::base
