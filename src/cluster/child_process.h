// Running another program: no shell, a time limit, bounded output, nothing on its standard input.
#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "warmgate/base/result.h"

namespace warmgate::cluster {

struct ChildProgram {
  std::string command;                                           // a path, or a name that is looked up in PATH
  std::vector<std::string> arguments;                            // without the command itself
  std::vector<std::pair<std::string, std::string>> environment;  // added to this process's, and stronger
  std::chrono::milliseconds limit{30'000};                       // then it is killed, with what it started
  std::size_t max_output = 1024UL * 1024;                        // of standard output; more is a failure
};

struct ChildOutcome {
  std::string output;
  std::string complaint;  // the end of its standard error
};

// Blocks until the program has ended, or is killed because `stop` is requested. A failure (it cannot be started, is
// late, stopped, says too much, ends with another code than 0) quotes the end of its standard error, never its output.
base::Result<ChildOutcome> run_child(const ChildProgram& program, const std::stop_token& stop);

}  // namespace warmgate::cluster
