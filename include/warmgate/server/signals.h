// SignalWaiter: SIGINT, SIGTERM and SIGHUP as a return value instead of a handler, so that main can drain with ordinary
// code. Construct it first in main: the signals are blocked for the calling thread and every thread made after it.
// SIGPIPE is ignored from then on: a client that hangs up is an error value of write(). Only one thread may wait.
#pragma once

namespace warmgate::server {

class SignalWaiter {
 public:
  SignalWaiter();
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;

  // Blocks until one of the signals comes (or came since construction) and returns its number. After a SIGINT the next
  // one ends the process at once: who presses Ctrl-C twice does not want to wait for the drain.
  [[nodiscard]] int wait();
};

}  // namespace warmgate::server
