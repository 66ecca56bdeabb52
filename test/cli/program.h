// The real program, run by a shell as a user would.
#pragma once

#include <string>

#include "support/temp_directory.h"

namespace warmgate::testing {

struct Ran {
  int code = -1;  // 124: it did not end in two minutes
  std::string out;
  std::string err;
};

// Runs `script` by sh, in which `warmgate` is the program; `input` is its standard input.
Ran run(const std::string& script, const std::string& input = "");

// `warmgate serve`, or another command that runs until it is stopped, in the background on ports of the kernel's
// choice. Killed with the object.
class Served {
 public:
  // `announcement` is the log line that tells the ports.
  explicit Served(const std::string& arguments, const std::string& command = "serve --address 127.0.0.1 --port 0",
                  const std::string& announcement = "\"serving\"");
  ~Served();
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  [[nodiscard]] int https_port() const { return https_port_; }  // 0: it did not start
  [[nodiscard]] int health_port() const { return health_port_; }
  void send(int signal) const;
  // Waits until `text` has been logged `count` times in all; false when the process ends before.
  bool logs(const std::string& text, std::size_t count = 1);
  // Sends the signal and waits for the end; the exit code, or -1 when it ended otherwise.
  int end_with(int signal);
  // The log lines that were waited for; after its end all.
  [[nodiscard]] const std::string& log() const { return log_; }

 private:
  bool read_log();  // one chunk; false at the end

  int pid_ = -1;
  int pipe_ = -1;
  int https_port_ = 0;
  int health_port_ = 0;
  std::string log_;
};

}  // namespace warmgate::testing
