#include "child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "patience.h"
#include "warmgate/base/text.h"
#include "warmgate/base/unique_fd.h"

namespace warmgate::cluster {
namespace {

constexpr std::size_t kMaxComplaint = 4096;
constexpr std::size_t kMaxComplaintInMessage = 500;

struct Pipe {
  base::UniqueFd read;
  base::UniqueFd write;
};

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::nullopt;
  }
  Pipe pipe{base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  return pipe;
}

std::vector<std::string> merged_environment(const std::vector<std::pair<std::string, std::string>>& added) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [other, value] : added) {
      replaced = replaced || name == other;
    }
    if (!replaced) {
      merged.emplace_back(text);
    }
  }
  for (const auto& [name, value] : added) {
    merged.push_back(name);
    merged.back().append("=").append(value);
  }
  return merged;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// A process that has been started and is waited for by the end of this object.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), watch_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~Child() {
    if (!status_) {
      ::kill(-pid_, SIGKILL);
      wait();
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int ended_fd() const { return watch_.get(); }  // readable once it has ended; -1: not known
  int wait() {
    if (!status_) {
      int status = 0;
      while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
      status_ = status;
    }
    return *status_;
  }

 private:
  const pid_t pid_;
  const base::UniqueFd watch_;
  std::optional<int> status_;
};

// 0, or the error of starting it.
int start(const ChildProgram& program, const Pipe& output, const Pipe& complaint, pid_t& pid) {
  std::vector<std::string> words{program.command};
  words.insert(words.end(), program.arguments.begin(), program.arguments.end());
  std::vector<std::string> environment = merged_environment(program.environment);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, complaint.write.get(), STDERR_FILENO);
  // A group of its own, so that all it starts can be killed; and the signals that a server blocks are open again.
  sigset_t none;
  sigset_t defaults;
  ::sigemptyset(&none);
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int error = ::posix_spawnp(&pid, program.command.c_str(), &actions, &attributes, pointers_to(words).data(),
                                   pointers_to(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

// Takes what can be read now. False: the end, or more than may be (`text` is then longer than `limit`).
bool take_available(int fd, std::string& text, std::size_t limit, bool keep_end) {
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0) {
      return errno == EAGAIN || errno == EINTR;
    }
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (keep_end && text.size() > limit) {
      text.erase(0, text.size() - limit);
    }
    if (got == 0 || text.size() > limit) {
      return false;
    }
  }
}

enum class Reading { kDone, kLate, kStopped, kTooMuch };

// Until both pipes have ended, or the program has: what it leaves running may hold them open.
Reading read_outcome(const ChildProgram& program, const Child& child, const Pipe& output, const Pipe& complaint,
                     int stop_fd, ChildOutcome& outcome) {
  const Patience patience{SteadyClock::now() + program.limit, stop_fd};
  std::array<pollfd, 4> entries{pollfd{output.read.get(), POLLIN, 0}, pollfd{complaint.read.get(), POLLIN, 0},
                                pollfd{child.ended_fd(), POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
  bool ended = false;
  while (!ended && (entries[0].fd >= 0 || entries[1].fd >= 0)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(patience.deadline - SteadyClock::now());
    if (left.count() <= 0) {
      return Reading::kLate;
    }
    if (::poll(entries.data(), entries.size(), static_cast<int>(left.count())) <= 0) {
      continue;
    }
    if (entries[3].revents != 0) {
      return Reading::kStopped;
    }
    ended = entries[2].revents != 0;
    if (entries[0].fd >= 0 && !take_available(output.read.get(), outcome.output, program.max_output, false)) {
      entries[0].fd = -1;
    }
    if (entries[1].fd >= 0 && !take_available(complaint.read.get(), outcome.complaint, kMaxComplaint, true)) {
      entries[1].fd = -1;
    }
    if (outcome.output.size() > program.max_output) {
      return Reading::kTooMuch;
    }
  }
  // It may have closed its ends and run on.
  switch (ended ? Wait::kReady : wait_for(child.ended_fd(), POLLIN, patience)) {
    case Wait::kLate:
      return Reading::kLate;
    case Wait::kStopped:
      return Reading::kStopped;
    case Wait::kReady:
      break;
  }
  return Reading::kDone;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) {
    return "was ended by signal " + std::to_string(WTERMSIG(status));
  }
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

base::Error complained(const std::string& what, const std::string& complaint) {
  const std::string text = base::one_line(base::trim(complaint), kMaxComplaintInMessage);
  return base::Error{what + (text.empty() ? "" : ": " + text)};
}

}  // namespace

base::Result<ChildOutcome> run_child(const ChildProgram& program, const std::stop_token& stop) {
  const Interrupt interrupt(stop);
  std::optional<Pipe> output = make_pipe();
  std::optional<Pipe> complaint = make_pipe();
  if (!output || !complaint) {
    return base::Error{std::string("cannot start it: ") + std::strerror(errno)};
  }
  pid_t pid = -1;
  const int error = start(program, *output, *complaint, pid);
  if (error != 0) {
    return base::Error{std::string("cannot start it: ") + std::strerror(error)};
  }
  Child child(pid);
  if (child.ended_fd() < 0) {
    return base::Error{std::string("cannot watch over it: ") + std::strerror(errno)};
  }
  output->write.reset();
  complaint->write.reset();
  ChildOutcome outcome;
  switch (read_outcome(program, child, *output, *complaint, interrupt.fd(), outcome)) {
    case Reading::kStopped:
      return base::Error{"it was stopped with this process"};
    case Reading::kLate:
      return complained("it did not end within " +
                            std::to_string(std::chrono::ceil<std::chrono::seconds>(program.limit).count()) + " s",
                        outcome.complaint);
    case Reading::kTooMuch:
      return complained("it wrote more than " + std::to_string(program.max_output / 1024) + " KiB", outcome.complaint);
    case Reading::kDone:
      break;
  }
  const int status = child.wait();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return complained("it " + how_it_ended(status), outcome.complaint);
  }
  return outcome;
}

}  // namespace warmgate::cluster
