#include "cli/program.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <iterator>

#include "support/paths.h"

namespace warmgate::testing {
namespace {

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

// The number behind `name":"127.0.0.1:` in a log line.
int port_in(const std::string& log, const std::string& name) {
  const std::string mark = "\"" + name + "\":\"127.0.0.1:";
  const std::size_t at = log.find(mark);
  return at == std::string::npos ? 0 : std::stoi(log.substr(at + mark.size(), 5));
}

}  // namespace

Ran run(const std::string& script, const std::string& input) {
  const TempDirectory folder;
  folder.write("in", input);
  folder.write("script", "warmgate() { \"" + binary() + "\" \"$@\"; }\n" + script + "\n");
  const std::string command = "timeout 120 sh " + folder.path("script") + " <" + folder.path("in") + " >" +
                              folder.path("out") + " 2>" + folder.path("err");
  Ran ran;
  ran.code = exit_code(std::system(command.c_str()));  // NOLINT(concurrency-mt-unsafe,cert-env33-c)
  ran.out = read_all(folder.path("out"));
  ran.err = read_all(folder.path("err"));
  return ran;
}

Served::Served(const std::string& arguments, const std::string& command, const std::string& announcement) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const std::string line =
      "exec \"" + binary() + "\" " + command + " --health-address 127.0.0.1 --health-port 0 " + arguments;
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  pipe_ = ends[0];
  while (log_.find(announcement) == std::string::npos || log_.back() != '\n') {
    if (!read_log()) {
      return;
    }
  }
  https_port_ = port_in(log_, "https");
  health_port_ = port_in(log_, "health");
}

Served::~Served() {
  if (pid_ > 0) {
    end_with(SIGKILL);
  }
  ::close(pipe_);
}

bool Served::read_log() {
  constexpr int kDeadlineMilliseconds = 60'000;
  pollfd entry{pipe_, POLLIN, 0};
  std::array<char, 4096> buffer{};
  const ssize_t got = ::poll(&entry, 1, kDeadlineMilliseconds) > 0 ? ::read(pipe_, buffer.data(), buffer.size()) : 0;
  if (got > 0) {
    log_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return got > 0;
}

void Served::send(int signal) const { ::kill(pid_, signal); }

bool Served::logs(const std::string& text, std::size_t count) {
  std::size_t from = 0;
  while (count > 0) {
    if (const std::size_t at = log_.find(text, from); at != std::string::npos) {
      from = at + text.size();
      --count;
    } else if (!read_log()) {
      return false;
    }
  }
  return true;
}

int Served::end_with(int signal) {
  ::kill(pid_, signal);
  while (read_log()) {
  }
  int status = 0;
  const bool ended = ::waitpid(pid_, &status, 0) == pid_;
  pid_ = -1;
  return ended ? exit_code(status) : -1;
}

}  // namespace warmgate::testing
