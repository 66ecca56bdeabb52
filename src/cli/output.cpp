#include <cerrno>
#include <cstdio>
#include <cstring>

#include "commands.h"

namespace warmgate::cli {

void say(const std::string& message) { std::fputs(("warmgate: " + message + "\n").c_str(), stderr); }

int fail(const std::string& message) {
  say(message);
  return kFailure;
}

int print(const std::string& text, int code) {
  errno = 0;
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written && errno != EPIPE) {
    return fail(std::string("standard output: ") + std::strerror(errno));
  }
  return code;
}

bool output_closed() { return std::ferror(stdout) != 0; }

}  // namespace warmgate::cli
